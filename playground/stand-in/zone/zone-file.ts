// Reads a zone file in the form in which the zone compiler writes it: one record a line, every name absolute, TTL and class
// in each. That is a small part of RFC 1035's master files; the rest of it (directives, parentheses, relative names) makes
// the file one that cannot be read, and so never a zone that says something else than meant.
import { lowerCase } from "./domain-name.ts";
import { recordTypes, type RecordData, type RecordType, type ZoneRecord } from "./record.ts";

export type ZoneFileOutcome =
  | { readonly kind: "read"; readonly records: readonly ZoneRecord[] }
  | { readonly kind: "unreadable"; readonly problem: string };

const line = /^(\S+) (\d{1,10}) IN ([A-Z]+) (\S.*)$/;
const label = String.raw`[A-Za-z0-9_/*-]{1,63}`;
const absoluteName = new RegExp(String.raw`^(?:${label}\.)+$|^\.$`);
const mailboxName = new RegExp(String.raw`^(?:[A-Za-z0-9_+-]|\\\.){1,126}\.(?:${label}\.)+$`);
const longestName = 254;
const mostTtl = 2 ** 31 - 1;

/** Reads the text of a zone file, one character per byte. */
export function readZoneFile(text: string): ZoneFileOutcome {
  const records: ZoneRecord[] = [];
  const lines = text.split("\n");
  for (const [at, content] of lines.entries()) {
    if (content === "" || content.startsWith(";")) continue;
    const record = readRecord(content);
    if (typeof record === "string") return { kind: "unreadable", problem: `line ${at + 1}: ${record}` };
    records.push(record);
  }
  return { kind: "read", records };
}

/** The record, or what is wrong with the line. */
function readRecord(content: string): ZoneRecord | string {
  const [, owner = "", ttlText = "", typeText = "", dataText = ""] = line.exec(content) ?? [];
  if (owner === "") return "this is not a name, a TTL, IN, a type and its data";
  const name = readName(owner);
  if (name === null) return `${owner} is not an absolute domain name`;
  const ttl = Number(ttlText);
  if (ttl > mostTtl) return `the TTL ${ttlText} is above ${mostTtl}`;
  if (!isRecordType(typeText)) return `records of type ${typeText} are not served`;
  const read = readers[typeText](fieldsOf(dataText));
  if (read === null) return `"${dataText.slice(0, 80)}" is not the data of a record of type ${typeText}`;
  return { name: lowerCase(name), ttl, type: typeText, data: read.data, target: read.target ?? null };
}

function isRecordType(text: string): text is RecordType {
  return Object.hasOwn(recordTypes, text);
}

interface Field {
  readonly text: string;
  readonly isQuoted: boolean;
}

interface ReadData {
  readonly data: RecordData;
  readonly target?: string;
}

const field = /\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;

/** The fields of a record's data; none if a quotation mark is left open. */
function fieldsOf(text: string): readonly Field[] {
  const fields: Field[] = [];
  field.lastIndex = 0;
  while (field.lastIndex < text.length) {
    const found = field.exec(text);
    if (found === null) return [];
    const [, quoted, plain = ""] = found;
    fields.push({ text: quoted ?? plain, isQuoted: quoted !== undefined });
  }
  return fields;
}

const readers: Readonly<Record<RecordType, (fields: readonly Field[]) => ReadData | null>> = {
  A: ([address, ...rest]) => (rest.length === 0 && isIpv4(address) ? { data: address.text } : null),
  AAAA: ([address, ...rest]) => (rest.length === 0 && isIpv6(address) ? { data: address.text } : null),
  NS: readTarget,
  CNAME: readTarget,
  PTR: readTarget,
  MX([preference, exchange, ...rest]) {
    const name = nameIn(exchange);
    const number = numberIn(preference, 0xffff);
    if (name === null || number === null || rest.length > 0) return null;
    return { data: { preference: number, exchange: name }, target: lowerCase(name) };
  },
  SRV([first, second, third, host, ...rest]) {
    const [priority, weight, port] = [first, second, third].map((part) => numberIn(part, 0xffff));
    const target = nameIn(host);
    if (target === null || rest.length > 0) return null;
    if (typeof priority !== "number" || typeof weight !== "number" || typeof port !== "number") return null;
    return { data: { priority, weight, port, target }, target: lowerCase(target) };
  },
  TXT(fields) {
    const strings = fields.map(({ text }) => bytesOf(text)).filter((bytes) => bytes !== null);
    const isWhole = strings.length === fields.length && strings.every(({ length }) => length <= 255);
    return strings.length > 0 && isWhole ? { data: strings } : null;
  },
  CAA([flagsField, tagField, value, ...rest]) {
    const flags = numberIn(flagsField, 0xff);
    const tag = /^(issue|issuewild|iodef)$/.exec(tagField?.text ?? "")?.[1] as "issue" | undefined;
    if (flags === null || tag === undefined || value === undefined || rest.length > 0) return null;
    return { data: { flags, tag, value: String(bytesOf(value.text)) } };
  },
  SOA([primary, mailbox, ...numbers]) {
    const mname = nameIn(primary);
    const rname = mailbox?.text ?? "";
    const [serial, refresh, retry, expire, minimum] = numbers.map((part) => numberIn(part, 0xffff_ffff));
    if (mname === null || !mailboxName.test(rname) || rname.length > longestName) return null;
    if (typeof serial !== "number" || typeof refresh !== "number" || typeof retry !== "number") return null;
    if (typeof expire !== "number" || typeof minimum !== "number" || numbers.length !== 5) return null;
    return { data: { mname, rname, serial, refresh, retry, expire, minimum } };
  },
};

function readTarget([host, ...rest]: readonly Field[]): ReadData | null {
  const name = nameIn(host);
  return name === null || rest.length > 0 ? null : { data: name, target: lowerCase(name) };
}

function nameIn(part: Field | undefined): string | null {
  return part === undefined || part.isQuoted ? null : readName(part.text);
}

function readName(text: string): string | null {
  return text.length <= longestName && absoluteName.test(text) ? text : null;
}

function numberIn(part: Field | undefined, most: number): number | null {
  if (part === undefined || !/^\d{1,10}$/.test(part.text)) return null;
  const number = Number(part.text);
  return number <= most ? number : null;
}

const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const ipv4 = new RegExp(String.raw`^${octet}(?:\.${octet}){3}$`);

function isIpv4(part: Field | undefined): part is Field {
  return part !== undefined && !part.isQuoted && ipv4.test(part.text);
}

/** The one parser of IPv6 addresses that needs no import is the one of URLs. */
function isIpv6(part: Field | undefined): part is Field {
  if (part === undefined || part.isQuoted || !/^[0-9A-Fa-f:.]+$/.test(part.text)) return false;
  return part.text.includes(":") && URL.canParse(`http://[${part.text}]/`);
}

/** The bytes that the text stands for; null if an escape is not one of a byte. */
function bytesOf(text: string): Buffer | null {
  const codes = [...text.matchAll(/\\(\d{3})/g)].map(([, code]) => Number(code));
  if (codes.some((code) => code > 0xff)) return null;
  const plain = text.replaceAll(/\\(?:(\d{3})|(.))/g, (whole, code: string | undefined, character: string) =>
    code === undefined ? character : String.fromCodePoint(Number(code)),
  );
  return Buffer.from(plain, "latin1");
}
