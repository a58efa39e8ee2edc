import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandClock, settle } from "../../test/kit/hand-clock.ts";
import { createQueue, type QueueGroups } from "./queue.ts";

function createBench(concurrency: number, limit = 100, groups?: QueueGroups) {
  const clock = createHandClock();
  const started: string[] = [];
  const running = new Map<string, () => void>();
  const measured: string[] = [];
  let overflows = 0;
  let rooms = 0;
  const queue = createQueue({
    concurrency,
    limit,
    ...(groups === undefined ? {} : { groups }),
    clock,
    work: (key) => {
      assert.ok(!running.has(key), `${key} runs twice at once`);
      started.push(key);
      const { promise, resolve } = Promise.withResolvers<void>();
      running.set(key, resolve);
      return promise;
    },
    onOverflow: () => {
      overflows += 1;
    },
    onRoom: () => {
      rooms += 1;
    },
    onDepth: () => {},
    meter: {
      added: () => void measured.push("added"),
      taken: (ms) => void measured.push(`taken ${ms}`),
      worked: (ms) => void measured.push(`worked ${ms}`),
    },
  });
  const finish = async (key: string): Promise<void> => {
    const resolve = running.get(key);
    running.delete(key);
    resolve?.();
    await settle();
  };
  return { clock, queue, started, finish, measured, overflows: () => overflows, rooms: () => rooms };
}

test("while closed keys are taken up once each, and handed out at the opening", () => {
  const { queue, started } = createBench(10);
  for (const key of ["a", "b", "a"]) queue.add(key);
  assert.deepEqual(started, []);
  queue.open();
  assert.deepEqual(started, ["a", "b"]);
});

test("a key that is added while it runs comes again afterwards, and never beside itself", async () => {
  const { queue, started, finish } = createBench(10);
  queue.open();
  for (const key of ["a", "a", "a"]) queue.add(key);
  assert.deepEqual(started, ["a"]);
  await finish("a");
  assert.deepEqual(started, ["a", "a"]);
  await finish("a");
  assert.deepEqual(started, ["a", "a"]);
});

test("no more keys run at once than may", async () => {
  const { queue, started, finish } = createBench(2);
  queue.open();
  for (const key of ["a", "b", "c", "d"]) queue.add(key);
  assert.deepEqual(started, ["a", "b"]);
  await finish("b");
  assert.deepEqual(started, ["a", "b", "c"]);
});

test("a delay is kept, unless an earlier moment is asked for", async () => {
  const { queue, clock, started } = createBench(2);
  queue.open();
  queue.add("late", 1000);
  queue.add("late", 5000);
  queue.add("early", 1000);
  queue.add("early", 10);
  await clock.advance(20);
  assert.deepEqual(started, ["early"]);
  await clock.advance(1000);
  assert.deepEqual(started, ["early", "late"]);
});

test("closing lets what runs go on, and hands out nothing more", async () => {
  const { queue, started, finish } = createBench(1);
  queue.open();
  queue.add("a");
  queue.add("b");
  queue.close();
  const idle = queue.idle();
  await finish("a");
  await idle;
  assert.deepEqual(started, ["a"]);
});

test("too many keys are dropped and that is told once", () => {
  const { queue, overflows } = createBench(1, 3);
  for (let index = 0; index < 10; index += 1) queue.add(String(index));
  assert.equal(overflows(), 1);
});

const byNamespace = (concurrency: number, limit = 100): QueueGroups => ({
  groupOf: (key) => key.slice(0, key.indexOf("/")),
  concurrency,
  limit,
});

test("groups take turns, however many keys one of them has", async () => {
  const { queue, started, finish } = createBench(1, 100, byNamespace(1));
  for (let index = 0; index < 50; index += 1) queue.add(`crowd/${index}`);
  queue.add("small/a");
  queue.add("small/b");
  queue.add("other/a");
  queue.open();
  for (let index = 0; index < 6; index += 1) await finish(started.at(-1) ?? "");
  assert.deepEqual(started, ["crowd/0", "small/a", "other/a", "crowd/1", "small/b", "crowd/2", "crowd/3"]);
});

test("one group never has all workers", async () => {
  const { queue, started, finish } = createBench(3, 100, byNamespace(2));
  queue.open();
  for (let index = 0; index < 5; index += 1) queue.add(`crowd/${index}`);
  assert.deepEqual(started, ["crowd/0", "crowd/1"]);
  queue.add("small/a");
  assert.deepEqual(started, ["crowd/0", "crowd/1", "small/a"]);
  await finish("crowd/1");
  assert.deepEqual(started.slice(3), ["crowd/2"]);
});

test("a group that has filled its part of the queue keeps nobody else out", async () => {
  const { queue, started, overflows, clock } = createBench(10, 100, byNamespace(10, 3));
  for (let index = 0; index < 10; index += 1) queue.add(`crowd/${index}`);
  for (let index = 0; index < 10; index += 1) queue.add(`later/${index}`, 50);
  assert.equal(overflows(), 1);
  queue.add("small/a");
  queue.add("small/b", 50);
  queue.open();
  await clock.advance(100);
  assert.deepEqual(
    started.filter((key) => key.startsWith("small")),
    ["small/a", "small/b"],
  );
  assert.equal(started.length, 3 + 3 + 2);
});

test("all keys are worked on in the end where each time that there is room again those are added that were dropped", async () => {
  const { queue, started, finish, overflows, rooms } = createBench(1, 100, byNamespace(1, 4));
  const keys = Array.from({ length: 12 }, (_, index) => `crowd/${index}`);
  const done = new Set<string>();
  const addAll = (): void => {
    for (const key of keys) if (!done.has(key)) queue.add(key);
  };
  queue.open();
  addAll();
  let seen = 0;
  for (let step = 0; step < 100 && done.size < keys.length; step += 1) {
    const key = started.at(-1) ?? "";
    done.add(key);
    await finish(key);
    if (rooms() > seen) {
      seen = rooms();
      addAll();
    }
  }
  assert.equal(done.size, keys.length);
  assert.ok(seen > 1 && overflows() > 1, "and it is told each time");
});

test("it is measured how long a key waited while the queue was open, and how long it was worked on", async () => {
  const { queue, clock, finish, measured } = createBench(1);
  queue.add("a");
  await clock.advance(1000);
  queue.open();
  queue.add("b");
  queue.add("b");
  queue.add("c", 30);
  await clock.advance(50);
  assert.deepEqual(queue.runningMs(), [50]);
  await finish("a");
  assert.deepEqual(measured, ["added", "taken 0", "added", "added", "worked 50", "taken 50"]);
  await clock.advance(5);
  queue.open();
  await finish("b");
  assert.deepEqual(measured.slice(6), ["worked 5", "taken 25"]);
  await finish("c");
  assert.deepEqual(queue.runningMs(), []);
});

test("what comes to a queue that is full is not counted as added", () => {
  const { queue, measured } = createBench(1, 2);
  for (const key of ["a", "b", "c"]) queue.add(key);
  assert.deepEqual(measured, ["added", "added"]);
});
