import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseTime, timeText } from "./timestamp.ts";

const seconds = fc.integer({ min: -62_135_596_800, max: 253_402_300_799 });

test("a time and its text are the same time, as the platform's own calendar has it", () => {
  fc.assert(
    fc.property(seconds, (second) => {
      const text = timeText(second * 1000);
      assert.equal(parseTime(text), second * 1000);
      assert.equal(text, new Date(second * 1000).toISOString().replace(".000Z", "Z"));
    }),
  );
});

test("fractions and zones count, and what is not a time is NaN", () => {
  assert.equal(parseTime("1970-01-01T00:00:00.250000Z"), 250);
  assert.equal(parseTime("1970-01-01T02:00:00+02:00"), 0);
  assert.ok(Number.isNaN(parseTime("yesterday")));
});
