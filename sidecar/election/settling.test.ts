// Rule 8: nobody can know whether a missing lease was deleted a moment ago, so the pod that creates it settles before it leads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStory, writesOf } from "./election-fixture.ts";
import { leaseAnnotations } from "./lease-record.ts";
import { incumbentGraceMs } from "./settings.ts";

test("a newcomer that creates the lease holds it at once and leads a full duration later", () => {
  const story = createStory(null);
  const a = story.candidate("a");
  assert.equal(story.spec()["holderIdentity"], "a");
  assert.equal(story.annotations()[leaseAnnotations.settling], "true");
  assert.equal(a.says().reason, "Settling");
  assert.equal(a.says().name, "");
  story.pass(14_999);
  assert.equal(a.leads(), false);
  assert.equal(story.annotations()[leaseAnnotations.settling], "true", "renewals keep the word");
  story.pass(1);
  assert.equal(a.leads(), true);
  assert.equal(story.annotations()[leaseAnnotations.settling], undefined);
});

test("an incumbent whose lease is deleted goes on, and takes the word out at once", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  story.pass(3000);
  const before = a.says();
  story.store.remove();
  assert.equal(a.leads(), true);
  assert.equal(b.leads(), false);
  story.pass(10);
  assert.equal(story.spec()["holderIdentity"], "a");
  assert.equal(story.annotations()[leaseAnnotations.settling], undefined);
  assert.equal(a.says().fencingToken, before.fencingToken);
  story.pass(30_000);
  assert.equal(a.leads(), true);
});

test("an incumbent whose validity has lapsed when the answer comes settles like anybody else", () => {
  const story = createStory();
  const a = story.candidate("a");
  story.pass(4000);
  a.link = "held";
  story.store.remove();
  const create = writesOf(a.pending)[0];
  story.pass(10_500);
  a.link = "up";
  a.serve(create);
  assert.equal(a.leads(), false);
  assert.equal(a.says().reason, "Settling");
  story.pass(14_000);
  assert.equal(a.leads(), false);
  story.pass(1100);
  assert.equal(a.leads(), true);
});

test("a standby that has seen a holder leaves a deleted lease to it, though it learns of the deletion first", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  story.pass(3000);
  const before = a.says();
  // Nothing tells the incumbent but its next renewal.
  a.link = "watch-forbidden";
  story.store.remove();
  assert.equal(b.state().observation?.record, null, "it knows");
  story.pass(2100);
  assert.equal(story.spec()["holderIdentity"], "a");
  assert.equal(a.leads(), true);
  assert.equal(a.says().fencingToken, before.fencingToken);
});

test("a newcomer that creates it first makes the incumbent stop, and settles while that may still be valid", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  story.pass(3000);
  a.link = "held";
  story.store.remove();
  story.pass(incumbentGraceMs(b.settings) - 1);
  assert.equal(story.store.read(), null, "it is the incumbent's to put back");
  story.pass(1);
  assert.equal(story.spec()["holderIdentity"], "b");
  assert.equal(b.leads(), false);
  story.pass(14_999);
  assert.equal(b.leads(), false);
  assert.equal(a.leads(), false);
  story.pass(1);
  assert.equal(b.leads(), true);
});

test("who takes up or is handed a settling record settles anew", () => {
  const story = createStory(null);
  const a = story.candidate("a");
  const b = story.candidate("b");
  story.pass(10_000);
  a.link = "down";
  story.pass(15_000);
  assert.equal(story.spec()["holderIdentity"], "b");
  assert.equal(b.leads(), false);
  assert.equal(b.says().reason, "Settling");
  story.pass(15_000);
  assert.equal(b.leads(), true);
});

test("a restarted sidecar that finds its own settling record settles anew", () => {
  const story = createStory(null);
  story.candidate("a").link = "down";
  story.pass(5000);
  const again = story.candidate("a", { processName: "again" });
  assert.equal(again.leads(), false);
  story.pass(14_999);
  assert.equal(again.leads(), false);
  story.pass(1);
  assert.equal(again.leads(), true);
});

test("a release while settling carries no mark, and is waited out", () => {
  const story = createStory(null);
  const a = story.candidate("a");
  const b = story.candidate("b");
  story.pass(10_000);
  a.tell({ type: "step-down" });
  assert.equal(story.spec()["holderIdentity"], "");
  assert.equal(story.annotations()[leaseAnnotations.released], undefined);
  story.pass(14_999);
  assert.equal(story.spec()["holderIdentity"], "");
  story.pass(1);
  assert.notEqual(story.spec()["holderIdentity"], "");
  assert.equal(a.leads() || b.leads(), false, "the word is still in the record");
});

test("who creates the lease goes on from the transitions it last saw", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  a.tell({ type: "step-down" });
  story.pass(10);
  const before = Number(story.spec()["leaseTransitions"]);
  b.link = "down";
  a.tell({ type: "woken" });
  story.store.remove();
  story.pass(incumbentGraceMs(a.settings));
  assert.equal(story.spec()["holderIdentity"], "a");
  assert.ok(Number(story.spec()["leaseTransitions"]) > before);
});

test("a lease that is put back keeps other people's labels and annotations, as they were last seen", () => {
  const story = createStory({
    metadata: {
      name: "bindy-leader",
      labels: { "app.kubernetes.io/managed-by": "Helm" },
      annotations: { [leaseAnnotations.createdEmpty]: "true", "meta.helm.sh/release-name": "bindy" },
    },
  });
  const a = story.candidate("a");
  story.candidate("b");
  story.pass(3000);
  story.store.edit((lease) => ({
    ...lease,
    metadata: { ...lease.metadata, labels: { "app.kubernetes.io/managed-by": "Helm", team: "dns" } },
  }));
  story.pass(3000);
  const before = a.says();
  story.store.remove();
  story.pass(10);
  assert.deepEqual([a.leads(), a.says().fencingToken], [true, before.fencingToken]);
  assert.deepEqual(story.store.read()?.metadata["labels"], {
    "app.kubernetes.io/managed-by": "Helm",
    team: "dns",
  });
  assert.equal(story.annotations()["meta.helm.sh/release-name"], "bindy");
  assert.equal(story.annotations()[leaseAnnotations.createdEmpty], undefined);
});
