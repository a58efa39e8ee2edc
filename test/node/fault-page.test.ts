// What a page of faults says follows from the faults that stand in the code, and there is none of a run that is not whole.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  faultTexts,
  promiseOf,
  promisesOn,
  ratioOf,
  renderFaultPage,
  type FaultKey,
  type FaultResult,
  type FaultRun,
} from "./fault-page.ts";

const keys = Object.keys(faultTexts) as FaultKey[];
const resultsOf = (result: FaultResult): Map<FaultKey, FaultResult> =>
  new Map(keys.map((key) => [key, result]));
const run: FaultRun = {
  version: "v1.36.0",
  nodes: 1,
  processors: 2,
  effectPeriodMs: 200,
  perSecond: 100,
  asked: 12_345,
  effects: { ours: 700, peer: 600 },
  terms: { ours: 9, peer: 8 },
  overlaps: { ours: 0, peer: 3 },
};

test("the page in docs/ is of these faults", () => {
  const page = readFileSync(new URL("../../docs/faults-on-a-node.md", import.meta.url), "utf8");
  assert.deepEqual(promisesOn(page), keys.map(promiseOf), "write it anew: CONTRIBUTING.md says how");
});

test("a line has both gaps, and the one as a part of the other", () => {
  assert.equal(ratioOf({ oursMs: 500, peerMs: 2000 }), "0.25 : 1");
  assert.equal(ratioOf({ oursMs: 500, peerMs: null }), "");
  const text = renderFaultPage(resultsOf({ oursMs: 500, peerMs: 2000 }), run);
  assert.match(text, /\| 0\.5 s \| 2\.0 s \| 0\.25 : 1 \|$/m);
  assert.match(text, /^\| writes of an older term behind a newer one \| 0 \| 3 \|$/m);
  assert.match(text, /12345 questions/);
  assert.deepEqual(promisesOn(text), keys.map(promiseOf));
  assert.notDeepEqual(promisesOn(text.replace("SIGKILL", "SIGTERM")), keys.map(promiseOf));
});

test("a page of a fault that was not played, or without a peer, is not written", () => {
  const results = resultsOf({ oursMs: 500, peerMs: 2000 });
  results.delete("drain");
  assert.throws(() => renderFaultPage(results, run), /both gaps of every fault: drain/);
  assert.throws(() => renderFaultPage(resultsOf({ oursMs: 1, peerMs: null }), run), /both gaps/);
});
