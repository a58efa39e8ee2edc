// DNS messages (RFC 1035, section 4; EDNS: RFC 6891): from the bytes of a query to the bytes of its answer. Records are
// encoded, and whole messages checked, by the library; the question is read here, since it goes back byte for byte in the
// case it was asked in, and since a dot within a label must not be taken for one between labels.
import { decode, encode, type Answer as EncodedRecord } from "dns-packet";
import { answerTo, type Answer, type Zones } from "./zone/answer.ts";
import { lowerCase, nameOf } from "./zone/domain-name.ts";
import type { ZoneRecord } from "./zone/record.ts";

export type Transport = "udp" | "tcp";

const headerBytes = 12;
const flag = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
} as const;
const operationBits = 0x7800;
const checkingDisabled = 0x0010;
const dnssecOk = 0x8000;
const codes = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;
type Code = keyof typeof codes;

const internetClass = 1;
const anyClass = 255;
// OPT, TKEY and TSIG are not for questions; transfers are not allowed; mail agents (MAILB, MAILA) were given up long ago.
const types = { opt: 41, tkey: 249, tsig: 250, ixfr: 251, axfr: 252, mailb: 253, maila: 254 } as const;

// What fits into an answer over UDP: without EDNS, and at most with it (named's `max-udp-size`).
const plainBytes = 512;
const mostUdpBytes = 1232;
const mostTcpBytes = 65_535;

interface Query {
  readonly id: number;
  readonly flags: number;
  readonly question: {
    readonly name: string;
    readonly type: number;
    readonly class: number;
    readonly bytes: Buffer;
  };
  readonly extension: Extension | null;
}

/** What the OPT record of a query says. */
interface Extension {
  readonly udpBytes: number;
  readonly version: number;
  readonly flags: number;
}

/** The answer to a message, null for what is not to be answered. Never throws. */
export function respond(message: Buffer, zones: Zones, transport: Transport): Buffer | null {
  // Too short for an id, or itself an answer: an answer to it might go back and forth for ever.
  if (message.length < headerBytes || (message.readUInt16BE(2) & flag.response) !== 0) return null;
  if ((message.readUInt16BE(2) & operationBits) !== 0) return headerAlone(message, "NOTIMP");
  const query = readQuery(message);
  if (query === null) return headerAlone(message, "FORMERR");
  const refusal = refusalOf(query);
  if (refusal !== null) return write(query, empty(refusal), transport);
  const { name, type } = query.question;
  const wantsRecursion = (query.flags & flag.recursionDesired) !== 0;
  return write(query, answerTo({ name, type, wantsRecursion }, zones), transport);
}

function refusalOf({ question, extension }: Query): Code | null {
  if (extension !== null && extension.version > 0) return "BADVERS";
  if (question.class === anyClass) return "FORMERR";
  if (question.class !== internetClass) return "REFUSED";
  const { type } = question;
  if (type === types.opt || type === types.tkey || type === types.tsig) return "FORMERR";
  if (type === types.mailb || type === types.maila) return "NOTIMP";
  return type === types.axfr || type === types.ixfr ? "REFUSED" : null;
}

/** Reads a query with one question; null if it is not well-formed. */
function readQuery(message: Buffer): Query | null {
  if (message.readUInt16BE(4) !== 1) return null;
  const question = readQuestion(message);
  if (question === null) return null;
  const rest = readRest(message);
  if (rest === null) return null;
  const [id, flags] = [message.readUInt16BE(0), message.readUInt16BE(2)];
  return { id, flags, question, extension: rest.extension };
}

function readQuestion(message: Buffer): Query["question"] | null {
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = message[at];
    if (length === undefined || length > 63 || at - headerBytes > 254) return null;
    if (length === 0) break;
    labels.push(message.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (end > message.length) return null;
  return {
    name: labels.length === 0 ? "." : nameOf(labels),
    type: message.readUInt16BE(at + 1),
    class: message.readUInt16BE(at + 3),
    bytes: message.subarray(headerBytes, end),
  };
}

/** What comes behind the question, null if that is not well-formed: too few bytes, two OPT records. */
function readRest(message: Buffer): { readonly extension: Extension | null } | null {
  try {
    const { additionals = [] } = decode(message);
    const [option, second] = additionals.filter((record) => record.type === "OPT");
    if (second !== undefined || (option !== undefined && option.name !== ".")) return null;
    if (option === undefined) return { extension: null };
    const { udpPayloadSize: udpBytes, ednsVersion: version, flags } = option;
    return { extension: { udpBytes, version, flags } };
  } catch {
    return null; // the library says by an exception that the bytes are not a message
  }
}

function empty(code: Code): WrittenAnswer {
  const none = { answers: [], authorities: [], additionals: [] };
  return { code, isAuthoritative: false, isReferral: false, ...none };
}

type WrittenAnswer = Omit<Answer, "code"> & { readonly code: Code };

function write(query: Query, answer: WrittenAnswer, transport: Transport): Buffer {
  const most = transport === "tcp" ? mostTcpBytes : mostUdp(query.extension);
  const whole = assemble(query, answer, false);
  if (whole.length <= most) return whole;
  // Addresses are a courtesy, but in a referral: there they are what was asked for.
  const bare = answer.isReferral ? whole : assemble(query, { ...answer, additionals: [] }, false);
  if (bare.length <= most) return bare;
  return assemble(query, { ...answer, answers: [], authorities: [], additionals: [] }, true);
}

function mostUdp(extension: Extension | null): number {
  if (extension === null) return plainBytes;
  return Math.min(mostUdpBytes, Math.max(plainBytes, extension.udpBytes));
}

function assemble(query: Query, answer: WrittenAnswer, isTruncated: boolean): Buffer {
  const { question, extension } = query;
  const header = Buffer.alloc(headerBytes);
  const kept = query.flags & (flag.recursionDesired | checkingDisabled);
  const own = (answer.isAuthoritative ? flag.authoritative : 0) | (isTruncated ? flag.truncated : 0);
  const code = codes[answer.code];
  header.writeUInt16BE(query.id, 0);
  header.writeUInt16BE(flag.response | kept | own | (code & 0xf), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answer.answers.length, 6);
  header.writeUInt16BE(answer.authorities.length, 8);
  header.writeUInt16BE(answer.additionals.length + (extension === null ? 0 : 1), 10);
  const records = [...answer.answers, ...answer.authorities, ...answer.additionals];
  const encoded = records.map((record) => encodeRecord(record, question));
  const option = extension === null ? [] : [encodeOption(code >> 4, extension)];
  return Buffer.concat([header, question.bytes, ...encoded, ...option]);
}

function encodeOption(extendedRcode: number, { flags }: Extension): Buffer {
  return encodeOne({
    type: "OPT",
    name: ".",
    udpPayloadSize: mostUdpBytes,
    extendedRcode,
    ednsVersion: 0,
    flags: flags & dnssecOk,
    flag_do: (flags & dnssecOk) !== 0,
    options: [],
  });
}

// A pointer to the question's name, which begins behind the header.
const pointer = Buffer.from([0xc0, headerBytes]);

/**
 * Where the owner is the name that was asked for, its bytes are taken from the question: they may be ones that the library
 * does not keep. In lower case, as named has them; where the question was too, a pointer to it is enough.
 */
function encodeRecord({ name, ttl, type, data }: ZoneRecord, question: Query["question"]): Buffer {
  // The library writes into lists that it is given.
  const copied = Array.isArray(data) ? [...data] : data;
  const encodeAt = (owner: string): Buffer =>
    encodeOne({ name: owner, ttl, type, class: "IN", data: copied } as EncodedRecord);
  const asked = lowerCase(question.name);
  if (name !== asked || asked === ".") return encodeAt(name);
  const bytes = question.name === asked ? pointer : loweredBytes(question.bytes.subarray(0, -4));
  return Buffer.concat([bytes, encodeAt(".").subarray(1)]);
}

/** A name on the wire in lower case; the lengths in it are below the letters. */
function loweredBytes(name: Buffer): Buffer {
  return Buffer.from(name.map((byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte)));
}

function encodeOne(record: EncodedRecord): Buffer {
  return encode({ type: "response", answers: [record] }).subarray(headerBytes);
}

function headerAlone(message: Buffer, code: Code): Buffer {
  const header = Buffer.alloc(headerBytes);
  message.copy(header, 0, 0, 2);
  const operation = message.readUInt16BE(2) & operationBits;
  const kept =
    operation === 0 ? message.readUInt16BE(2) & (flag.recursionDesired | checkingDisabled) : operation;
  header.writeUInt16BE(flag.response | kept | codes[code], 2);
  return header;
}
