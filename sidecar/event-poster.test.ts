// Events wait until a hand-over is over, and are neither lost at the end nor without bound.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { createSystemClock, type Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Failure } from "./election/election.ts";
import { createEventPoster, type EventObject } from "./event-poster.ts";

function poster(t: TestContext, answer: (event: EventObject) => Promise<Failure | null>) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const sleeps: (AbortSignal | undefined)[] = [];
  const system = createSystemClock();
  const clock: Clock = {
    ...system,
    sleep(delayMs, signal) {
      sleeps.push(signal);
      return system.sleep(delayMs, signal);
    },
  };
  const sent: unknown[] = [];
  const lines: string[] = [];
  const debug = (message: string, fields: { reason?: string } = {}): void =>
    void lines.push(`${message} ${fields.reason ?? ""}`.trim());
  const events = createEventPoster({
    send: (event) => {
      sent.push(event["n"]);
      return answer(event);
    },
    clock,
    log: { debug } as Log,
  });
  const post = (...numbers: readonly number[]): void => numbers.forEach((n) => events.post({ n }));
  return { events, post, sent, lines, sleeps };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const accepted = async (): Promise<null> => null;

test("an Event waits until nothing has happened for a second, and then they go in their order", async (t) => {
  const { post, sent } = poster(t, accepted);
  post(1);
  t.mock.timers.tick(900);
  post(2);
  t.mock.timers.tick(900);
  await settled();
  assert.deepEqual(sent, []);
  t.mock.timers.tick(100);
  await settled();
  assert.deepEqual(sent, [1, 2]);
  post(3);
  t.mock.timers.tick(1000);
  await settled();
  assert.deepEqual(sent, [1, 2, 3]);
});

test("events are posted one at a time", async (t) => {
  const first = Promise.withResolvers<null>();
  const { post, sent } = poster(t, async ({ n }) => (n === 1 ? await first.promise : null));
  post(1, 2);
  t.mock.timers.tick(1000);
  await settled();
  assert.deepEqual(sent, [1]);
  first.resolve(null);
  await settled();
  assert.deepEqual(sent, [1, 2]);
});

test("a flush posts at once what waits, ends when that is done, and leaves no timer behind", async (t) => {
  const { events, post, sent, sleeps } = poster(t, accepted);
  await events.flush();
  post(1, 2);
  await events.flush();
  assert.deepEqual(sent, [1, 2]);
  assert.deepEqual(
    sleeps.map((signal) => signal?.aborted),
    [true, true],
  );
});

test("a flush waits a second for a server that does not answer, and no longer", async (t) => {
  const { events, post, sent } = poster(t, () => new Promise(() => {}));
  post(1);
  let isOver = false;
  const flushed = events.flush().then(() => (isOver = true));
  t.mock.timers.tick(999);
  await settled();
  assert.equal(isOver, false);
  t.mock.timers.tick(1);
  await flushed;
  assert.deepEqual(sent, [1]);
});

test("of more than sixteen the oldest are dropped, and the log says so to who looks for it", async (t) => {
  const { events, post, sent, lines } = poster(t, accepted);
  post(...Array.from({ length: 18 }, (_, at) => at));
  await events.flush();
  assert.deepEqual(sent, [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17]);
  assert.deepEqual(
    lines,
    Array.from({ length: 2 }, () => "An Event is dropped: too many wait to be posted"),
  );
});

test("a refused event is told, and the next goes all the same", async (t) => {
  const refusal: Failure = { kind: "Forbidden", message: "no such right", retryAfterMs: 0 };
  const { events, post, sent, lines } = poster(t, async ({ n }) => (n === 1 ? refusal : null));
  post(1, 2);
  await events.flush();
  assert.deepEqual(sent, [1, 2]);
  assert.deepEqual(lines, ["An Event could not be posted no such right"]);
});
