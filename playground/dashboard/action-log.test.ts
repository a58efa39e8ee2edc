// Which opening of a gate answers which action.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { createActionLog } from "./action-log.ts";
import { createTermHistory } from "./term-history.ts";

function stage() {
  const clock = createHandClock();
  const history = createTermHistory();
  const open = (holder: string): void =>
    history.read(holder, '{"message":"Starting all operators","fencingToken":"1"}', clock.now().wallMs);
  return { clock, history, open, log: createActionLog(history, clock) };
}

test("what was done to the leader is followed by the next opening, once", async () => {
  const { clock, history, open, log } = stage();
  open("one");
  await clock.advance(1000);
  assert.equal(log.begin("kill-operator", "one").wasLeader, true);
  history.ended("one", clock.now().wallMs);
  await clock.advance(42);
  open("two");
  await clock.advance(500);
  history.ended("two", clock.now().wallMs);
  open("three");
  assert.deepEqual(log.records()[0]?.next, { holder: "two", afterMs: 42 });
});

test("what was done to a follower is followed by nothing", async () => {
  const { clock, open, log } = stage();
  open("one");
  assert.equal(log.begin("kill", "two").wasLeader, false);
  await clock.advance(10);
  open("two");
  assert.equal(log.records()[0]?.next, null);
});

test("a thaw or a heal in between does not take the answer away", async () => {
  const { clock, open, log } = stage();
  open("one");
  log.begin("freeze", "one");
  await clock.advance(20);
  log.begin("thaw", "one");
  await clock.advance(22);
  open("two");
  const [freeze, thaw] = log.records();
  assert.deepEqual(freeze?.next, { holder: "two", afterMs: 42 });
  assert.equal(thaw?.next, null);
});

test("a second action on the leader gets the answer, the first keeps none", async () => {
  const { clock, open, log } = stage();
  open("one");
  log.begin("freeze", "one");
  await clock.advance(10);
  log.begin("kill", "one");
  await clock.advance(5);
  open("two");
  const [freeze, kill] = log.records();
  assert.equal(freeze?.next, null);
  assert.deepEqual(kill?.next, { holder: "two", afterMs: 5 });
});

test("records are numbered, and the oldest are forgotten", () => {
  const { log } = stage();
  for (let turn = 0; turn < 300; turn += 1) log.begin("cut", "one");
  assert.equal(log.records().length, 200);
  assert.equal(log.records().at(-1)?.id, 300);
});
