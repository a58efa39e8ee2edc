import assert from "node:assert/strict";
import { test } from "node:test";
import { goDuration, spokenDuration } from "./durations.ts";

test("a duration of Go has units, and at most 64 bits of nanoseconds", () => {
  const cases: readonly (readonly [string, bigint | null])[] = [
    ["1h30m5.25s", 5_405_250_000_000n],
    ["-1.5s", -1_500_000_000n],
    ["0", 0n],
    ["1us", 1000n],
    [".5ms", 500_000n],
    ["9223372036854775807ns", 9_223_372_036_854_775_807n],
    ["9223372036854775808ns", null],
    ["1", null],
    ["", null],
    ["1 s", null],
    ["3 days", null],
  ];
  for (const [text, nanoseconds] of cases) assert.equal(goDuration(text), nanoseconds, text);
});

test("a schema takes one in words too", () => {
  const cases: readonly (readonly [string, bigint | null])[] = [
    ["1m", 60_000_000_000n],
    ["3 days", 259_200_000_000_000n],
    ["1 Hour 30 minutes", 5_400_000_000_000n],
    ["2 wk", 1_209_600_000_000_000n],
    ["x", null],
    ["3 fortnights", null],
  ];
  for (const [text, nanoseconds] of cases) assert.equal(spokenDuration(text), nanoseconds, text);
});
