// Addresses, networks and URLs: `ip('10.0.0.1')`, `cidr('10.0.0.0/8').containsIP(…)`, `url(self).getHost()`. They
// take what Go's net/netip and net/url take: no zones, and no IPv4 addresses that are written as IPv6 ones.
import { isIPv4, isIPv6 } from "node:net";
import type { Declarations } from "../overloads.ts";
import { CelError, CelList, mapOf, noSuchOverload } from "../values.ts";
import type { CelMap, CelValue, Opaque } from "../values.ts";

class Address implements Opaque {
  readonly opaque = "ip";
  readonly bits: 32 | 128;
  readonly value: bigint;
  constructor(bits: 32 | 128, value: bigint) {
    this.bits = bits;
    this.value = value;
  }
  equals(other: Opaque): boolean {
    return other instanceof Address && other.bits === this.bits && other.value === this.value;
  }
  /** Whether the first bits of it are those of `prefix`. */
  isIn(prefix: bigint, length: number): boolean {
    return this.value >> BigInt(this.bits - length) === prefix;
  }
}

function parsedAddress(text: string): Address | null {
  if (isIPv4(text)) {
    return new Address(
      32,
      text.split(".").reduce((value, part) => value * 256n + BigInt(part), 0n),
    );
  }
  if (!isIPv6(text) || text.includes("%")) return null;
  // The parser of URLs writes any IPv6 address in its shortest form, without dots.
  const [head = "", tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [before, behind] = [groups(head), groups(tail ?? "")];
  const middle = Array.from(
    { length: tail === undefined ? 0 : 8 - before.length - behind.length },
    () => "0",
  );
  const value = [...before, ...middle, ...behind].reduce(
    (sum, part) => sum * 65_536n + BigInt(`0x${part}`),
    0n,
  );
  return value >> 32n === 0xffffn ? null : new Address(128, value);
}

function addressText({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, at) =>
    ((value >> BigInt(112 - 16 * at)) & 65_535n).toString(16),
  );
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

function addressOf(value: CelValue | undefined): Address {
  if (value instanceof Address) return value;
  const parsed = typeof value === "string" ? parsedAddress(value) : null;
  if (parsed !== null) return parsed;
  const shown = JSON.stringify(value);
  const why = `ParseAddr(${shown}): unable to parse IP`;
  throw new CelError(`IP Address ${shown} parse error during conversion from string: ${why}`);
}

function isLinkLocalUnicast(address: Address): boolean {
  return address.bits === 32 ? address.isIn(0xa9fen, 16) : address.isIn(0xfe80n >> 6n, 10);
}

function isMulticast(address: Address): boolean {
  return address.bits === 32 ? address.isIn(0xen, 4) : address.isIn(0xffn, 8);
}

function isLoopback(address: Address): boolean {
  return address.bits === 32 ? address.isIn(127n, 8) : address.value === 1n;
}

function isLinkLocalMulticast(address: Address): boolean {
  if (address.bits === 32) return address.isIn(0xe00000n, 24);
  return address.isIn(0xffn, 8) && ((address.value >> 112n) & 15n) === 2n;
}

function isGlobalUnicast(address: Address): boolean {
  const isBroadcast = address.bits === 32 && address.value === 0xffffffffn;
  const isSpecial = isBroadcast || address.value === 0n || isLoopback(address);
  return !isSpecial && !isMulticast(address) && !isLinkLocalUnicast(address);
}

function about(property: (address: Address) => CelValue): (args: readonly CelValue[]) => CelValue {
  return ([address]) => property(addressOf(address));
}

const addresses: Declarations = {
  "ip(string): ip": ([text]) => addressOf(text),
  "isIP(string): bool": ([text]) => parsedAddress(text as string) !== null,
  "ip::isCanonical(string): bool": ([text]) => addressText(addressOf(text)) === text,
  "string(ip): string": about(addressText),
  "ip.family(): int": about(({ bits }) => (bits === 32 ? 4n : 6n)),
  "ip.isUnspecified(): bool": about(({ value }) => value === 0n),
  "ip.isLoopback(): bool": about(isLoopback),
  "ip.isLinkLocalMulticast(): bool": about(isLinkLocalMulticast),
  "ip.isLinkLocalUnicast(): bool": about(isLinkLocalUnicast),
  "ip.isGlobalUnicast(): bool": about(isGlobalUnicast),
};

class Network implements Opaque {
  readonly opaque = "cidr";
  readonly address: Address;
  readonly length: number;
  constructor(address: Address, length: number) {
    this.address = address;
    this.length = length;
  }
  equals(other: Opaque): boolean {
    return other instanceof Network && other.length === this.length && other.address.equals(this.address);
  }
  has(address: Address): boolean {
    const { bits, value } = this.address;
    return address.bits === bits && address.isIn(value >> BigInt(bits - this.length), this.length);
  }
}

function parsedNetwork(text: string): Network | null {
  const [, address = "", digits = ""] = /^([^/]*)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
  const parsed = parsedAddress(address);
  return parsed === null || Number(digits) > parsed.bits ? null : new Network(parsed, Number(digits));
}

function networkOf(value: CelValue | undefined): Network {
  if (value instanceof Network) return value;
  const parsed = typeof value === "string" ? parsedNetwork(value) : null;
  if (parsed !== null) return parsed;
  throw new CelError(`network address parse error during conversion from string: ${JSON.stringify(value)}`);
}

function masked({ address, length }: Network): Network {
  const rest = BigInt(address.bits - length);
  return new Network(new Address(address.bits, (address.value >> rest) << rest), length);
}

const networks: Declarations = {
  "cidr(string): cidr": ([text]) => networkOf(text),
  "isCIDR(string): bool": ([text]) => parsedNetwork(text as string) !== null,
  "string(cidr): string": ([network]) => {
    const { address, length } = networkOf(network);
    return `${addressText(address)}/${length}`;
  },
  "cidr.containsIP(string): bool | cidr.containsIP(ip): bool": ([network, address]) =>
    networkOf(network).has(addressOf(address)),
  "cidr.containsCIDR(string): bool | cidr.containsCIDR(cidr): bool": ([network, other]) => {
    const [outer, inner] = [networkOf(network), networkOf(other)];
    return outer.length <= inner.length && outer.has(inner.address);
  },
  "cidr.ip(): ip": ([network]) => networkOf(network).address,
  "cidr.prefixLength(): int": ([network]) => BigInt(networkOf(network).length),
  "cidr.masked(): cidr": ([network]) => masked(networkOf(network)),
};

interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

class Url implements Opaque {
  readonly opaque = "url";
  readonly text: string;
  readonly parts: UrlParts;
  constructor(text: string, parts: UrlParts) {
    this.text = text;
    this.parts = parts;
  }
  equals(other: Opaque): boolean {
    return other instanceof Url && other.text === this.text;
  }
}

const urlPattern =
  /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s;
const hostPattern = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]<>"%^`{|}\\]*)(?::\d*)?$/;

/** What url.ParseRequestURI takes: an absolute URL, or an absolute path. */
export function parsedUrl(text: string): Url | null {
  // oxlint-disable-next-line no-control-regex
  if (text === "" || /[\u0000-\u001f\u007f]/.test(text)) return null;
  const [, scheme = "", host = "", path = "", query = ""] = urlPattern.exec(text) ?? [];
  if (scheme === "" && !text.startsWith("/")) return null;
  if (!hostPattern.test(host) || /%(?![0-9a-fA-F]{2})/.test(path)) return null;
  return new Url(text, { scheme: scheme.toLowerCase(), host, path, query });
}

function partsOf(value: CelValue | undefined): UrlParts {
  if (value instanceof Url) return value.parts;
  throw noSuchOverload();
}

function queryOf(query: string): CelMap {
  const parameters = new URLSearchParams(query);
  const names = [...new Set(parameters.keys())];
  return mapOf(names.map((name) => [name, new CelList(parameters.getAll(name))]));
}

/** The bytes that a path cannot have as they are, escaped; what is escaped already stays. */
function escapedPath(path: string): string {
  return path.replace(/[^\w\-.~!$&'()*+,;=:@/%]/gu, (found) => encodeURIComponent(found));
}

const urls: Declarations = {
  "url(string): url": ([text]) => {
    const parsed = parsedUrl(text as string);
    if (parsed !== null) return parsed;
    const shown = JSON.stringify(text);
    throw new CelError(
      `URL parse error during conversion from string: parse ${shown}: invalid URI for request`,
    );
  },
  "isURL(string): bool": ([text]) => parsedUrl(text as string) !== null,
  "url.getScheme(): string": ([value]) => partsOf(value).scheme,
  "url.getHost(): string": ([value]) => partsOf(value).host,
  "url.getHostname(): string": ([value]) =>
    partsOf(value)
      .host.replace(/:\d*$/, "")
      .replace(/^\[|\]$/g, ""),
  "url.getPort(): string": ([value]) => /:(\d*)$/.exec(partsOf(value).host)?.[1] ?? "",
  "url.getEscapedPath(): string": ([value]) => escapedPath(partsOf(value).path),
  "url.getQuery(): map<string, list<string>>": ([value]) => queryOf(partsOf(value).query),
};

export const networkFunctions: Declarations = { ...addresses, ...networks, ...urls };
