// The two configuration files of a named: named.conf, which the leader writes, and zones.conf, which the agent beside
// the named writes. Pure: every path and port is an argument.
import { isIpv4, isIpv6 } from "./address.ts";

/** What of a Bind9Instance bears on its named.conf. */
export interface NamedOptions {
  /** Of BIND, as "9.20". */
  readonly version: string;
  readonly recursion: boolean;
  /** Address match lists and addresses, as the object has them; anything else than such an element is left out. */
  readonly allowQuery: readonly string[];
  readonly allowTransfer: readonly string[];
  readonly forwarders: readonly string[];
  readonly listenOn: readonly string[];
  readonly listenOnV6: readonly string[];
  /** undefined leaves named's own default. */
  readonly dnssecValidation: boolean | undefined;
}

/** Where a named runs. */
export interface NamedPlace {
  readonly port: number;
  /** Where it may write: its working directory. */
  readonly workDirectory: string;
  readonly pidFile: string;
  /** The file that the agent keeps. It must exist when named starts. */
  readonly zonesConf: string;
  /** Files to include in place of the options here, and behind everything; undefined for none. */
  readonly optionsConf?: string;
  readonly extraConf?: string;
}

/** Renders named.conf. Nothing is logged to files, no control channel is open, nothing is answered by version. */
export function renderNamedConf(options: NamedOptions, place: NamedPlace): string {
  const included = place.optionsConf;
  const head = included === undefined ? optionsBlock(options, place) : `include ${quoted(included)};\n`;
  const extra = place.extraConf === undefined ? "" : `include ${quoted(place.extraConf)};\n`;
  return `${head}\ncontrols { };\n\ninclude ${quoted(place.zonesConf)};\n${extra}`;
}

function optionsBlock(options: NamedOptions, place: NamedPlace): string {
  const lines = [
    `directory ${quoted(place.workDirectory)};`,
    `pid-file ${quoted(place.pidFile)};`,
    "session-keyfile none;",
    ...lockFile(options.version),
    `listen-on port ${place.port} { ${agentToo(matchList(options.listenOn, "any"))} };`,
    `listen-on-v6 port ${place.port} { ${matchList(options.listenOnV6, "any")} };`,
    `recursion ${options.recursion ? "yes" : "no"};`,
    `allow-query { ${agentToo(matchList(options.allowQuery, "any"))} };`,
    `allow-transfer { ${matchList(options.allowTransfer, "none")} };`,
    ...forwarders(options.forwarders),
    ...dnssec(options),
    // The leader alone decides what is served; nobody else is told, and nothing changes a zone from outside.
    "notify no;",
    "allow-update { none; };",
    "empty-zones-enable no;",
    "version none;",
    "hostname none;",
    "server-id none;",
  ];
  return `options {\n${lines.map((line) => `  ${line}\n`).join("")}};\n`;
}

// Before 9.20 named wants to create a lock file under /run, which a read-only root does not have; 9.20 no longer
// knows the option, and does not start with it.
function lockFile(version: string): string[] {
  const minor = Number(version.split(".")[1] ?? "0");
  return minor < 20 ? ["lock-file none;"] : [];
}

function dnssec({ recursion, dnssecValidation }: NamedOptions): string[] {
  // A server that does not recurse validates nothing, and would only fetch and keep trust anchors for it.
  if (!recursion || dnssecValidation === false) return ["dnssec-validation no;"];
  return dnssecValidation === true ? ["dnssec-validation auto;"] : [];
}

function forwarders(addresses: readonly string[]): string[] {
  const usable = addresses.filter((address) => isIpv4(address) || isIpv6(address));
  return usable.length === 0 ? [] : [`forwarders { ${usable.map((address) => `${address};`).join(" ")} };`];
}

const matchElement = /^!?\s*(?:any|none|localhost|localnets|[0-9a-fA-F:.]+(?:\/\d{1,3})?)$/;

/** Whether an element of an address match list is one that named reads. */
export function isMatchElement(element: string): boolean {
  if (!matchElement.test(element)) return false;
  const bare = element.replace(/^!?\s*/, "");
  const [address = "", prefix] = bare.split("/");
  if (/^(any|none|localhost|localnets)$/.test(bare)) return true;
  if (!isIpv4(address) && !isIpv6(address)) return false;
  return prefix === undefined || Number(prefix) <= (isIpv4(address) ? 32 : 128);
}

function matchList(elements: readonly string[], otherwise: string): string {
  const usable = elements.filter(isMatchElement);
  // A list of which nothing is usable must not fall back to a laxer one than was asked for.
  const list = elements.length === 0 ? [otherwise] : usable.length === 0 ? ["none"] : usable;
  return list.map((element) => `${element};`).join(" ");
}

// The agent beside named asks it over the loopback whether a zone has been loaded, even where nobody else may ask.
function agentToo(list: string): string {
  return list === "any;" ? list : `127.0.0.1; ${list}`;
}

/** A zone as zones.conf lists it. */
export interface ListedZone {
  /** Without a trailing dot, and a valid domain name: it goes into the file as it is. */
  readonly zoneName: string;
  readonly file: string;
}

/** Renders zones.conf; the same zones give the same bytes. */
export function renderZonesConf(zones: readonly ListedZone[]): string {
  const lines = zones
    .toSorted((left, right) => (left.zoneName < right.zoneName ? -1 : 1))
    .map(({ zoneName, file }) => `zone ${quoted(zoneName)} { type primary; file ${quoted(file)}; };\n`);
  return lines.join("");
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
