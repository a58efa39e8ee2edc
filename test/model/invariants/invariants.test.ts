// Each invariant fires on a history made by hand that breaks it, and is silent on one that does not. An invariant that
// never fires is as green as one that holds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { acknowledgedWrite } from "./acknowledged-write.ts";
import { effectsWithinPromises } from "./effects-within-promises.ts";
import { fewRequests } from "./few-requests.ts";
import { foreignHold } from "./foreign-hold.ts";
import { freshWord } from "./fresh-word.ts";
import { growingTokens } from "./growing-tokens.ts";
import { healMs, leaderAfterHealing } from "./leader-after-healing.ts";
import { heededWord } from "./heeded-word.ts";
import { oneConnection, oneGate } from "./one-gate.ts";
import { oneOpenGate, type Actor } from "./one-open-gate.ts";
import { sameLeader } from "./same-leader.ts";

const actor = (label: string, untilMs: number): Actor => ({ label, openUntilMs: () => untilMs });
const opening = (pod: string, fencingToken: string, term = 1, atMs = 0) => ({
  pod,
  fencingToken,
  term,
  atMs,
  asked: null,
});

test("I1: two promises that both stand at one moment", () => {
  const pods = [actor("a", 5000), actor("b", 0), actor("c", 4000)];
  assert.match(oneOpenGate(pods, 3999) ?? "", /^I1: gates open in a and c/);
  assert.equal(oneOpenGate(pods, 4000), null, "a promise that ends now has ended");
});

test("I2: a look after the promise's end, by more than the grain of a clock", () => {
  const promises = effectsWithinPromises();
  assert.equal(promises.looked({ pod: "a", atMs: 1010, promiseEndMs: 1000 }), null);
  assert.match(
    promises.looked({ pod: "a", atMs: 1100, promiseEndMs: 1000 }) ?? "",
    /^I2: a acts 100 ms after/,
  );
});

test("I2: a late effect of a process that runs, and a stray one of a process that does not", () => {
  const promises = effectsWithinPromises();
  const effect = { pod: "a", token: "7", atMs: 900, promiseEndMs: 1000, isRunning: true };
  assert.equal(promises.committed(effect), null);
  assert.match(
    promises.committed({ ...effect, atMs: 1500 }) ?? "",
    /^I2: .* token 7 500 ms after its promise/,
  );
  assert.equal(promises.strays(), 0);
  assert.equal(promises.committed({ ...effect, atMs: 1500, isRunning: false }), null);
  assert.equal(promises.strays(), 1);
});

test("I2: an effect behind a newer token, though its promise runs", () => {
  const promises = effectsWithinPromises();
  const effect = { pod: "a", token: "7", atMs: 900, promiseEndMs: 1000, isRunning: true };
  assert.equal(promises.committed({ ...effect, pod: "b", token: "12" }), null);
  assert.match(promises.committed(effect) ?? "", /^I2: .* token 7 behind token 12/);
  assert.equal(promises.committed({ ...effect, isRunning: false }), null);
  assert.deepEqual([promises.effects(), promises.strays()], [3, 1]);
});

test("I3: a token that goes back, and one that two terms or two pods have", () => {
  for (const second of [opening("b", "9", 2), opening("b", "10", 1), opening("a", "10", 2)]) {
    const opened = growingTokens();
    assert.equal(opened(opening("a", "10", 1)), null);
    assert.match(opened(second) ?? "", /^I3: /);
  }
  const opened = growingTokens();
  for (const next of [opening("a", "9", 1), opening("a", "9", 1), opening("b", "10", 2)]) {
    assert.equal(opened(next), null, "a gate opens again in its term, and then another's; 10 is more than 9");
  }
});

test("I4: nobody leads when the bound is over", () => {
  assert.match(
    leaderAfterHealing([actor("a", 10), actor("b", 0)], 10, 15_000) ?? "",
    /^I4: no leader 75000 ms/,
  );
  assert.equal(leaderAfterHealing([actor("a", 11), actor("b", 0)], 10, 15_000), null);
  assert.ok(healMs(30_000) > healMs(15_000));
});

test("I5: another pod, or another token of the same pod, and nobody at the end", () => {
  const leader = sameLeader(opening("a", "10"));
  assert.equal(leader.opened(opening("a", "10")), null);
  assert.match(leader.opened(opening("b", "11")) ?? "", /^I5: b opens with token 11, where a with token 10/);
  assert.match(leader.opened(opening("a", "11")) ?? "", /^I5: a opens with token 11/);
  assert.equal(leader.afterFault("an outage", "a"), null);
  assert.match(leader.afterFault("an outage", null) ?? "", /^I5: after an outage nobody leads/);
});

test("I6: a token that another's write has, or nobody's", () => {
  const authors: Record<string, string> = { 10: "a", 11: "b" };
  const authorOf = (resourceVersion: string): string => authors[resourceVersion] ?? "";
  assert.equal(acknowledgedWrite(opening("a", "10"), authorOf), null);
  assert.match(
    acknowledgedWrite(opening("a", "11"), authorOf) ?? "",
    /^I6: a opens with token 11, a record of b/,
  );
  assert.match(acknowledgedWrite(opening("a", "12"), authorOf) ?? "", /^I6: .*nobody's/);
});

test("I7: too many requests by one pod", () => {
  const pod = (label: string, count: number) => ({ label, requests: () => count });
  assert.equal(fewRequests([pod("a", 900), pod("b", 30)]), null);
  assert.match(fewRequests([pod("a", 30), pod("b", 901)]) ?? "", /^I7: 901 requests by b/);
});

test("I8: a write while client-go's record is fresh", () => {
  const hold = foreignHold();
  assert.equal(hold.written(0), null);
  hold.taken(5000);
  assert.match(hold.written(4999) ?? "", /^I8: /);
  assert.equal(hold.written(5000), null);
  hold.taken(9000);
  hold.ended();
  assert.equal(hold.written(6000), null, "it has released the lease");
});

test("I9: an answer to a question of before the last closing, and one that is late", () => {
  const asked = { observedMs: 1000, answeredMs: 2400, waitMs: 1000, closedAtMs: 900 };
  const opened = (change: Partial<typeof asked>) =>
    freshWord({ ...opening("a", "10"), asked: { ...asked, ...change } });
  assert.equal(opened({}), null);
  assert.equal(opened({ closedAtMs: 1000 }), null, "the no and the next question fall into one moment");
  assert.match(
    opened({ closedAtMs: 1500 }) ?? "",
    /^I9: a opens by an answer to a question of 500 ms before/,
  );
  assert.match(opened({ answeredMs: 2600 }) ?? "", /^I9: a opens by an answer that came 600 ms late/);
});

test("I10: a second gate while the first stands and its promise runs", () => {
  const line = () => {
    const made = { hasEnded: false, isOver: () => made.hasEnded };
    return made;
  };
  const [first, second] = [line(), line()];
  const { promised, replaced } = oneGate();
  const promise = { sidecar: "a.1", atMs: 0, untilMs: 9000, to: first };
  assert.equal(promised(promise), null);
  assert.equal(promised({ ...promise, atMs: 1000, untilMs: 2000 }), null, "a shorter one counts for nothing");
  const other = { ...promise, atMs: 8000, untilMs: 17_000, to: second };
  const ended = { sidecar: "a.1", atMs: 8000, to: first };
  assert.match(replaced(ended) ?? "", /^I10: a\.1 ends its gate for another, 1000 ms before/);
  assert.equal(replaced({ ...ended, atMs: 9000 }), null, "its promise is over");
  assert.equal(replaced({ ...ended, to: second }), null, "one that was promised nothing");
  assert.match(promised(other) ?? "", /^I10: a\.1 takes a second gate, 1000 ms before/);
  assert.equal(promised({ ...other, sidecar: "a.2" }), null, "another process");
  second.hasEnded = true;
  assert.equal(promised({ ...promise, atMs: 9000, untilMs: 18_000 }), null, "its connection is over");
  assert.equal(promised({ ...other, atMs: 18_000, untilMs: 27_000 }), null, "run out");
});

test("I10: a second connection of one gate", () => {
  assert.equal(oneConnection("a", false), null);
  assert.match(oneConnection("a", true) ?? "", /^I10: the gate of a makes a second connection/);
});

test("I11: a gate that stays open when it is told to close", () => {
  assert.equal(heededWord("a", "it is told no", false), null);
  assert.equal(heededWord("a", "it is told no", true), "I11: the gate of a stays open: it is told no");
});
