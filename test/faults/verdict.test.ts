// The observer sees what it is there to see.
import assert from "node:assert/strict";
import { test } from "node:test";
import { violationsOf } from "./verdict.ts";

const effect = (pod: string, wallMs: number, fencingToken: bigint, promiseUntilMs = wallMs + 100) => ({
  pod,
  wallMs,
  fencingToken,
  promiseUntilMs,
  status: 200,
});

test("terms one after the other, each within its promise, are in order", () => {
  const openings = [
    { pod: "a", fromMs: 0, toMs: 10 },
    { pod: "b", fromMs: 10, toMs: 20 },
    { pod: "a", fromMs: 25, toMs: null },
  ];
  const effects = [effect("a", 1, 5n), effect("a", 9, 5n), effect("b", 11, 6n), effect("a", 30, 10n)];
  assert.deepEqual(violationsOf(openings, effects), []);
});

test("two gates open, an older term after a newer one, and a write after its promise are each found", () => {
  const openings = [
    { pod: "a", fromMs: 0, toMs: null },
    { pod: "b", fromMs: 10, toMs: 20 },
  ];
  assert.match(violationsOf(openings, [])[0] ?? "", /two gates open/);
  assert.match(violationsOf([], [effect("b", 1, 10n), effect("a", 2, 9n)])[0] ?? "", /under 9 after 10/);
  assert.match(violationsOf([], [effect("a", 5000, 1n, 3000)])[0] ?? "", /under a promise until 3000/);
  assert.match(violationsOf([], [effect("a", 5000, 1n, Number.NaN)])[0] ?? "", /promise until NaN/);
});
