// How often a candidate asks the API server, on good days and on bad ones, and that it never asks in a tight loop.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createStory, writesOf, type Candidate, type Story } from "./election-fixture.ts";
import type { Failure } from "./election.ts";

const hourMs = 3_600_000;

/** Answers everything that is pending with `answer`, as fast as a server can, for a minute. */
function underFire(story: Story, candidate: Candidate, answer: (candidate: Candidate) => void): number {
  const before = candidate.sent.length;
  candidate.link = "held";
  for (let tick = 0; tick < 6000; tick += 1) {
    // Three round trips in 10 ms.
    for (let turn = 0; turn < 3 && candidate.pending.length > 0; turn += 1) answer(candidate);
    story.pass(10);
  }
  return candidate.sent.length - before;
}

test("an idle standby asks less than once a minute", () => {
  const story = createStory();
  story.candidate("a");
  const b = story.candidate("b");
  story.pass(hourMs);
  assert.ok(b.sent.length <= 60, `${b.sent.length} requests in an hour`);
});

test("a leader sends one PUT every P and reads nothing", () => {
  const story = createStory();
  const a = story.candidate("a");
  story.pass(hourMs);
  const writes = writesOf(a.sent).length;
  assert.ok(writes >= 1799 && writes <= 1802, `${writes} writes`);
  assert.ok(a.sent.length - writes <= 4, `${a.sent.length - writes} other requests`);
});

test("without the watch verb a standby polls every P, and tries the watch again now and then", () => {
  const story = createStory();
  story.candidate("a");
  const b = story.candidate("b");
  b.link = "watch-forbidden";
  b.tell({
    type: "watch",
    id: b.state().requests.watch.underWay?.id ?? 0,
    news: { kind: "ended", failure: null },
  });
  const before = b.sent.length;
  story.pass(hourMs);
  const since = b.sent.slice(before);
  const reads = since.filter((action) => action.type === "read").length;
  const watches = since.filter((action) => action.type === "watch").length;
  assert.ok(reads >= 1700 && reads <= 1810, `${reads} reads`);
  assert.ok(watches >= 50 && watches <= 62, `${watches} watches`);
  assert.equal(b.state().requests.watch.isForbidden, true);
  b.link = "up";
  story.pass(120_000);
  assert.equal(b.state().requests.watch.isForbidden, false);
});

test("a standby that sees no renewal for two of them reads every P until it may take over", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  a.link = "held";
  const before = b.sent.length;
  story.pass(14_000);
  const reads = b.sent.slice(before).filter((action) => action.type === "read").length;
  assert.ok(reads >= 4 && reads <= 6, `${reads} reads`);
});

test("an API server that is away is asked about every P, by leader and standby", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  a.link = "down";
  b.link = "down";
  const before = a.sent.length + b.sent.length;
  story.pass(60_000);
  const sent = a.sent.length + b.sent.length - before;
  assert.ok(sent > 60 && sent < 200, `${sent} requests in a minute of two candidates`);
});

test("a server that ends every watch at once is not asked more than twice in P", () => {
  const story = createStory();
  story.candidate("a");
  const b = story.candidate("b");
  const before = b.sent.length;
  for (let tick = 0; tick < 60_000; tick += 10) {
    const watching = b.state().requests.watch.underWay?.id;
    if (watching !== undefined)
      b.tell({ type: "watch", id: watching, news: { kind: "ended", failure: null } });
    story.pass(10);
  }
  const sent = b.sent.length - before;
  assert.ok(sent <= 62, `${sent} requests in a minute`);
});

for (const [what, link] of [
  ["a leader", true],
  ["a standby", false],
] as const) {
  test(`writes that are always a conflict do not make ${what} ask in a tight loop`, () => {
    const story = createStory();
    const first = story.candidate("a");
    const tested = link ? first : story.candidate("b");
    if (!link) {
      first.link = "held";
      story.pass(14_900);
    }
    const sent = underFire(story, tested, (candidate) => {
      const action = candidate.pending[0];
      if (action?.type === "write") candidate.conflict(action);
      else candidate.serve(action);
    });
    assert.ok(sent <= 150, `${sent} requests in a minute`);
    // And it comes to itself as soon as the server does.
    tested.link = "up";
    for (const action of tested.pending.slice()) tested.serve(action);
    story.pass(20_000);
    assert.equal(tested.leads(), true);
  });
}

test("writes that are carried out, and answered as conflicts, do not make a leader ask in a tight loop", () => {
  const story = createStory();
  const a = story.candidate("a");
  const sent = underFire(story, a, (candidate) => {
    const action = candidate.pending[0];
    if (action?.type !== "write") return candidate.serve(action);
    candidate.commit(action);
    candidate.tell({ type: "write", id: action.id, outcome: { kind: "conflict" } });
  });
  assert.ok(sent <= 150, `${sent} requests in a minute`);
});

test("a server that denies the lease and refuses to create it is not asked in a tight loop", () => {
  const story = createStory();
  const a = story.candidate("a");
  const sent = underFire(story, a, (candidate) => {
    const action = candidate.pending[0];
    if (action?.type === "read") {
      candidate.pending.shift();
      candidate.tell({ type: "read", id: action.id, outcome: { kind: "missing" } });
    } else candidate.conflict(action);
  });
  assert.ok(sent <= 150, `${sent} requests in a minute`);
});

for (const kind of ["Forbidden", "Unauthorized", "NamespaceMissing", "LeaseInvalid"] as const) {
  test(`${kind} closes, says so, is retried gently, and heals by itself`, () => {
    const story = createStory();
    const a = story.candidate("a");
    const failure: Partial<Failure> = { kind, message: `${kind} indeed` };
    const sent = underFire(story, a, (candidate) => candidate.fail(candidate.pending[0], failure));
    assert.ok(sent <= 150, `${sent} requests in a minute`);
    assert.equal(a.leads(), false);
    assert.equal(a.says().reason, kind);
    a.link = "up";
    for (const action of a.pending.slice()) a.serve(action);
    story.pass(5000);
    assert.equal(a.leads(), true);
  });
}

test("Retry-After is honoured, but never beyond the point where a renewal would come too late", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  story.pass(2000);
  const before = a.sent.length;
  a.fail(a.pending[0], { retryAfterMs: 3000 });
  story.pass(2999);
  assert.equal(writesOf(a.sent.slice(before)).length, 0);
  story.pass(1);
  const again = writesOf(a.sent.slice(before))[0];
  assert.ok(again);
  // 5 s of the validity have gone; a server that asks for an hour gets what is left, less the time to be heard in.
  a.fail(again, { retryAfterMs: hourMs });
  a.link = "up";
  story.pass(4999);
  assert.equal(a.leads(), true);
  story.pass(1000);
  assert.equal(a.leads(), true);
});

test("Retry-After is honoured also when another wins the lease, and releases it, meanwhile", () => {
  const story = createStory();
  const a = story.candidate("a");
  const b = story.candidate("b");
  b.link = "held";
  a.tell({ type: "step-down" });
  b.fail(writesOf(b.pending)[0], { kind: "ApiServerUnreachable", retryAfterMs: 5000 });
  a.link = "down";
  const c = story.candidate("c");
  assert.equal(c.leads(), true);
  const before = b.sent.length;
  c.tell({ type: "step-down" });
  story.pass(4999);
  assert.equal(writesOf(b.sent.slice(before)).length, 0);
  story.pass(1);
  assert.equal(writesOf(b.sent.slice(before)).length, 1);
});

test("at most one read, one watch and five writes are ever under way, and nothing else grows", () => {
  const story = createStory();
  const a = story.candidate("a");
  a.link = "held";
  for (let second = 0; second < 600; second += 1) {
    story.pass(1000);
    assert.ok(a.pending.filter((action) => action.type === "read").length <= 1);
    assert.ok(writesOf(a.pending).length <= 5);
    const expired = writesOf(a.pending)[0];
    if (second % 10 === 0 && expired) a.fail(expired);
  }
  assert.ok((a.state().term?.writes.length ?? 0) <= 8);
  assert.ok(JSON.stringify(a.state()).length < 6000);
});
