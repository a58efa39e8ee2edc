// The messages of named's control channel, which rndc speaks too: tables of texts and tables, signed by a key that both sides hold.
// There is no RFC of it; BIND's libisccc is its source (https://bind9.readthedocs.io/en/latest/manpages.html#man-rndc).
import { createHmac, timingSafeEqual } from "node:crypto";

/** A table; its entries have an order. */
export interface ControlTable {
  readonly [name: string]: string | ControlTable;
}

/** How many bytes of a message's head say how long the rest is. */
export const lengthBytes = 4;

const version = 1;
const typeOf = { text: 1, table: 2 } as const;
const signatureName = "_auth";
// HMAC-SHA256 by libisccc's number. The digest stands behind it in Base64, in as many bytes as the longest of all algorithms takes.
const algorithm = 163;
const digestBytes = 88;
/** How many tables that are not empty may lie in each other: a message of anybody ends no stack. */
export const deepest = 8;

/** The bytes of a message, with its length before them. `secret` is the key itself, and not its Base64. */
export function encodeMessage(table: ControlTable, secret: Buffer): Buffer {
  const content = encodeEntries(table);
  const signature = Buffer.concat([
    nameOf(signatureName),
    valueOf(typeOf.table, signatureOf(content, secret)),
  ]);
  const head = Buffer.alloc(lengthBytes + 4);
  head.writeUInt32BE(4 + signature.length + content.length, 0);
  head.writeUInt32BE(version, lengthBytes);
  return Buffer.concat([head, signature, content]);
}

/** Reads a message, without its length; throws where it is none, or was not signed with `secret`. */
export function decodeMessage(message: Buffer, secret: Buffer): ControlTable {
  if (message.length < 4 || message.readUInt32BE(0) !== version) throw unreadable("its version is unknown");
  const [name, signature, contentAt] = readEntry(message, 4, deepest);
  if (name !== signatureName || typeof signature === "string") throw unreadable("it is not signed");
  const content = message.subarray(contentAt);
  const expected = signatureOf(content, secret);
  const found = message.subarray(Math.max(0, contentAt - expected.length), contentAt);
  if (found.length !== expected.length || !timingSafeEqual(found, expected))
    throw unreadable("it is signed with another key");
  return readTable(content, deepest);
}

/** The entry that signs `content`, which is all of the message behind it. */
function signatureOf(content: Buffer, secret: Buffer): Buffer {
  const digest = Buffer.alloc(1 + digestBytes);
  digest[0] = algorithm;
  digest.write(createHmac("sha256", secret).update(content).digest("base64"), 1, "latin1");
  return Buffer.concat([nameOf("hsha"), valueOf(typeOf.text, digest)]);
}

function encodeEntries(table: ControlTable): Buffer {
  return Buffer.concat(
    Object.entries(table).flatMap(([name, value]) => [
      nameOf(name),
      typeof value === "string"
        ? valueOf(typeOf.text, Buffer.from(value, "latin1"))
        : valueOf(typeOf.table, encodeEntries(value)),
    ]),
  );
}

function nameOf(name: string): Buffer {
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name, "latin1")]);
}

function valueOf(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(1 + 4);
  head[0] = type;
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

function readTable(content: Buffer, depth: number): ControlTable {
  const entries: [string, string | ControlTable][] = [];
  for (let at = 0; at < content.length;) {
    const [name, value, next] = readEntry(content, at, depth);
    entries.push([name, value]);
    at = next;
  }
  return Object.fromEntries(entries);
}

/** The entry at `at`, and where the next one begins. */
function readEntry(content: Buffer, at: number, depth: number): [string, string | ControlTable, number] {
  const nameEnd = at + 1 + (content[at] ?? 0);
  const valueAt = nameEnd + 1 + 4;
  if (depth === 0) throw unreadable(`more than ${deepest} of its tables lie in each other`);
  if (valueAt > content.length) throw unreadable("it ends too early");
  const end = valueAt + content.readUInt32BE(nameEnd + 1);
  if (end > content.length) throw unreadable("it ends too early");
  const name = content.toString("latin1", at + 1, nameEnd);
  const value = content.subarray(valueAt, end);
  const isTable = content[nameEnd] === typeOf.table;
  return [name, isTable ? readTable(value, depth - 1) : value.toString("latin1"), end];
}

function unreadable(why: string): Error {
  return new Error(`named's control channel: a message could not be read: ${why}`);
}
