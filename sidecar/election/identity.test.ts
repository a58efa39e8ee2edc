// Rules 7, 9, 10 and 11: which record is ours, what our annotations mean in it, and what else in it is not ours to touch.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStory, type Story } from "./election-fixture.ts";
import { leaseAnnotations } from "./lease-record.ts";

/** What client-go does when it takes a lease or renews it: the whole spec, and not a word in the annotations. */
function takenByClientGo(story: Story, holder: string, transitions: number): void {
  story.store.edit((lease) => ({
    ...lease,
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: 15,
      leaseTransitions: transitions,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: `2026-01-01T00:00:00.00000${transitions % 10}Z`,
    },
  }));
}

test("a restarted sidecar takes its own lease up again with one CAS, as a new term", () => {
  const story = createStory();
  const a = story.candidate("a");
  const first = a.says();
  a.link = "held";
  const again = story.candidate("a", { processName: "again" });
  assert.equal(again.leads(), true);
  const second = again.says();
  assert.equal(second.term, first.term + 1);
  assert.ok(BigInt(second.fencingToken ?? 0) > BigInt(first.fencingToken ?? 0));
});

test("the same name with another uid is a stranger", () => {
  const story = createStory();
  story.candidate("a").link = "held";
  const namesake = story.candidate("a", { holderUid: "another", processName: "again" });
  story.pass(14_999);
  assert.equal(namesake.leads(), false);
  assert.equal(namesake.says().name, "", "our own name, but not our record");
  story.pass(1);
  assert.equal(namesake.leads(), true);
});

test("name and uid count for the first record read and for no later one", () => {
  const story = createStory();
  const other = story.candidate("other");
  const again = story.candidate("a");
  story.pass(1000);
  // Another process of this very pod, which cannot be: the record is a stranger's.
  other.link = "down";
  story.store.edit((lease) => ({
    ...lease,
    metadata: {
      ...lease.metadata,
      annotations: { [leaseAnnotations.term]: "ghost/7", [leaseAnnotations.holderUid]: "uid-of-a" },
    },
    spec: { ...lease.spec, holderIdentity: "a", leaseTransitions: 7 },
  }));
  story.pass(14_999);
  assert.equal(again.leads(), false);
  story.pass(1);
  assert.equal(again.leads(), true);
});

test("the first record read that has changed since is no longer taken up at once", () => {
  const story = createStory();
  story.candidate("a").link = "held";
  const again = story.candidate("a", { processName: "again", operatorTimeoutMs: 10_000 });
  story.pass(100);
  story.store.edit((lease) => ({
    ...lease,
    spec: { ...lease.spec, renewTime: "2026-02-01T00:00:00.000000Z" },
  }));
  again.openGate();
  assert.equal(again.leads(), false);
});

test("our name and uid in annotations that are not bound mean nothing", () => {
  const story = createStory();
  story.candidate("a").link = "held";
  takenByClientGo(story, "a", 9);
  const again = story.candidate("a", { processName: "again" });
  assert.equal(again.leads(), false);
});

test("a released mark that client-go's rewriting has kept frees nothing", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.tell({ type: "step-down" });
  assert.equal(story.annotations()[leaseAnnotations.released], "true");
  const b = story.candidate("b", { operatorTimeoutMs: 10_000 });
  takenByClientGo(story, "go", 2);
  takenByClientGo(story, "", 2);
  b.openGate();
  story.pass(5000);
  b.tell({ type: "asked", by: "gate" });
  assert.equal(b.leads(), false);
});

test("a leader that comes back after client-go took over does not write over it, its term id notwithstanding", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(1000);
  takenByClientGo(story, "a", 5);
  a.link = "up";
  story.pass(10_000);
  assert.equal(story.spec()["leaseTransitions"], 5);
  assert.equal(a.leads(), false);
});

test("after the largest number of transitions that a Lease can hold, they start anew, and the election goes on", () => {
  const story = createStory({
    metadata: { name: "bindy-leader" },
    spec: {
      holderIdentity: "other",
      leaseDurationSeconds: 15,
      leaseTransitions: 2 ** 31 - 1,
      renewTime: "x",
    },
  });
  const a = story.candidate("a");
  const b = story.candidate("b");
  story.pass(16_000);
  const [leader, other] = a.leads() ? [a, b] : [b, a];
  assert.deepEqual([leader.leads(), other.leads()], [true, false]);
  assert.equal(story.spec()["leaseTransitions"], 1);
  story.pass(4000);
  leader.tell({ type: "step-down" });
  story.pass(4000);
  assert.deepEqual([leader.leads(), other.leads(), story.spec()["leaseTransitions"]], [false, true, 2]);
});

test("every field that is not ours survives every write", () => {
  const story = createStory({
    metadata: {
      name: "bindy-leader",
      labels: { team: "dns" },
      ownerReferences: [{ name: "x" }],
      annotations: { [leaseAnnotations.createdEmpty]: "true", note: "keep" },
    },
    spec: { preferredHolder: "b" },
  });
  const a = story.candidate("a");
  story.pass(4000);
  a.tell({ type: "step-down" });
  const lease = story.store.read();
  assert.deepEqual(lease?.metadata["labels"], { team: "dns" });
  assert.deepEqual(lease?.metadata["ownerReferences"], [{ name: "x" }]);
  assert.equal(lease?.metadata.annotations?.["note"], "keep");
  assert.equal(lease?.spec?.["preferredHolder"], "b");
});

test("a lease with a strategy belongs to coordinated election: nobody campaigns, and a leader stops", () => {
  const story = createStory();
  const a = story.candidate("a");
  story.store.edit((lease) => ({ ...lease, spec: { ...lease.spec, strategy: "OldestEmulationVersion" } }));
  assert.equal(a.leads(), false);
  assert.equal(a.says().reason, "CoordinatedElection");
  const version = story.store.read()?.metadata.resourceVersion;
  story.pass(60_000);
  assert.equal(story.store.read()?.metadata.resourceVersion, version);
  story.store.edit(({ spec, ...lease }) => {
    const { strategy: _gone, ...rest } = spec ?? {};
    return { ...lease, spec: rest };
  });
  story.pass(20_000);
  assert.equal(a.leads(), true);
});

test("tokens grow from term to term, across a deletion too, and stay within a term", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  const tokens: bigint[] = [];
  const note = (): void => {
    const leader = [a, b].find((one) => one.leads());
    tokens.push(BigInt(leader?.says().fencingToken ?? -1));
  };
  note();
  story.pass(10_000);
  note();
  assert.equal(tokens[0], tokens[1]);
  a.tell({ type: "step-down" });
  // What note() asked was a promise, which must run out first.
  story.pass(10_100);
  note();
  b.link = "down";
  story.store.remove();
  story.pass(40_000);
  note();
  assert.ok((tokens[2] ?? 0n) > (tokens[1] ?? 0n));
  assert.ok((tokens[3] ?? 0n) > (tokens[2] ?? 0n));
});

test("a change that comes at the very same moment as the first reading is still a change", () => {
  const story = createStory();
  story.candidate("a").link = "held";
  const again = story.candidate("a", { processName: "again", operatorTimeoutMs: 10_000 });
  takenByClientGo(story, "go", 9);
  again.openGate();
  assert.equal(again.leads(), false);
});
