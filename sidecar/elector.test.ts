// The driver: it performs what the election asks for, wakes it on time, and notes every promise that leaves the house.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock, Moment } from "../platform/clock.ts";
import { createLeaseStore, recordOf } from "../test/simulation/lease-store.ts";
import { createElector, type Elector } from "./elector.ts";
import { BrokenInvariantError } from "./election/assertions.ts";
import { defaultSettings, emptyLease, outcomeOfWrite } from "./election/election-fixture.ts";
import type { LeaseClient } from "./kubernetes/lease-client.ts";

interface HandClock extends Clock {
  pass(ms: number): void;
  /** What no clock does. */
  goBack(ms: number): void;
}

function createHandClock(): HandClock {
  let atMs = 100_000;
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  const now = (): Moment => ({ waitMs: atMs, actMs: atMs, wallMs: Date.UTC(2026, 0, 1) + atMs });
  return {
    now,
    schedule(delayMs, run) {
      const timer = { atMs: atMs + delayMs, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    sleep: () => Promise.resolve(),
    goBack(ms) {
      atMs -= ms;
    },
    pass(ms) {
      atMs += ms;
      for (const timer of timers) {
        if (timer.atMs > atMs) continue;
        timers.delete(timer);
        timer.run();
      }
    },
  };
}

function createStoreClient(): LeaseClient & { readonly store: ReturnType<typeof createLeaseStore> } {
  const store = createLeaseStore();
  store.create(emptyLease);
  return {
    store,
    async read() {
      const lease = store.read();
      return lease ? { kind: "found", record: recordOf(lease) } : { kind: "missing" };
    },
    async write(verb, lease) {
      const said = verb === "create" ? store.create(lease) : store.update(lease);
      return outcomeOfWrite(said);
    },
    watch: () => () => undefined,
    postEvent: async () => null,
    close: async () => undefined,
  };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

async function leading(): Promise<{
  elector: Elector;
  clock: HandClock;
  client: ReturnType<typeof createStoreClient>;
}> {
  const clock = createHandClock();
  const client = createStoreClient();
  const elector = createElector(defaultSettings("a"), client, clock, (error) => {
    throw error;
  });
  elector.start();
  await settled();
  assert.equal(elector.reason(), "Leading");
  return { elector, clock, client };
}

test("the name at / is ours only while it is true for as long as is asked, and that is a promise", async () => {
  const { elector, clock, client } = await leading();
  assert.equal(elector.holderName(2000), "a");
  assert.equal(elector.stepDown(), true);
  await settled();
  clock.pass(1999);
  await settled();
  assert.equal(client.store.read()?.spec?.["holderIdentity"], "a");
  clock.pass(10);
  await settled();
  assert.equal(client.store.read()?.spec?.["holderIdentity"], "");
  assert.equal(elector.stepDown(), false);
  assert.equal(elector.holderName(2000), "");
});

test("the name at / is not ours when it would be true for a moment only", async () => {
  const { elector } = await leading();
  assert.equal(elector.holderName(10_000), "");
  assert.equal(elector.holderName(9999), "a");
});

test("listeners hear of changes, not of questions, and no more after they left", async () => {
  const { elector, clock } = await leading();
  let heard = 0;
  const leave = elector.onChange(() => (heard += 1));
  for (let question = 0; question < 100; question += 1) elector.tell({ type: "asked", by: "plain" });
  assert.ok(heard <= 1, `${heard}`);
  clock.pass(2000);
  await settled();
  assert.ok(heard >= 1);
  leave();
  const before = heard;
  clock.pass(2000);
  await settled();
  assert.equal(heard, before);
});

test("a stopped elector hears nothing more", async () => {
  const { elector, clock } = await leading();
  await elector.stop();
  const before = elector.current();
  elector.tell({ type: "drain" });
  clock.pass(60_000);
  assert.equal(elector.current(), before);
});

test("a glance promises nothing: the lease can be given up at once after it", async () => {
  const { elector, client } = await leading();
  assert.equal(elector.peek().validForMs, 2000);
  assert.equal(elector.stepDown(), true);
  await settled();
  assert.equal(client.store.read()?.spec?.["holderIdentity"], "");
});

test("draining resolves `ended`", async () => {
  const { elector, clock } = await leading();
  elector.tell({ type: "drain" });
  await settled();
  clock.pass(2001);
  await elector.ended;
  assert.deepEqual(elector.current().stance, { kind: "ended", successor: "" });
});

test("a broken invariant crashes, and nothing is done or heard any more", async () => {
  const crashes: unknown[] = [];
  const clock = createHandClock();
  const client = createStoreClient();
  const elector = createElector(defaultSettings("a"), client, clock, (error) => {
    crashes.push(error);
    throw error;
  });
  elector.start();
  await settled();
  const before = elector.current();
  clock.goBack(60_000);
  const { resourceVersion } = client.store.read()?.metadata ?? {};
  assert.throws(() => elector.tell({ type: "woken" }), BrokenInvariantError);
  assert.match(String(crashes[0]), /the election is broken: a validity beyond the renew deadline/);
  elector.tell({ type: "drain" });
  assert.equal(crashes.length, 1);
  assert.equal(elector.current(), before);
  assert.equal(client.store.read()?.metadata.resourceVersion, resourceVersion);
});
