// When a lease that somebody holds, held or cleared may be taken (rules 2, 7 and 8), and that nothing takes it sooner.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStory, unreachable, writesOf } from "./election-fixture.ts";
import { leaseAnnotations, type Lease } from "./lease-record.ts";

function heldBy(holder: string, durationSeconds = 15): Lease {
  return {
    metadata: { name: "bindy-leader" },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: durationSeconds,
      leaseTransitions: 3,
      acquireTime: "2020-01-01T00:00:00.000000Z",
      renewTime: "2020-01-01T00:00:00.000000Z",
    },
  };
}

test("a held lease is taken one full duration after its last change was received, however old its renewTime", () => {
  const story = createStory(heldBy("other"));
  const b = story.candidate("b");
  story.pass(14_999);
  assert.equal(b.leads(), false);
  assert.equal(b.says().reason, "Following");
  assert.equal(b.says().name, "other");
  story.pass(1);
  assert.equal(b.leads(), true);
  assert.equal(story.spec()["leaseTransitions"], 4);
});

test("every change begins the wait anew, a cleared holder too", () => {
  const story = createStory(heldBy("other"));
  const b = story.candidate("b");
  story.pass(10_000);
  story.store.edit((lease) => ({ ...lease, spec: { ...lease.spec, holderIdentity: "" } }));
  story.pass(14_999);
  assert.equal(b.leads(), false);
  assert.equal(b.says().reason, "Electing");
  story.pass(1);
  assert.equal(b.leads(), true);
});

test("a label that somebody adds is not a change", () => {
  const story = createStory(heldBy("other"));
  const b = story.candidate("b");
  story.pass(10_000);
  story.store.edit((lease) => ({ ...lease, metadata: { ...lease.metadata, labels: { a: "b" } } }));
  story.pass(5000);
  assert.equal(b.leads(), true);
});

test("the longest duration ever seen on the lease is waited out, and never forgotten", () => {
  const story = createStory(heldBy("other", 60));
  const b = story.candidate("b");
  story.pass(20_000);
  story.store.edit((lease) => ({ ...lease, spec: { ...lease.spec, leaseDurationSeconds: 5 } }));
  story.pass(59_999);
  assert.equal(b.leads(), false);
  story.pass(1);
  assert.equal(b.leads(), true);
});

test("our own duration counts too when the record's is shorter", () => {
  const story = createStory(heldBy("other", 1));
  const b = story.candidate("b");
  story.pass(14_999);
  assert.equal(b.leads(), false);
});

test("a wall clock that jumps or a suspend shortens no wait", () => {
  const story = createStory(heldBy("other"));
  const b = story.candidate("b");
  story.pass(5000);
  story.setWallClock(3_600_000);
  story.gain(3_600_000);
  story.pass(9999);
  assert.equal(b.leads(), false);
  story.pass(1);
  assert.equal(b.leads(), true);
});

test("a lease from an installation is taken at once, and at once only while nobody was ever seen to hold it", () => {
  const story = createStory();
  assert.equal(story.candidate("a").leads(), true);
  const again = createStory(heldBy("other"));
  const b = again.candidate("b");
  again.pass(1000);
  again.store.edit(({ metadata }) => ({
    metadata: { ...metadata, annotations: { [leaseAnnotations.createdEmpty]: "true" } },
  }));
  again.pass(14_999);
  assert.equal(b.leads(), false);
  again.pass(1);
  assert.equal(b.leads(), true);
});

for (const [what, spec] of [
  ["renewTime", { renewTime: "2020-01-01T00:00:00.000000Z" }],
  ["leaseTransitions", { leaseTransitions: 0 }],
] as const) {
  test(`created-empty means nothing beside a ${what}`, () => {
    const story = createStory({
      metadata: { name: "bindy-leader", annotations: { [leaseAnnotations.createdEmpty]: "true" } },
      spec,
    });
    assert.equal(story.candidate("a").leads(), false);
  });
}

test("a blind standby takes nothing, and after it sees again leaves the incumbent one grace, once", () => {
  const story = createStory(heldBy("other"));
  const b = story.candidate("b");
  story.pass(4000);
  b.link = "down";
  story.pass(60_000);
  assert.equal(writesOf(b.sent).length, 0);
  assert.equal(b.says().reason, "ApiServerUnreachable");
  b.link = "up";
  const before = story.now().waitMs;
  while (!b.leads() && story.now().waitMs < before + 30_000) story.pass(50);
  const tookMs = story.now().waitMs - before;
  // At most P until the next read, and then the grace of P + R/5 + 500 ms.
  assert.ok(tookMs >= 4500 && tookMs <= 6600, `${tookMs} ms`);
});

test("an incumbent that comes back within the grace keeps its lease", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  story.pass(5000);
  a.link = "down";
  b.link = "down";
  b.tell({
    type: "watch",
    id: b.state().requests.watch.underWay?.id ?? 0,
    news: { kind: "ended", failure: unreachable },
  });
  story.pass(60_000);
  assert.equal(a.leads(), false);
  a.link = "up";
  b.link = "up";
  story.pass(10_000);
  assert.equal(a.leads(), true);
  assert.equal(b.leads(), false);
});

test("a takeover is one CAS: two candidates at the same moment, one leader", () => {
  const story = createStory(heldBy("other"));
  const b = story.candidate("b");
  const c = story.candidate("c");
  story.pass(15_000);
  assert.notEqual(b.leads(), c.leads());
});

test("a candidate that has lost races takes the next released lease as soon as any other", () => {
  const story = createStory();
  let leader = story.candidate("a");
  const b = story.candidate("b");
  for (const winner of ["c", "d", "e", "f"]) {
    const next = story.candidate(winner);
    story.pass(100);
    b.link = "held";
    leader.tell({ type: "step-down" });
    assert.equal(next.leads(), true);
    assert.equal(b.pending[0]?.type, "write");
    b.conflict(b.pending[0]);
    b.serve(b.pending[0]);
    b.link = "up";
    leader.link = "down";
    leader = next;
  }
  leader.tell({ type: "step-down" });
  assert.equal(b.leads(), true);
});

test("an unanswered takeover is joined on a fresh socket after R/5, and never on a record that has changed since", () => {
  const story = createStory(heldBy("other"));
  const b = story.candidate("b");
  story.pass(14_000);
  b.link = "held";
  story.pass(3000);
  assert.deepEqual(
    writesOf(b.pending).map((write) => write.isOnFreshSocket),
    [false, true],
  );
  const again = createStory(heldBy("other"));
  const c = again.candidate("c");
  again.pass(14_000);
  c.link = "held";
  again.pass(1500);
  assert.equal(writesOf(c.pending).length, 1);
  again.store.edit((lease) => ({
    ...lease,
    spec: { ...lease.spec, renewTime: "2020-01-01T00:00:01.000000Z" },
  }));
  again.pass(10_000);
  assert.equal(writesOf(c.pending).length, 1, "the record has changed: its wait begins anew");
});
