// Moments: what a suspend, a jump of the wall clock and the coarse grain of boot time do to each of the two counts.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createMoments, createSystemClock, type Moment } from "./clock.ts";

function createHand(): {
  now: () => Moment;
  pass(ms: number): void;
  suspend(ms: number): void;
  set(ms: number): void;
} {
  let monotonicMs = 1000;
  let bootMs = 7000;
  let wallMs = 1e12;
  return {
    now: createMoments(() => ({ monotonicMs, bootMs: Math.floor(bootMs / 10) * 10, wallMs })),
    pass(ms) {
      monotonicMs += ms;
      bootMs += ms;
      wallMs += ms;
    },
    suspend(ms) {
      bootMs += ms;
      wallMs += ms;
    },
    set(ms) {
      wallMs += ms;
    },
  };
}

/** How far both counts have moved while `work` was done. */
function moved(hand: ReturnType<typeof createHand>, work: () => void): { waitMs: number; actMs: number } {
  const before = hand.now();
  work();
  const after = hand.now();
  return { waitMs: after.waitMs - before.waitMs, actMs: after.actMs - before.actMs };
}

test("time that passes moves both counts alike, up to the grain of boot time", () => {
  const hand = createHand();
  const { waitMs, actMs } = moved(hand, () => {
    for (let turn = 0; turn < 10_000; turn += 1) {
      hand.pass(1.7);
      hand.now();
    }
  });
  assert.ok(Math.abs(waitMs - 17_000) < 0.001);
  assert.ok(actMs - waitMs >= 0 && actMs - waitMs <= 20, `${actMs - waitMs} ms`);
});

test("a suspend moves what ends a right to act, and no wait", () => {
  const hand = createHand();
  const { waitMs, actMs } = moved(hand, () => hand.suspend(60_000));
  assert.equal(waitMs, 0);
  assert.ok(actMs >= 59_990 && actMs <= 60_020);
});

test("a suspend that boot time alone shows counts too", () => {
  const hand = createHand();
  const { actMs } = moved(hand, () => {
    hand.suspend(60_000);
    hand.set(-60_000);
  });
  assert.ok(actMs >= 59_990);
});

test("a wall clock set forward moves the right to act on; set back it gives nothing back", () => {
  const hand = createHand();
  const forward = moved(hand, () => hand.set(3_600_000));
  assert.equal(forward.waitMs, 0);
  assert.equal(forward.actMs, 3_600_000);
  const back = moved(hand, () => {
    hand.set(-7_200_000);
    hand.pass(10);
  });
  assert.equal(back.waitMs, 10);
  assert.ok(back.actMs >= 10 && back.actMs <= 30);
});

test("after a wall clock was set back, a later suspend is still seen", () => {
  const hand = createHand();
  hand.set(-3_600_000);
  hand.now();
  const { actMs } = moved(hand, () => hand.suspend(5000));
  assert.ok(actMs >= 4990);
});

test("property: the act count never goes back and is never behind the wait count's progress", () => {
  const move = fc.record({
    what: fc.constantFrom("pass", "suspend", "set"),
    ms: fc.integer({ min: 0, max: 100_000 }),
    isBack: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const hand = createHand();
      let last = hand.now();
      for (const { what, ms, isBack } of moves) {
        if (what === "pass") hand.pass(ms);
        else if (what === "suspend") hand.suspend(ms);
        else hand.set(isBack ? -ms : ms);
        const now = hand.now();
        assert.ok(now.actMs - last.actMs >= now.waitMs - last.waitMs - 1e-6);
        last = now;
      }
    }),
  );
});

test("the clock of this machine runs, calls back, and can be called off", async () => {
  const clock = createSystemClock();
  const before = clock.now();
  let called = 0;
  clock.schedule(1, () => (called += 1));
  clock.schedule(1, () => (called += 100))();
  clock.schedule(-5, () => (called += 1));
  // Longer than a timer can be: it must not fire at once.
  const cancel = clock.schedule(2 ** 40, () => (called += 1000));
  await clock.sleep(30);
  cancel();
  assert.equal(called, 2);
  const after = clock.now();
  assert.ok(after.waitMs > before.waitMs && after.actMs > before.actMs);
});

test("a sleep ends early, and in peace, when its signal aborts", async () => {
  const clock = createSystemClock();
  const abort = new AbortController();
  const sleeping = clock.sleep(600_000, abort.signal);
  abort.abort();
  await sleeping;
  await clock.sleep(600_000, abort.signal);
});
