// Made once a second at most, and never twice at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandClock } from "../test/kit/hand-clock.ts";
import { createKept, keptMs } from "./kept.ts";

test("a caller that asks while it is made, or within a second of that, gets the same", async () => {
  const clock = createHandClock();
  const making: ((value: number) => void)[] = [];
  const ask = createKept(() => new Promise<number>((resolve) => making.push(resolve)), clock);
  const first = [ask(), ask()];
  await clock.advance(10 * keptMs);
  first.push(ask());
  assert.equal(making.length, 1, "while it is made it is not made again, however long that takes");
  making[0]?.(1);
  assert.deepEqual(await Promise.all(first), [1, 1, 1]);
  await clock.advance(keptMs - 1);
  assert.equal(await ask(), 1);
  await clock.advance(1);
  const second = ask();
  making[1]?.(2);
  assert.equal(await second, 2);
});

test("a failure is kept as well", async () => {
  const clock = createHandClock();
  let tries = 0;
  const ask = createKept(async () => {
    tries += 1;
    throw new Error("no");
  }, clock);
  await assert.rejects(ask());
  await assert.rejects(ask());
  assert.equal(tries, 1);
  await clock.advance(keptMs);
  await assert.rejects(ask());
  assert.equal(tries, 2);
});
