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
