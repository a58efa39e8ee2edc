import assert from "node:assert/strict";
import { test } from "node:test";
import { humanDuration, sinceText } from "./duration.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test("a duration shows the units that matter at its size", () => {
  const cases: readonly (readonly [number, string])[] = [
    [-5 * second, "<invalid>"],
    [0, "0s"],
    [119 * second, "119s"],
    [2 * minute, "2m"],
    [125 * second, "2m5s"],
    [10 * minute + second, "10m"],
    [3 * hour, "3h"],
    [3 * hour + 5 * minute, "3h5m"],
    [8 * hour + 5 * minute, "8h"],
    [2 * day, "2d"],
    [3 * day + 4 * hour, "3d4h"],
    [9 * day, "9d"],
    [800 * day, "2y70d"],
    [9 * 365 * day, "9y"],
  ];
  for (const [durationMs, text] of cases) assert.equal(humanDuration(durationMs), text);
  assert.equal(sinceText("1970-01-01T00:00:10Z", 15 * second), "5s");
  assert.equal(sinceText(undefined, 0), "<unknown>");
});
