// Rule 1: only the sight of a write of our own makes us valid, and that from before it was sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStory, writesOf } from "./election-fixture.ts";
import { recordOf } from "../../test/model/lease-store.ts";

test("validity is counted from before the request, however late its answer comes", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(2000);
  const renewal = a.pending[0];
  story.pass(1500);
  a.serve(renewal);
  // 10 s from the renewal's sending, 1.5 s of which are gone.
  assert.equal(a.says().validForMs, 8500);
});

test("a lost answer costs nothing once a watch or a GET shows the record", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(2000);
  a.commit(a.pending[0]);
  assert.equal(a.says().validForMs, 10_000, "the watch has shown the renewal");
});

test("a 200 whose body shows another's record ends the leadership", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(2000);
  const write = writesOf(a.pending)[0];
  assert.ok(write);
  const lease = story.store.read();
  assert.ok(lease);
  const foreign = {
    ...lease,
    metadata: { ...lease.metadata, resourceVersion: "9999" },
    spec: { ...lease.spec, holderIdentity: "somebody" },
  };
  a.tell({ type: "write", id: write.id, outcome: { kind: "written", record: recordOf(foreign) } });
  assert.equal(a.leads(), false);
});

test("a 200 that shows an old record of ours extends nothing", () => {
  const story = createStory();
  const a = story.candidate("a");
  const old = story.store.read();
  assert.ok(old);
  a.link = "held";
  story.pass(5000);
  const write = writesOf(a.pending)[0];
  assert.ok(write);
  a.tell({ type: "write", id: write.id, outcome: { kind: "written", record: recordOf(old) } });
  assert.equal(a.says().validForMs, 5000);
});

test("validity ends by itself, and a suspend or a clock set forward ends it sooner", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(9999);
  assert.equal(a.leads(), true);
  story.pass(1);
  assert.equal(a.leads(), false);
  const other = createStory();
  const b = other.candidate("b");
  other.gain(10_000);
  assert.equal(b.leads(), false);
  assert.equal(b.says().isLeader, false);
});

test("what has lapsed comes back only by a new write, and under the same token", () => {
  const story = createStory();
  const a = story.candidate("a");
  const { fencingToken } = a.says();
  a.link = "down";
  story.pass(12_000);
  assert.equal(a.leads(), false);
  a.link = "up";
  story.pass(2000);
  assert.equal(a.says().fencingToken, fencingToken);
  assert.equal(a.leads(), true);
});

test("renewTime grows strictly, whatever the wall clock does", () => {
  const story = createStory();
  const a = story.candidate("a");
  for (const jumpMs of [0, -3_600_000, 500, -86_400_000, 0, 3_600_000, -1]) {
    story.setWallClock(jumpMs);
    story.pass(2000);
  }
  const times = writesOf(a.sent).map((write) => String(write.lease.spec?.["renewTime"]));
  assert.ok(times.length > 5);
  assert.deepEqual(times, [...new Set(times)].toSorted());
  assert.match(times[0] ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test("a renewal left unanswered for R/5 is joined by one on a fresh socket, and so on, five at a time at most", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(3999);
  assert.deepEqual(
    writesOf(a.pending).map((write) => write.isOnFreshSocket),
    [false],
  );
  story.pass(8000);
  assert.deepEqual(
    writesOf(a.pending).map((write) => write.isOnFreshSocket),
    [false, true, true, true, true],
  );
  story.pass(10_000);
  assert.equal(writesOf(a.pending).length, 5);
});

test("the first attempt's own sending counts, however late its answer", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(9000);
  a.serve(a.pending[0]);
  assert.equal(a.says().validForMs, 3000, "7 s ago");
});

test("a leader whose renewals go to a server that hangs stays so if one of five goes to another", () => {
  const story = createStory();
  const a = story.candidate("a");
  const { fencingToken } = a.says();
  a.link = "held";
  // Sent 2, 4, 6 and 8 s after the last that was answered: the fourth is the last that is answered before it is too late.
  story.pass(8000);
  const pending = writesOf(a.pending);
  assert.equal(pending.length, 4);
  a.serve(pending[3]);
  assert.equal(a.says().validForMs, 10_000);
  assert.equal(a.says().fencingToken, fencingToken);
  a.link = "up";
  for (const late of pending.slice(0, 3)) a.fail(late);
  story.pass(30_000);
  assert.equal(a.says().fencingToken, fencingToken);
});

test("a record older than the last acknowledged write is not believed, whether a read, a watch or a write brings it", () => {
  const story = createStory();
  const a = story.candidate("a");
  const old = story.store.read();
  assert.ok(old);
  story.pass(4000);
  const stolen = { ...old, spec: { ...old.spec, holderIdentity: "somebody" } };
  a.tell({
    type: "watch",
    id: a.state().requests.watch.underWay?.id ?? 0,
    news: { kind: "changed", record: recordOf(stolen) },
  });
  assert.equal(a.leads(), true);
});

test("a GET sent afterwards is the truth, even with a smaller resourceVersion", () => {
  const story = createStory();
  const a = story.candidate("a");
  story.pass(4000);
  a.link = "held";
  a.tell({
    type: "watch",
    id: a.state().requests.watch.underWay?.id ?? 0,
    news: { kind: "ended", failure: null },
  });
  const read = a.pending.find((action) => action.type === "read");
  const lease = story.store.read();
  assert.ok(read && lease);
  const restored = {
    ...lease,
    metadata: { ...lease.metadata, resourceVersion: "5" },
    spec: { ...lease.spec, holderIdentity: "somebody" },
  };
  a.tell({ type: "read", id: read.id, outcome: { kind: "found", record: recordOf(restored) } });
  assert.equal(a.leads(), false);
});

test("after a conflict nothing is written before the lease was read, and our own record goes on", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(2000);
  story.store.edit((lease) => ({ ...lease, metadata: { ...lease.metadata, labels: { a: "b" } } }));
  a.conflict(a.pending[0]);
  assert.deepEqual(
    a.pending.map((action) => action.type),
    ["read"],
  );
  a.serve(a.pending[0]);
  assert.equal(a.leads(), true);
  a.serve(a.pending[0]);
  assert.equal(a.says().validForMs, 10_000);
});
