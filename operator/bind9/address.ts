// Addresses as record values: only what named would read.
import type { RecordValue } from "./resource-record.ts";

const octet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`);
const ipv6Group = /^[0-9a-f]{1,4}$/i;
const ipv6Groups = 8;

/** Whether `text` is an IPv4 address in four decimal parts without leading zeros. */
export function isIpv4(text: string): boolean {
  return ipv4.test(text);
}

/** Whether `text` is an IPv6 address (RFC 4291, section 2.2), perhaps with an IPv4 tail; one with a zone id is not. */
export function isIpv6(text: string): boolean {
  const halves = text.split("::");
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const tail = groups.at(-1) ?? "";
  const hasTail = isIpv4(tail) && text.endsWith(tail);
  const plain = hasTail ? groups.slice(0, -1) : groups;
  const count = plain.length + (hasTail ? 2 : 0);
  if (!plain.every((group) => ipv6Group.test(group))) return false;
  return halves.length === 1 ? count === ipv6Groups : halves.length === 2 && count < ipv6Groups;
}

/** The value of an A record, or null if `text` is not an IPv4 address. */
export function ipv4Value(text: string): RecordValue | null {
  return isIpv4(text) ? { text } : null;
}

/** The value of an AAAA record, in lower case, or null if `text` is not an IPv6 address. */
export function ipv6Value(text: string): RecordValue | null {
  return isIpv6(text) ? { text: text.toLowerCase() } : null;
}

/** The bits of an address, as text: 32 or 128 of "0" and "1". */
export function bitsOf(address: string): string {
  if (isIpv4(address))
    return address
      .split(".")
      .map((part) => binary(Number(part), 8))
      .join("");
  const [head = "", tail] = address.split("::");
  const [left, right] = [groupsOf(head), groupsOf(tail ?? "")];
  const gap = tail === undefined ? 0 : ipv6Groups - left.length - right.length;
  const groups = [...left, ...Array.from({ length: gap }, () => 0), ...right];
  return groups.map((group) => binary(group, 16)).join("");
}

/** The network of `length` bits that an address lies in, as named writes its own address. */
export function networkOf(address: string, length: number): string {
  const bits = bitsOf(address);
  const network = bits.slice(0, length).padEnd(bits.length, "0");
  if (isIpv4(address)) return [0, 8, 16, 24].map((at) => parseInt(network.slice(at, at + 8), 2)).join(".");
  const groups = Array.from({ length: ipv6Groups }, (_, at) =>
    parseInt(network.slice(16 * at, 16 * at + 16), 2),
  );
  const last = groups.findLastIndex((group) => group !== 0);
  const written = groups.slice(0, last + 1).map((group) => group.toString(16));
  return written.length === ipv6Groups ? written.join(":") : `${written.join(":")}::`;
}

function groupsOf(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (!group.includes(".")) return [parseInt(group, 16)];
    const bits = bitsOf(group);
    return [parseInt(bits.slice(0, 16), 2), parseInt(bits.slice(16), 2)];
  });
}

function binary(value: number, length: number): string {
  return value.toString(2).padStart(length, "0");
}
