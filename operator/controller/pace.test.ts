import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandClock, settle } from "../../test/kit/hand-clock.ts";
import { createPace, inSlices } from "./pace.ts";

const sliceMs = 5;
const { signal } = new AbortController();

/** A clock that stands still but for the work that is done, of 1 ms each. */
function createBench() {
  const hand = createHandClock();
  let workedMs = 0;
  const now = () => ({ ...hand.now(), waitMs: hand.now().waitMs + workedMs });
  const clock = { ...hand, now };
  const done: string[] = [];
  const work = (what: string): void => {
    workedMs += 1;
    done.push(what);
  };
  return { clock, hand, done, work, pace: createPace(clock, sliceMs) };
}

function* worked(name: string, steps: number, work: (what: string) => void): Iterator<void, string> {
  for (let step = 0; step < steps; step += 1) {
    work(name);
    yield;
  }
  return name;
}

test("work without end holds the loop for one slice, and goes on in the next turn", async () => {
  const { hand, done, work, pace } = createBench();
  const result = inSlices(pace, worked("a", 12, work), signal);
  await settle();
  assert.equal(done.length, sliceMs);
  await hand.advance(0);
  assert.equal(await result, "a");
  assert.equal(done.length, 12);
});

test("many who work share the slice, and take turns", async () => {
  const { hand, done, work, pace } = createBench();
  const turns: number[] = [];
  const all = ["a", "b", "c"].map((name) => inSlices(pace, worked(name, 15, work), signal));
  let isSettled = false;
  void Promise.all(all).then(() => (isSettled = true));
  const timer = (): void => {
    turns.push(done.length);
    if (!isSettled) hand.schedule(0, timer);
  };
  timer();
  await hand.advance(0);
  assert.deepEqual(await Promise.all(all), ["a", "b", "c"]);
  assert.equal(done.length, 45);
  const held = turns.map((count, index) => count - (turns[index - 1] ?? 0));
  assert.ok(Math.max(...held) <= sliceMs + 2, `in one turn each: ${held.join(", ")}`);
  const slices = done
    .join("")
    .match(/(.)\1{4}/g)
    ?.map(([name]) => name);
  assert.equal(slices?.join(""), "aabcabcbc", "the one that has waited longest goes on first");
});

test("work that is short waits for nobody", async () => {
  const { done, work, pace } = createBench();
  assert.equal(await inSlices(pace, worked("a", 3, work), signal), "a");
  assert.equal(done.length, 3);
});

test("work for a term that is over ends at the next turn", async () => {
  const { hand, done, work, pace } = createBench();
  const term = new AbortController();
  const ended = assert.rejects(inSlices(pace, worked("a", 100, work), term.signal), /over/);
  await settle();
  term.abort(new Error("over"));
  await hand.advance(0);
  await ended;
  assert.equal(done.length, sliceMs);
});
