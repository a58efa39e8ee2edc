// What is remembered of Events has a bound, in number and in time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createEventAllowance, createShortMemory } from "./event-memory.ts";

test("what was set longest ago is forgotten, and what is older than it is kept", () => {
  const memory = createShortMemory<number>(3, 1000);
  for (let at = 0; at < 10; at += 1) memory.set(String(at), at, at);
  assert.equal(memory.size(), 3);
  memory.set("7", 70, 20);
  memory.set("10", 10, 21);
  assert.deepEqual([memory.get("7", 21), memory.get("8", 21), memory.get("9", 21)], [70, undefined, 9]);
  assert.equal(memory.get("9", 1009), undefined);
  memory.set("11", 11, 5000);
  assert.equal(memory.size(), 1, "nothing old is held on to");
});

test("an object has a burst, then one each five minutes, and all of it again when it has rested", () => {
  const allowance = createEventAllowance(10);
  const taken = (nowMs: number): number => {
    let count = 0;
    while (count < 100 && allowance.take("a", nowMs)) count += 1;
    return count;
  };
  assert.equal(taken(0), 25);
  assert.equal(taken(299_999), 0);
  assert.equal(taken(600_000), 2);
  assert.ok(allowance.take("b", 600_000));
  assert.equal(taken(100_000_000), 25);
});
