import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decodeSoaAnswer, encodeSoaQuery } from "./soa-message.ts";

// An answer as named gives it: the question, and an SOA whose names point back into it.
function answer(flags: number, answers = 1): Buffer {
  const query = encodeSoaQuery(7, "example.com");
  query.writeUInt16BE(flags, 2);
  query.writeUInt16BE(answers, 6);
  const data = Buffer.concat([
    Buffer.from([3]),
    Buffer.from("ns1"),
    Buffer.from([0xc0, 0x0c, 0xc0, 0x0c]),
    Buffer.from([0x80, 0, 0, 5]),
    Buffer.alloc(16),
  ]);
  const head = Buffer.from([0xc0, 0x0c, 0, 6, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([query, head, data]);
}

test("a query asks for the SOA of the name, with or without its last dot", () => {
  const query = encodeSoaQuery(0x1234, "example.com");
  assert.equal(query.toString("hex"), "123400000001000000000000076578616d706c6503636f6d0000060001");
  assert.deepEqual(encodeSoaQuery(0x1234, "example.com."), query);
});

test("an authoritative answer gives the serial, any other none", () => {
  assert.deepEqual(decodeSoaAnswer(answer(0x8400)), { id: 7, serial: 0x80000005 });
  assert.deepEqual(decodeSoaAnswer(answer(0x8000)), { id: 7, serial: null }, "not authoritative");
  assert.deepEqual(decodeSoaAnswer(answer(0x8405)), { id: 7, serial: "refused" });
  assert.deepEqual(decodeSoaAnswer(answer(0x8402)), { id: 7, serial: null }, "failed");
  assert.deepEqual(decodeSoaAnswer(answer(0x8400, 0)), { id: 7, serial: null }, "no answer in it");
  assert.equal(decodeSoaAnswer(answer(0x0400)), null, "a query");
});

test("bytes of any kind are never thrown at, and a cut answer is none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void decodeSoaAnswer(Buffer.from(bytes))),
  );
  const whole = answer(0x8400);
  for (let length = 0; length < whole.length - 16; length += 1) {
    const cut = decodeSoaAnswer(whole.subarray(0, length));
    assert.ok(cut === null || cut.serial === null, `cut to ${length}`);
  }
});
