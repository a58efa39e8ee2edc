// The lease follows the operator: what counts as a sign of life, what its silence and its end lead to, and what a stall
// of our own excuses.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Moment } from "../../platform/clock.ts";
import { createStory, writesOf } from "./election-fixture.ts";
import type { Election, ElectionEvent } from "./election.ts";
import type { ElectionSettings } from "./settings.ts";
import { isGateForsaken } from "./presence.ts";
import { step } from "./step.ts";

const coupled = { operatorTimeoutMs: 10_000 };

test("a sidecar whose operator never asked does not campaign", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  story.pass(60_000);
  assert.equal(writesOf(a.sent).length, 0);
  assert.equal(a.says().reason, "WaitingForOperator");
  a.tell({ type: "asked", by: "gate" });
  assert.equal(a.leads(), true);
});

test("plain questions count until a gate was seen, and never after it", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.tell({ type: "asked", by: "plain" });
  assert.equal(a.leads(), true);
  a.openGate();
  a.tell({ type: "gate-ended", by: "peer" });
  assert.equal(a.leads(), false);
  for (let second = 0; second < 60; second += 1) {
    a.tell({ type: "asked", by: "plain" });
    story.pass(1000);
  }
  assert.equal(a.leads(), false);
  assert.equal(a.says().reason, "WaitingForOperator");
});

test("a silent operator loses the lease after its timeout, and the promises run out first", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.openGate();
  const b = story.candidate("b");
  story.pass(4000);
  a.tell({ type: "asked", by: "gate" });
  a.says("gate");
  story.pass(9999);
  assert.equal(a.leads(), true);
  story.pass(1);
  assert.equal(a.leads(), false);
  assert.equal(a.says().reason, "OperatorSilent");
  story.pass(1000);
  assert.equal(b.leads(), true);
});

test("an end that the sidecar caused leaves the operator present for the rest of its timeout", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.openGate();
  story.pass(4000);
  a.tell({ type: "asked", by: "gate" });
  a.tell({ type: "gate-ended", by: "sidecar" });
  story.pass(9999);
  assert.equal(a.leads(), true);
  story.pass(1);
  assert.equal(a.leads(), false);
});

test("a gate that gives back because the validity has lapsed leaves its operator present", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.openGate();
  const b = story.candidate("b");
  a.link = "down";
  b.link = "down";
  for (let second = 0; second < 12; second += 1) {
    a.tell({ type: "asked", by: "gate" });
    story.pass(1000);
  }
  assert.equal(a.leads(), false);
  a.tell({ type: "gate-ended", by: "peer" });
  assert.equal(a.state().promises.gateUntilMs, 0, "given back it is");
  story.pass(20);
  a.openGate();
  a.link = "up";
  b.link = "up";
  story.pass(3000);
  assert.deepEqual([a.leads(), b.leads()], [true, false]);
  assert.equal(story.spec()["leaseTransitions"], 1);
});

test("an operator that dies while the validity has lapsed is found silent after its timeout", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.openGate();
  story.pass(4000);
  a.tell({ type: "asked", by: "gate" });
  story.gain(11_000);
  a.tell({ type: "gate-ended", by: "peer" });
  story.pass(9999);
  assert.equal(a.leads(), true);
  story.pass(1);
  assert.equal(a.leads(), false);
  assert.equal(story.spec()["holderIdentity"], "");
});

test("without coupling nothing about the operator matters", () => {
  const story = createStory();
  const a = story.candidate("a", { operatorTimeoutMs: 0 });
  a.openGate();
  a.tell({ type: "gate-ended", by: "peer" });
  story.pass(3_600_000);
  assert.equal(a.leads(), true);
});

test("after a stall of its own the sidecar gives the gate 200 ms to be heard", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.openGate();
  a.link = "held";
  // The process stands still: nobody wakes it while this time passes.
  const { wakeAtMs } = a.state();
  story.pass(wakeAtMs - story.now().waitMs - 1);
  const before = story.now();
  const late = { ...before, waitMs: before.waitMs + 12_000, actMs: before.actMs + 12_000 };
  const asked = stepAt(a.state(), { type: "woken" }, late, a.settings);
  assert.equal(asked.stance.kind, "campaigning", "it may have asked; nobody has looked yet");
  const still = stepAt(asked, { type: "woken" }, { ...late, waitMs: late.waitMs + 199 }, a.settings);
  assert.equal(still.stance.kind, "campaigning");
  const silent = stepAt(asked, { type: "woken" }, { ...late, waitMs: late.waitMs + 200 }, a.settings);
  assert.equal(silent.stance.kind, "stepping-down");
  const heard = stepAt(
    asked,
    { type: "asked", by: "gate" },
    { ...late, waitMs: late.waitMs + 199 },
    a.settings,
  );
  const later = stepAt(heard, { type: "woken" }, { ...late, waitMs: late.waitMs + 400 }, a.settings);
  assert.equal(later.stance.kind, "campaigning");
});

test("an operator that dies while the lease is only sought gives it back as soon as it came", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.link = "held";
  a.openGate();
  const acquisition = writesOf(a.pending)[0];
  a.tell({ type: "gate-ended", by: "peer" });
  a.link = "up";
  a.serve(acquisition);
  assert.equal(a.leads(), false);
  assert.equal(story.spec()["holderIdentity"], "");
});

test("the operator that comes back after silence leads again, once the rest is over", () => {
  const story = createStory();
  const a = story.candidate("a", coupled);
  a.openGate();
  a.tell({ type: "gate-ended", by: "peer" });
  story.pass(1000);
  a.openGate();
  for (let second = 0; second < 16; second += 1) {
    a.tell({ type: "asked", by: "gate" });
    story.pass(1000);
  }
  assert.equal(a.leads(), true);
});

test("a silent gate is forsaken once its operator is absent and its promise is over, and not before either", () => {
  const story = createStory();
  const a = story.candidate("a", { operatorTimeoutMs: 4000 });
  a.openGate();
  story.pass(1000);
  a.tell({ type: "asked", by: "gate" });
  a.says("gate");
  const { gateUntilMs } = a.state().promises;
  const at = (waitMs: number): boolean =>
    isGateForsaken(a.state().presence, a.state().promises.gateUntilMs, waitMs, a.settings);
  const askedMs = story.now().waitMs;
  assert.ok(gateUntilMs > askedMs + 4000);
  assert.deepEqual([at(askedMs + 4000), at(gateUntilMs - 1), at(gateUntilMs)], [false, false, true]);
  story.pass(9000);
  a.tell({ type: "asked", by: "gate" });
  assert.equal(at(story.now().waitMs + 3999), false, "it speaks again");
  assert.equal(at(story.now().waitMs + 4000), true);
  a.tell({ type: "gate-ended", by: "sidecar" });
  assert.equal(at(story.now().waitMs + 60_000), false, "there is none any more");
});

test("a gate is not forsaken while its first answer, one that anybody gets, still holds", () => {
  const story = createStory();
  const a = story.candidate("a", { operatorTimeoutMs: 1000 });
  a.openGate();
  const askedMs = story.now().waitMs;
  const at = (waitMs: number): boolean => isGateForsaken(a.state().presence, 0, waitMs, a.settings);
  assert.deepEqual([at(askedMs + 1000), at(askedMs + 1999), at(askedMs + 2000)], [false, false, true]);
});

test("without coupling a gate is forsaken after a silence of the renew deadline", () => {
  const story = createStory();
  const a = story.candidate("a", { operatorTimeoutMs: 0 });
  a.openGate();
  const at = (waitMs: number): boolean => isGateForsaken(a.state().presence, 0, waitMs, a.settings);
  const askedMs = story.now().waitMs;
  const { renewDeadlineMs } = a.settings;
  assert.deepEqual([at(askedMs + renewDeadlineMs - 1), at(askedMs + renewDeadlineMs)], [false, true]);
});

function stepAt(election: Election, event: ElectionEvent, now: Moment, settings: ElectionSettings): Election {
  return step(election, event, now, settings).election;
}
