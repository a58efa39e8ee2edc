// The two DNS messages that the agent needs (RFC 1035, section 4): a question for a zone's SOA, and what the answer
// says of it. Pure: bytes in, bytes out.

export interface SoaAnswer {
  /** Of the query this answers. */
  readonly id: number;
  /** The serial of the zone if the server speaks for it, otherwise null: failed, unknown; "refused" if it answers no such question. */
  readonly serial: number | null | "refused";
}

const soaType = 6;
const internetClass = 1;
const headerBytes = 12;
const refusedCode = 5;
const longestName = 255;

/** The query for the SOA of `zoneName` (with or without its last dot), which must be a valid domain name. */
export function encodeSoaQuery(id: number, zoneName: string): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(1, 4); // one question, no flags: recursion is not wanted
  const labels = zoneName.split(".").filter((label) => label !== "");
  const name = labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label, "latin1")]);
  const tail = Buffer.from([0, 0, soaType, 0, internetClass]);
  return Buffer.concat([header, ...name, tail]);
}

/** Reads an answer; null for anything that is not a well-formed answer to one SOA question. Never throws. */
export function decodeSoaAnswer(message: Buffer): SoaAnswer | null {
  if (message.length < headerBytes) return null;
  const flags = message.readUInt16BE(2);
  const isAnswer = (flags & 0x8000) !== 0;
  if (!isAnswer) return null;
  const id = message.readUInt16BE(0);
  const isAuthoritative = (flags & 0x0400) !== 0;
  const responseCode = flags & 0x000f;
  const [questions, answers] = [message.readUInt16BE(4), message.readUInt16BE(6)];
  if (responseCode === refusedCode) return { id, serial: "refused" };
  if (responseCode !== 0 || !isAuthoritative || answers === 0 || questions !== 1) return { id, serial: null };
  const question = skipName(message, headerBytes);
  if (question === null) return null;
  const owner = skipName(message, question + 4);
  if (owner === null || owner + 10 > message.length) return null;
  if (message.readUInt16BE(owner) !== soaType) return { id, serial: null };
  const primary = skipName(message, owner + 10);
  const mailbox = primary === null ? null : skipName(message, primary);
  if (mailbox === null || mailbox + 4 > message.length) return null;
  return { id, serial: message.readUInt32BE(mailbox) };
}

// The offset behind a name; null if the message ends within it. A pointer ends a name, and need not be followed.
function skipName(message: Buffer, from: number): number | null {
  for (let at = from; at < message.length && at - from <= longestName;) {
    const length = message[at] ?? 0;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return at + 2 <= message.length ? at + 2 : null;
    at += 1 + length;
  }
  return null;
}
