// Rule 6: nothing lets another candidate in before every promise has run out or was given back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStory, writesOf, type Candidate, type Story } from "./election-fixture.ts";
import { leaseAnnotations } from "./lease-record.ts";
import { answer } from "./answer.ts";
import { validityEndMs } from "./term.ts";

function leaderAndStandby(): { story: Story; a: Candidate; b: Candidate } {
  const story = createStory();
  const a = story.candidate("a", { operatorTimeoutMs: 10_000 });
  a.openGate();
  const b = story.candidate("b");
  assert.equal(a.leads(), true);
  return { story, a, b };
}

/** Until `what`, in steps of a millisecond, asking the gate's question on the way. */
function msUntil(story: Story, what: () => boolean): number {
  const start = story.now().waitMs;
  while (!what()) {
    story.pass(1);
    assert.ok(story.now().waitMs < start + 60_000, "it never happened");
  }
  return story.now().waitMs - start;
}

test("a step-down with nothing promised hands over at once", () => {
  const { story, a, b } = leaderAndStandby();
  a.tell({ type: "step-down" });
  assert.equal(a.says().isLeader, false);
  assert.equal(a.says().reason, "SteppedDown");
  story.pass(0);
  assert.equal(b.leads(), true);
});

test("the gate's promise holds the release up until it has run out", () => {
  const { story, a, b } = leaderAndStandby();
  story.pass(500);
  assert.equal(a.says("gate").validForMs, 9500);
  a.tell({ type: "step-down" });
  const tookMs = msUntil(story, () => b.leads());
  assert.ok(tookMs >= 9500 && tookMs <= 9510, `${tookMs} ms`);
});

test("the gate's promise is given back by the end of its connection from its own side", () => {
  const { story, a, b } = leaderAndStandby();
  a.says("gate");
  a.tell({ type: "gate-ended", by: "peer" });
  assert.equal(a.says().reason, "OperatorSilent");
  story.pass(0);
  assert.equal(b.leads(), true);
});

test("an end that the sidecar caused gives nothing back", () => {
  const { story, a, b } = leaderAndStandby();
  a.says("gate");
  a.tell({ type: "gate-ended", by: "sidecar" });
  a.tell({ type: "step-down" });
  const tookMs = msUntil(story, () => b.leads());
  assert.ok(tookMs >= 10_000, `${tookMs} ms`);
});

test("the end of the next gate does not give back what was promised on the connection before", () => {
  const { story, a, b } = leaderAndStandby();
  a.says("gate");
  a.tell({ type: "gate-ended", by: "sidecar" });
  a.tell({ type: "gate-opened" });
  a.says("gate");
  a.tell({ type: "gate-ended", by: "peer" });
  const tookMs = msUntil(story, () => b.leads());
  assert.ok(tookMs >= 10_000, `${tookMs} ms`);
});

test("a plain answer promises two seconds at most, and nobody gives them back", () => {
  const { story, a, b } = leaderAndStandby();
  assert.equal(a.says("plain").validForMs, 2000);
  a.tell({ type: "gate-ended", by: "peer" });
  const tookMs = msUntil(story, () => b.leads());
  assert.ok(tookMs >= 2000 && tookMs <= 2010, `${tookMs} ms`);
});

test("a clock that jumps ends no promise that was given to somebody else", () => {
  const { story, a, b } = leaderAndStandby();
  a.says("gate");
  a.tell({ type: "step-down" });
  story.gain(3_600_000);
  story.pass(9000);
  assert.equal(b.leads(), false);
});

test("nothing is promised once stepping down, and a renewal under way revives nothing", () => {
  const { story, a } = leaderAndStandby();
  a.link = "held";
  story.pass(2000);
  a.tell({ type: "step-down" });
  a.serve(a.pending[0]);
  assert.equal(a.leads(), false);
  assert.equal(a.says().validForMs, 0);
});

test("no write sent before a release revives the validity, even when the release fails", () => {
  const { story, a } = leaderAndStandby();
  a.link = "held";
  story.pass(2000);
  a.tell({ type: "step-down" });
  const release = writesOf(a.pending).find((write) => write.lease.spec?.["holderIdentity"] === "");
  assert.ok(release);
  a.fail(release);
  a.serve(a.pending[0]);
  assert.equal(validityEndMs(a.state().term), story.now().actMs);
  assert.equal(a.leads(), false);
});

test("a release that fails is tried again, until the lease has run out anyway", () => {
  const { story, a, b } = leaderAndStandby();
  b.link = "down";
  a.link = "down";
  a.tell({ type: "step-down" });
  story.pass(14_000);
  const releases = writesOf(a.sent).filter((write) => write.lease.spec?.["holderIdentity"] === "");
  assert.ok(releases.length >= 5 && releases.length <= 40, `${releases.length} releases`);
  assert.equal(a.state().stance.kind, "stepping-down");
  story.pass(2000);
  assert.equal(a.state().stance.kind, "resting");
});

test("a release keeps the transitions, empties the holder, and carries a bound mark", () => {
  const { story, a } = leaderAndStandby();
  const before = Number(story.spec()["leaseTransitions"]);
  const [last] = writesOf(a.sent);
  a.tell({ type: "step-down" });
  const release = writesOf(a.sent).find((write) => write.lease.spec?.["holderIdentity"] === "");
  assert.equal(release?.lease.spec?.["leaseTransitions"], before);
  assert.equal(release?.lease.metadata.annotations?.[leaseAnnotations.released], "true");
  assert.equal(
    release?.lease.metadata.annotations?.[leaseAnnotations.term],
    last?.lease.metadata.annotations?.[leaseAnnotations.term],
  );
  // And who takes it over takes the mark out.
  assert.equal(story.annotations()[leaseAnnotations.released], undefined);
});

test("who stepped down sits out until another has held the lease, and a full duration if nobody does", () => {
  const { story, a, b } = leaderAndStandby();
  a.tell({ type: "step-down" });
  story.pass(100);
  assert.equal(b.leads(), true);
  a.tell({ type: "woken" });
  assert.equal(a.state().stance.kind, "campaigning");
  const alone = createStory();
  const c = alone.candidate("c");
  c.tell({ type: "step-down" });
  alone.pass(14_999);
  assert.equal(c.leads(), false);
  assert.equal(c.says().reason, "SteppedDown");
  alone.pass(3000);
  assert.equal(c.leads(), true);
});

test("a restarted sidecar counts its predecessor's promise, for the longer of R and the record's duration", () => {
  for (const recordSeconds of [5, 15, 20]) {
    const story = createStory();
    story.candidate("a", { leaseDurationMs: recordSeconds * 1000 }).link = "held";
    story.pass(1000);
    const again = story.candidate("a", { processName: "again" });
    assert.equal(again.leads(), true, "its own lease is taken up again at once");
    story.pass(2500);
    again.tell({ type: "step-down" });
    const waitMs = Math.max(10_000, recordSeconds * 1000);
    story.pass(waitMs - 2501);
    assert.equal(story.spec()["holderIdentity"], "a");
    story.pass(1);
    assert.equal(story.spec()["holderIdentity"], "");
  }
});

test("draining: the reason at once, the release when the gate is gone, the end when a standby has taken over", () => {
  const { story, a, b } = leaderAndStandby();
  a.says("gate");
  a.tell({ type: "drain" });
  assert.equal(a.says().reason, "Draining");
  story.pass(3000);
  assert.equal(b.leads(), false);
  a.tell({ type: "gate-ended", by: "peer" });
  story.pass(0);
  assert.equal(b.leads(), true);
  assert.deepEqual(a.state().stance, { kind: "ended", successor: "b" });
  assert.equal(a.says().reason, "Draining");
});

test("draining ends within two seconds when nobody takes over, and at once when there was nothing to hand over", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  b.tell({ type: "drain" });
  assert.deepEqual(b.state().stance, { kind: "ended", successor: null });
  a.tell({ type: "drain" });
  story.pass(1999);
  assert.equal(a.state().stance.kind, "handing-over");
  story.pass(1);
  assert.deepEqual(a.state().stance, { kind: "ended", successor: "" });
});

test("draining with the API away ends in bounded time", () => {
  const { story, a } = leaderAndStandby();
  story.pass(1999);
  a.says("gate");
  a.link = "down";
  a.tell({ type: "drain" });
  story.pass(20_000);
  assert.equal(a.state().stance.kind, "ended");
});

for (const [what, event] of [
  ["draining", { type: "drain" }],
  ["stepping down", { type: "step-down" }],
] as const) {
  test(`${what} ends in bounded time when the API server takes everything and answers nothing`, () => {
    const { story, a } = leaderAndStandby();
    a.link = "held";
    a.tell(event);
    for (let tick = 0; tick < 300; tick += 1) {
      story.pass(100);
      // Given up a renew deadline after it was sent, as the driver does.
      const late = a
        .state()
        .requests.write.underWay.filter(({ sentAtMs }) => sentAtMs + 10_000 <= story.now().waitMs);
      for (const { id } of late) a.fail(a.pending.find((action) => action.id === id));
    }
    assert.notEqual(a.state().stance.kind, "stepping-down");
    if (what === "draining") assert.equal(a.state().stance.kind, "ended");
  });
}

test("drain after a step-down still hands over what was held", () => {
  const { story, a, b } = leaderAndStandby();
  a.says("gate");
  a.tell({ type: "step-down" });
  a.tell({ type: "drain" });
  assert.equal(a.says().reason, "Draining");
  a.tell({ type: "gate-ended", by: "peer" });
  story.pass(0);
  assert.equal(b.leads(), true);
  assert.deepEqual(a.state().stance, { kind: "ended", successor: "b" });
});

test("drain after the operator's end, whose end was a release, waits for the next holder as any hand-over does", () => {
  const { story, a, b } = leaderAndStandby();
  a.says("gate");
  b.link = "down";
  a.tell({ type: "gate-ended", by: "peer" });
  story.pass(0);
  assert.equal(story.spec()["holderIdentity"], "");
  assert.equal(a.state().stance.kind, "resting");
  a.tell({ type: "drain" });
  assert.equal(a.state().stance.kind, "handing-over");
  story.pass(1999);
  assert.equal(a.state().stance.kind, "handing-over");
  story.pass(1);
  assert.deepEqual(a.state().stance, { kind: "ended", successor: "" });
});

test("a promise is noted a moment after it ends for the asker, never before", () => {
  const { story, a } = leaderAndStandby();
  const now = story.now();
  const { answer: said, election } = answer(a.state(), "gate", now, a.settings);
  assert.ok(election.promises.gateUntilMs >= now.waitMs + said.validForMs);
});
