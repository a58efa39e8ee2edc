// A failing world is made small: on worlds that are only pretended, where it is known what they need in order to fail, and
// on real ones, of which a part must be what it was in the whole.
import assert from "node:assert/strict";
import { test } from "node:test";
import { takesPlace, type Excerpt, type WorldOutcome } from "../outcome.ts";
import { runWorldOf, worldKinds } from "../worlds.ts";
import { shrinkWorld } from "./shrink.ts";

const nothingHappened = { openings: 0, takeovers: 0, effects: 0, strays: 0, requests: 0, faults: {} };

/** A world of 40 strikes and 4 pods in which `verdict` says what breaks. */
function pretended(verdict: (excerpt: Excerpt) => string | null): (excerpt: Excerpt) => WorldOutcome {
  return (excerpt) => {
    const what = verdict(excerpt);
    return {
      violation: what === null ? null : { what, atMs: 0, state: [] },
      counts: nothingHappened,
      whole: { strikes: 40, pods: 4 },
      trace: [],
    };
  };
}

test("what is left is what it takes: here three strikes that lie apart, and two pods", () => {
  const needs = ({ strikes, pods }: Excerpt): boolean =>
    [3, 21, 22].every((at) => takesPlace(strikes, at)) && [0, 3].every((at) => takesPlace(pods, at));
  const shrunk = shrinkWorld(pretended((excerpt) => (needs(excerpt) ? "I1: gates open in two pods" : null)));
  assert.deepEqual(shrunk?.excerpt, { strikes: [3, 21, 22], pods: [0, 3] });
  assert.ok(shrunk.runs < 100, `${shrunk.runs} worlds`);
});

test("a part that breaks another invariant is another world", () => {
  const shrunk = shrinkWorld(
    pretended(({ strikes }) => (takesPlace(strikes, 7) ? "I3: tokens" : "I4: no leader")),
  );
  assert.deepEqual(shrunk?.excerpt, { strikes: [7], pods: [] });
});

test("a strike that is needed only because of another goes with it", () => {
  const shrunk = shrinkWorld(
    pretended(({ strikes, pods }) => {
      const isCovered = takesPlace(strikes, 5) || !takesPlace(pods, 1);
      return takesPlace(strikes, 9) && isCovered ? "I1: two" : null;
    }),
  );
  assert.deepEqual(shrunk?.excerpt, { strikes: [9], pods: [] });
});

test("a world that breaks nothing is not shrunk, and one that fails by chance comes to an end", () => {
  assert.equal(shrinkWorld(pretended(() => null)), null);
  let calls = 0;
  const shrunk = shrinkWorld(
    pretended(() => {
      calls += 1;
      return calls % 7 === 1 ? "I1: two" : null;
    }),
  );
  assert.ok(shrunk !== null && calls <= 5000);
});

test("a part of a world is what it was in the whole: strikes come when they came, and what is left out only stays away", () => {
  for (const kind of worldKinds) {
    const whole = runWorldOf(kind, 11, { isTraced: true });
    const all = {
      strikes: Array.from({ length: whole.whole.strikes }, (_, at) => at + 1),
      pods: Array.from({ length: whole.whole.pods }, (_, at) => at),
    };
    assert.ok(all.strikes.length >= 4);
    assert.deepEqual(runWorldOf(kind, 11, { isTraced: true, excerpt: all }), whole);
    const kept = all.strikes.filter((at) => at % 2 === 0);
    const part = runWorldOf(kind, 11, { isTraced: true, excerpt: { strikes: kept, pods: null } });
    assert.deepEqual(
      strikesOf(part).map((line) => Number(/STRIKE (\d+)/.exec(line)?.[1])),
      kept,
    );
    for (const line of strikesOf(part)) assert.ok(whole.trace.includes(line), line);
    const nobody = runWorldOf(kind, 11, { isTraced: true, excerpt: { strikes: [], pods: [] } });
    assert.equal(nobody.counts.requests, 0);
  }
});

function strikesOf({ trace }: WorldOutcome): readonly string[] {
  return trace.filter((line) => line.includes("STRIKE"));
}
