import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../test/kit/hand-clock.ts";
import type { Pace } from "./pace.ts";
import { createWalks } from "./walks.ts";

/** A pace whose turns are over at once, and given by hand. */
function scene() {
  const turns: (() => void)[] = [];
  const done: string[] = [];
  const pace: Pace = {
    isOver: () => true,
    nextTurn() {
      const { promise, resolve } = Promise.withResolvers<void>();
      turns.push(resolve);
      return promise;
    },
  };
  function* steps(name: string, count = 10): Generator<void, void> {
    for (let step = 0; step < count; step += 1) yield;
    done.push(name);
  }
  const walk = createWalks({ pace, everything: () => steps("everything", 0) });
  const turn = async (): Promise<void> => {
    for (const resolve of turns.splice(0)) resolve();
    await settle();
  };
  return { walk, steps, turns, done, turn };
}

test("a short walk is over at once; of one namespace long ones wait for the loop as one, and others go on beside them", async () => {
  const { walk, steps, turns, done, turn } = scene();
  walk("a", steps("short", 9));
  assert.deepEqual(done, ["short"]);
  walk("a", steps("first"));
  walk("a", steps("second"));
  walk("b", steps("other"));
  assert.equal(turns.length, 2);
  await turn();
  assert.deepEqual(done, ["short", "first", "other"]);
  await turn();
  assert.deepEqual(done, ["short", "first", "other", "second"]);
  walk("a", steps("again", 0));
  assert.equal(done.at(-1), "again", "nothing of it is left under way");
});

test("instead of too many walks of a namespace everything is looked at once", async () => {
  const { walk, steps, done, turn } = scene();
  for (let count = 0; count < 1500; count += 1) walk("a", steps(`${count}`));
  await turn();
  assert.deepEqual(done.slice(0, 2), ["0", "everything"]);
  for (let count = 0; count < 500; count += 1) await turn();
  assert.equal(done.at(-1), "1499", "what comes after that is walked through as before");
  assert.equal(done.length, 2 + 1500 - 1002);
});
