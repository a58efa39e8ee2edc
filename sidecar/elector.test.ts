// The driver: it performs what the election asks for, wakes it on time, and notes every promise that leaves the house.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createHandClock, settle, type HandClock } from "../test/kit/hand-clock.ts";
import { createLeaseStore, recordOf } from "../test/model/lease-store.ts";
import { createElector, type Elector } from "./elector.ts";
import { BrokenInvariantError } from "../platform/broken-invariant.ts";
import { defaultSettings, emptyLease, outcomeOfWrite } from "./election/election-fixture.ts";
import type { LeaseClient } from "./kubernetes/lease-client.ts";

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
    labelPod: async () => null,
    close: async () => undefined,
  };
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
  await settle();
  assert.equal(elector.reason(), "Leading");
  return { elector, clock, client };
}

test("the name at / is ours only while it is true for as long as is asked, and that is a promise", async () => {
  const { elector, clock, client } = await leading();
  assert.equal(elector.holderName(2000), "a");
  assert.equal(elector.stepDown(), true);
  await settle();
  await clock.advance(1999);
  assert.equal(client.store.read()?.spec?.["holderIdentity"], "a");
  await clock.advance(10);
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
  await clock.advance(2000);
  assert.ok(heard >= 1);
  leave();
  const before = heard;
  await clock.advance(2000);
  assert.equal(heard, before);
});

test("a stopped elector hears nothing more", async () => {
  const { elector, clock } = await leading();
  await elector.stop();
  const before = elector.current();
  elector.tell({ type: "drain" });
  await clock.advance(60_000);
  assert.equal(elector.current(), before);
});

test("a glance promises nothing: the lease can be given up at once after it", async () => {
  const { elector, client } = await leading();
  assert.equal(elector.peek().validForMs, 2000);
  assert.equal(elector.stepDown(), true);
  await settle();
  assert.equal(client.store.read()?.spec?.["holderIdentity"], "");
});

test("draining resolves `ended`", async () => {
  const { elector, clock } = await leading();
  elector.tell({ type: "drain" });
  await settle();
  await clock.advance(2001);
  await elector.ended;
  assert.deepEqual(elector.current().stance, { kind: "ended", successor: "" });
});

test("a broken invariant crashes, and nothing is done or heard any more", async () => {
  const crashes: unknown[] = [];
  const hand = createHandClock();
  let gainMs = 60_000;
  // Its right to act is counted by a clock that goes back, which none does.
  const clock = { ...hand, now: () => ({ ...hand.now(), actMs: hand.now().actMs + gainMs }) };
  const client = createStoreClient();
  const elector = createElector(defaultSettings("a"), client, clock, (error) => {
    crashes.push(error);
    throw error;
  });
  elector.start();
  await settle();
  const before = elector.current();
  gainMs = 0;
  const { resourceVersion } = client.store.read()?.metadata ?? {};
  assert.throws(() => elector.tell({ type: "woken" }), BrokenInvariantError);
  assert.match(String(crashes[0]), /the election is broken: a validity beyond the renew deadline/);
  elector.tell({ type: "drain" });
  assert.equal(crashes.length, 1);
  assert.equal(elector.current(), before);
  assert.equal(client.store.read()?.metadata.resourceVersion, resourceVersion);
});
