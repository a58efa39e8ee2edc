// Messages of the control channel: what one side writes the other reads, and nothing that was changed on the way.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeMessage, encodeMessage, lengthBytes, type ControlTable } from "./control-message.ts";

const secret = Buffer.from("a key of thirty-two bytes, or so");
const text = fc.string({ unit: "binary-ascii", maxLength: 300 });
const name = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 20 });
const table = fc.letrec<{ table: ControlTable }>((tie) => ({
  table: fc.dictionary(name, fc.oneof({ depthSize: "small" }, text, tie("table")), {
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
