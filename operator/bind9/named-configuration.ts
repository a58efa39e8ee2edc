// The configuration files of a named: named.conf and its parts, which the leader writes, and zones.conf, which the agent beside
// the named writes. Pure: every path and port is an argument.
import {
  aclNameProblem,
  knownAcls,
  renderedMatchList,
  type Acls,
  type KnownAcls,
} from "./address-match-list.ts";
import { isIpv4, isIpv6 } from "./address.ts";

/** What of a Bind9Instance bears on its named.conf. */
export interface NamedOptions {
  readonly recursion: boolean;
  /** Address match lists, as the object has them; undefined where it says nothing. One that is empty, or cannot be read, is "none". */
  readonly allowQuery: readonly string[] | undefined;
  readonly allowTransfer: readonly string[] | undefined;
  /** Lists by name, which all lists may name. */
  readonly acls: Acls;
  readonly listenOn: readonly string[] | undefined;
  readonly listenOnV6: readonly string[] | undefined;
  /** Addresses; none are the same as nothing said, anything else is left out, and where nothing is left there is no recursion. */
  readonly forwarders: readonly string[];
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
}

/** Renders named.conf. Nothing is logged to files, no control channel is open but the agent's, nothing is answered by version. */
export function renderNamedConf(options: NamedOptions, place: NamedPlace): string {
  return renderOptions(options, place) + agentsPart(place.zonesConf);
}

/** Renders the lists by name and the options of it alone. */
export function renderOptions(options: NamedOptions, place: NamedPlace): string {
  const acls = knownAcls(options.acls);
  return aclBlocks(acls) + optionsBlock(options, acls, place);
}

/** Renders a named.conf of a file that somebody brings, and behind it what the agent needs. */
export function renderAround(conf: string, zonesConf: string): string {
  return renderIncludes(conf) + agentsPart(zonesConf);
}

/** Renders a file of other files. */
export function renderIncludes(...files: readonly string[]): string {
  return files.map((file) => `include ${quoted(file)};\n`).join("");
}

// Without `controls` named would open a channel of its own accord; and it may stand there twice.
function agentsPart(zonesConf: string): string {
  return `\ncontrols { };\n\n${renderIncludes(zonesConf)}`;
}

// One that is closed stands there too, as what it is: a file that is brought may name it.
function aclBlocks(acls: KnownAcls): string {
  const names = Object.keys(acls.lists);
  return Object.entries(acls.lists)
    .filter(([name]) => aclNameProblem(name, names) === null)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, list]) => {
      const text = acls.usable.has(name) ? renderedMatchList(list, "none", acls) : "none;";
      return `acl ${quoted(name)} { ${text} };\n`;
    })
    .join("");
}

function optionsBlock(options: NamedOptions, acls: KnownAcls, place: NamedPlace): string {
  const lines = [
    `directory ${quoted(place.workDirectory)};`,
    `pid-file ${quoted(place.pidFile)};`,
    "session-keyfile none;",
    `listen-on port ${place.port} { ${agentToo(renderedMatchList(options.listenOn, "any", acls))} };`,
    `listen-on-v6 port ${place.port} { ${renderedMatchList(options.listenOnV6, "any", acls)} };`,
    `recursion ${doesRecurse(options) ? "yes" : "no"};`,
    `allow-query { ${agentToo(renderedMatchList(options.allowQuery, "any", acls))} };`,
    ...allowRecursion(options),
    `allow-transfer { ${renderedMatchList(options.allowTransfer, "none", acls)} };`,
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

function dnssec(options: NamedOptions): string[] {
  const { dnssecValidation } = options;
  // A server that does not recurse validates nothing, and would only fetch and keep trust anchors for it.
  if (!doesRecurse(options) || dnssecValidation === false) return ["dnssec-validation no;"];
  return dnssecValidation === true ? ["dnssec-validation auto;"] : [];
}

function forwarders(addresses: readonly string[]): string[] {
  const usable = addresses.filter(isAddress);
  return usable.length === 0 ? [] : [`forwarders { ${usable.map((address) => `${address};`).join(" ")} };`];
}

// Where nothing is left of what was asked for, named would ask the root servers in place of it.
function doesRecurse({ recursion, forwarders: addresses }: NamedOptions): boolean {
  return recursion && (addresses.length === 0 || addresses.some(isAddress));
}

// What named would take from allow-query: where that is not said, anybody may ask for the zones, and would have other names looked up.
function allowRecursion(options: NamedOptions): string[] {
  if (!doesRecurse(options) || options.allowQuery !== undefined) return [];
  return ["allow-recursion", "allow-query-cache"].map((option) => `${option} { localhost; localnets; };`);
}

function isAddress(text: string): boolean {
  return isIpv4(text) || isIpv6(text);
}

/** Why an address is not one that named can forward to; null if it is one. */
export function forwarderProblem(text: string): string | null {
  if (isAddress(text)) return null;
  return `${JSON.stringify(text)} is not an address, and names are not looked up here: write the server's address`;
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

/** Where the agent says its commands, on the loopback of the pod that both run in. */
export interface ListedChannel {
  readonly port: number;
  /** The key, in Base64. */
  readonly secret: string;
}

// No file that somebody brings has a key of this name: named takes none twice.
const channelKey = "bindy-agent";
/** Where named's control channel is: nobody outside of the pod reaches it. */
export const channelAddress = "127.0.0.1";

/** Renders zones.conf; the same zones give the same bytes. The channel stands here, and not in named.conf, since the agent makes its key. */
export function renderZonesConf(zones: readonly ListedZone[], channel?: ListedChannel): string {
  const lines = zones
    .toSorted((left, right) => (left.zoneName < right.zoneName ? -1 : 1))
    .map(({ zoneName, file }) => `zone ${quoted(zoneName)} { type primary; file ${quoted(file)}; };\n`);
  return (channel === undefined ? "" : channelLines(channel)) + lines.join("");
}

function channelLines({ port, secret }: ListedChannel): string {
  const [key, address] = [quoted(channelKey), channelAddress];
  return [
    `key ${key} { algorithm hmac-sha256; secret ${quoted(secret)}; };\n`,
    `controls { inet ${address} port ${port} allow { ${address}; } keys { ${key}; }; };\n`,
  ].join("");
}

/** The key of the channel that a zones.conf has; null where it has none. */
export function readChannelSecret(zonesConf: string): string | null {
  return /^key .* secret "([^"]+)"; };$/m.exec(zonesConf)?.[1] ?? null;
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
