// The gate, all of it: what opens it, what keeps it open, what closes it, and what never opens it again.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Moment } from "../platform/clock.ts";
import type { LeaderAnswer } from "../contract/answer.ts";
import { afterAnswer, afterTime, closed, closedGate, isOpen, type Gate } from "./promise.ts";
import { leaderAnswer } from "../test/kit/leader-answer.ts";

function at(ms: number, gainedMs = 0): Moment {
  return { waitMs: ms, actMs: ms + gainedMs, wallMs: 0 };
}

function says(isLeader: boolean, validForMs = 9000, fencingToken: string | null = "7"): LeaderAnswer {
  return leaderAnswer(isLeader, { validForMs, fencingToken: isLeader ? fencingToken : null });
}

function heard(gate: Gate, answer: LeaderAnswer, askedMs: number, nowMs: number, waitMs = 0): Gate {
  return afterAnswer(gate, { answer, askedAt: at(askedMs), waitMs }, at(nowMs));
}

test("it opens by a promise, counted from before the question, and closes when that ends", () => {
  const gate = heard(closedGate, says(true), 1000, 1400);
  assert.equal(isOpen(gate, at(9999)), true);
  assert.equal(isOpen(gate, at(10_000)), false);
  assert.deepEqual(gate.opening, {
    fencingToken: "7",
    number: 3,
    untilMs: 10_000,
    outstandingUntilMs: 10_000,
  });
});

test("a suspend ends the promise sooner", () => {
  const gate = heard(closedGate, says(true), 1000, 1001);
  assert.equal(isOpen(gate, at(1002, 8997)), true);
  assert.equal(isOpen(gate, at(1002, 8998)), false);
});

test("answers of the same token only ever extend", () => {
  let gate = heard(closedGate, says(true), 1000, 1001);
  gate = heard(gate, says(true, 100), 2000, 2001);
  assert.equal(gate.opening?.untilMs, 10_000);
  gate = heard(gate, says(true, 9500), 3000, 3001);
  assert.equal(gate.opening?.untilMs, 12_500);
});

test("a no closes at once, and a yes to an earlier question opens nothing", () => {
  const open = heard(closedGate, says(true), 1000, 1001);
  const shut = heard(open, says(false), 2000, 2001);
  assert.equal(isOpen(shut, at(2001)), false);
  assert.equal(heard(shut, says(true), 2001, 2002).opening, null);
  assert.notEqual(heard(shut, says(true), 2002, 2003).opening, null);
});

test("another token while open is another term, begun by this answer or by none", () => {
  const open = heard(closedGate, says(true), 1000, 1001);
  const next = heard(open, says(true, 9000, "8"), 2000, 2001);
  assert.equal(next.opening?.fencingToken, "8");
  const late = heard(open, says(true, 9000, "8"), 2000, 2501);
  assert.equal(late.opening, null);
});

test("an answer half a second later than it was to be held does not open, but extends", () => {
  assert.equal(heard(closedGate, says(true), 1000, 1501).opening, null);
  assert.notEqual(heard(closedGate, says(true), 1000, 1500).opening, null);
  assert.notEqual(heard(closedGate, says(true), 1000, 2500, 1000).opening, null);
  assert.equal(heard(closedGate, says(true), 1000, 2501, 1000).opening, null);
  const open = heard(closedGate, says(true), 1000, 1001);
  assert.equal(heard(open, says(true), 2000, 5000).opening?.untilMs, 11_000);
});

test("what has expired stays expired: an extension that comes too late extends nothing", () => {
  const open = heard(closedGate, says(true, 1000), 1000, 1001);
  const late = heard(open, says(true, 9000), 1500, 2000);
  assert.equal(late.opening, null);
  assert.equal(afterTime(open, at(1999)), open);
  const over = afterTime(open, at(2000));
  assert.equal(over.opening, null);
  assert.equal(isOpen(over, at(1500)), false, "no clock that goes back revives it");
});

test("a promise of nothing, or one that is over when it comes, opens nothing", () => {
  assert.equal(heard(closedGate, says(true, 0), 1000, 1000).opening, null);
  assert.equal(heard(closedGate, says(true, 100), 1000, 1100).opening, null);
});

test("a closed gate is deaf to all that was asked before it closed", () => {
  const gate = closed(heard(closedGate, says(true), 1000, 1001), at(1500));
  assert.equal(heard(gate, says(true), 1500, 1501).opening, null);
  assert.notEqual(heard(gate, says(true), 1501, 1502).opening, null);
});

test("without a token it opens as with one: election is disabled", () => {
  const gate = heard(closedGate, { ...says(true, 9000, null), reason: "Disabled" }, 1000, 1001);
  assert.equal(gate.opening?.fencingToken, null);
  assert.equal(isOpen(gate, at(2000)), true);
});

test("property: it is never open later than the longest promise heard, nor right after a no", () => {
  const exchange = fc.record({
    isLeader: fc.boolean(),
    validForMs: fc.integer({ min: 0, max: 10_000 }),
    token: fc.constantFrom("1", "2"),
    gapMs: fc.integer({ min: 0, max: 3000 }),
    tookMs: fc.integer({ min: 0, max: 3000 }),
    hasEnded: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(exchange, { maxLength: 30 }), (exchanges) => {
      let gate = closedGate;
      let nowMs = 0;
      let latestMs = 0;
      for (const { isLeader, validForMs, token, gapMs, tookMs, hasEnded } of exchanges) {
        const askedMs = nowMs + gapMs;
        nowMs = askedMs + tookMs;
        gate = heard(gate, says(isLeader, validForMs, token), askedMs, nowMs);
        if (isLeader) latestMs = Math.max(latestMs, askedMs + validForMs);
        if (!isLeader) assert.equal(isOpen(gate, at(nowMs)), false);
        if (hasEnded) gate = closed(gate, at(nowMs));
        assert.equal(isOpen(gate, at(latestMs)), false);
      }
    }),
  );
});
