// Terms as they are read from log lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTermHistory, type TermRecord } from "./term-history.ts";

function opening(fencingToken: string | null): string {
  return JSON.stringify({ level: "info", fencingToken, message: "Starting all operators" });
}

function closing(reason: string): string {
  return JSON.stringify({ level: "warn", reason, message: "Leadership lost! Stopping all operators..." });
}

test("a term lasts from one line to the other", () => {
  const history = createTermHistory();
  history.read("one", opening("7"), 100);
  assert.deepEqual(history.leaders(), ["one"]);
  history.read("one", closing("the promise ran out"), 250);
  assert.deepEqual(history.leaders(), []);
  assert.deepEqual(history.terms(), [
    {
      holder: "one",
      fencingToken: "7",
      openedWallMs: 100,
      closedWallMs: 250,
      reason: "the promise ran out",
    },
  ]);
});

test("a term ends with its operator, and only its own", () => {
  const history = createTermHistory();
  history.read("one", opening("7"), 100);
  history.ended("two", 150);
  assert.deepEqual(history.leaders(), ["one"]);
  history.ended("one", 200);
  history.ended("one", 300);
  assert.deepEqual(history.leaders(), []);
  assert.equal(history.terms()[0]?.closedWallMs, 200);
  assert.equal(history.terms()[0]?.reason, "the operator ended");
});

test("a second opening of the same holder is a new term, and ends the first", () => {
  const history = createTermHistory();
  history.read("one", opening("7"), 100);
  history.read("one", opening("9"), 200);
  const [first, second] = history.terms();
  assert.deepEqual([first?.closedWallMs, first?.reason], [200, "a new term"]);
  assert.deepEqual([second?.closedWallMs, second?.fencingToken], [null, "9"]);
});

test("any other line means nothing, JSON or not", () => {
  const history = createTermHistory();
  for (const text of ["", "Starting all operators", '{"message":"Lease already held by one"}', "{"]) {
    history.read("one", text, 100);
  }
  assert.deepEqual(history.terms(), []);
});

test("a line that only looks like one of the two is not a reason to fall over", () => {
  const history = createTermHistory();
  history.read("one", 'panic: while at "Starting all operators"', 100);
  assert.deepEqual(history.terms(), []);
});

test("openings are told until one no longer wants to know", () => {
  const history = createTermHistory();
  const told: TermRecord[] = [];
  const stop = history.onOpen((term) => told.push(term));
  history.read("one", opening(null), 100);
  history.read("one", closing("cut"), 120);
  stop();
  history.read("two", opening("8"), 200);
  assert.deepEqual(
    told.map(({ holder, fencingToken }) => [holder, fencingToken]),
    [["one", null]],
  );
});

test("the oldest terms are forgotten", () => {
  const history = createTermHistory();
  for (let term = 0; term < 500; term += 1) history.read("one", opening(String(term)), term);
  assert.equal(history.terms().length, 200);
  assert.equal(history.terms().at(-1)?.fencingToken, "499");
});
