// Streams that come in any pieces, and streams that never end.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundedLines, readBounded, TooLongError } from "./bounded-stream.ts";

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer, void> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function all(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

test("property: however the bytes are cut, text and lines are what they were", async () => {
  const line = fc
    .string({ unit: "binary", minLength: 1 })
    .filter((text) => !/[\n\r]/.test(text) && text.trim() !== "");
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }));
  await fc.assert(
    fc.asyncProperty(fc.array(line), sizes, async (lines, cuts) => {
      const text = lines.join("\n");
      const bytes = Buffer.from(text);
      const whole = bytes.toString("utf8");
      assert.equal(await readBounded(pieces(bytes, cuts), "it", 1 << 20), whole);
      assert.deepEqual(
        await all(boundedLines(pieces(bytes, cuts), "it", 1 << 20)),
        whole.split("\n").filter((one) => one.trim() !== ""),
      );
    }),
  );
});

test("what is too long is read no further", async () => {
  let given = 0;
  async function* endless(): AsyncGenerator<Buffer, void> {
    for (;;) {
      given += 1;
      yield Buffer.alloc(100, "x");
    }
  }
  await assert.rejects(readBounded(endless(), "the answer", 1000), new TooLongError("the answer", 1000));
  await assert.rejects(all(boundedLines(endless(), "an event", 1000)), /an event is longer than 1000 bytes/);
  assert.equal(given, 22);
});

test("every piece is a sign of life, and empty lines are none", async () => {
  let signs = 0;
  const bytes = Buffer.from("a\n\n \nb");
  assert.deepEqual(await all(boundedLines(pieces(bytes, [1, 1, 1]), "it", 10, () => (signs += 1))), [
    "a",
    "b",
  ]);
  assert.equal(signs, 4);
});
