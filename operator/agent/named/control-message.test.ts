// Messages of the control channel: what one side writes the other reads, and nothing that was changed on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeMessage, deepest, encodeMessage, lengthBytes, type ControlTable } from "./control-message.ts";

const secret = Buffer.from("a key of thirty-two bytes, or so");
const text = fc.string({ unit: "binary-ascii", maxLength: 300 });
const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 });
const table = fc.letrec<{ table: ControlTable }>((tie) => ({
  table: fc.dictionary(name, fc.oneof({ depthSize: "small", maxDepth: deepest - 1 }, text, tie("table")), {
    maxKeys: 5,
    noNullPrototype: true,
  }),
})).table;

test("a message is read as it was written", () => {
  fc.assert(
    fc.property(table, (written) => {
      const bytes = encodeMessage(written, secret);
      assert.equal(bytes.readUInt32BE(0), bytes.length - lengthBytes);
      assert.deepEqual(decodeMessage(bytes.subarray(lengthBytes), secret), written);
    }),
  );
});

test("a message is read as deep as tables may lie in each other, whatever they are called, and not deeper", () => {
  const nested = (depth: number): ControlTable =>
    Object.fromEntries([["__proto__", depth === 1 ? "innermost" : nested(depth - 1)]]);
  const read = (depth: number): ControlTable =>
    decodeMessage(encodeMessage(nested(depth), secret).subarray(lengthBytes), secret);
  assert.deepEqual(read(deepest), nested(deepest));
  assert.throws(() => read(deepest + 1), /could not be read: more than 8 of its tables lie in each other/);
});

test("a message with a byte of it changed, cut short, or signed with another key is not read", () => {
  fc.assert(
    fc.property(table, fc.nat(), fc.integer({ min: 1, max: 255 }), (written, place, change) => {
      const bytes = encodeMessage(written, secret).subarray(lengthBytes);
      const at = place % bytes.length;
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ change;
      assert.throws(() => decodeMessage(changed, secret), /could not be read/);
      assert.throws(() => decodeMessage(bytes.subarray(0, at), secret), /could not be read/);
      assert.throws(() => decodeMessage(bytes, Buffer.from("another")), /another key/);
    }),
  );
});

test("whatever comes is read or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const message = Buffer.concat([Buffer.from([0, 0, 0, 1, 5]), Buffer.from("_auth"), bytes]);
      assert.throws(() => decodeMessage(message, secret), /could not be read/);
    }),
  );
});
