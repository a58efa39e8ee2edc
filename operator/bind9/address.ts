// Addresses as record values: only what named would read, in one spelling each.
import { isIPv4, isIPv6 } from "node:net";
import type { RecordValue } from "./resource-record.ts";

/** The value of an A record, or null if `text` is no IPv4 address. */
export function ipv4Value(text: string): RecordValue | null {
  return isIPv4(text) ? { text } : null;
}

/** The value of an AAAA record, in lower case, or null if `text` is no IPv6 address (one with a zone id is none). */
export function ipv6Value(text: string): RecordValue | null {
  return isIPv6(text) && !text.includes("%") ? { text: text.toLowerCase() } : null;
}
