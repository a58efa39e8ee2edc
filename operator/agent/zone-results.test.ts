import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../platform/log.ts";
import { createZoneResults, isServedByOther, type ZoneResults } from "./zone-results.ts";

const refused = { serial: null, failure: "named did not load it" };

/** Results of which `elsewhere` has those that other pods serve. */
function withOthers(...names: string[]): { results: ZoneResults; elsewhere: Set<string> } {
  const elsewhere = new Set(names);
  const results = createZoneResults({
    log: createLog("silent", {}),
    onResult: () => {},
    isServedElsewhere: (name) => elsewhere.has(name),
  });
  results.expect(["a", "b"]);
  return { results, elsewhere };
}

test("a zone of which this pod serves nothing is settled once no other pod serves it, and stays so", () => {
  const { results, elsewhere } = withOthers("a");
  for (const name of ["a", "b"]) results.conclude(name, refused, "unless served elsewhere");
  assert.ok(!results.isSettled(), "another pod serves a");
  elsewhere.delete("a");
  assert.ok(results.isSettled(), "it fails in every pod");
  elsewhere.add("a");
  assert.ok(results.isSettled(), "a pod that is ready stays ready");
});

test("a zone that is served, or is gone, is settled whoever else serves it; one that is this machine's trouble never is", () => {
  const { results } = withOthers("a", "b");
  for (const name of ["a", "b"]) results.conclude(name, refused, "unless served elsewhere");
  results.conclude("a", { serial: 1, failure: null });
  assert.ok(!results.isSettled());
  results.forget("b");
  assert.ok(results.isSettled());
  const { results: own, elsewhere } = withOthers("a");
  own.conclude("a", refused, "unless served elsewhere");
  own.conclude("b", { serial: 1, failure: null });
  own.conclude("a", { serial: null, failure: "named does not answer" }, false);
  elsewhere.clear();
  assert.ok(!own.isSettled());
  own.expect(["b"]);
  own.conclude("b", { serial: 1, failure: null });
  assert.ok(own.isSettled());
});

test("a zone is served by another pod that names its serial and no failure", () => {
  assert.ok(isServedByOther({ loaded: { own: 1, other: 1 } }, "own"));
  assert.ok(isServedByOther({ loaded: { other: 1, third: 1 }, failed: { third: "x" } }, "own"));
  assert.ok(!isServedByOther({}, "own"));
  assert.ok(!isServedByOther({ loaded: { own: 1 } }, "own"));
  // As it was it is served there: a change of it fails in every pod.
  assert.ok(!isServedByOther({ loaded: { other: 1 }, failed: { other: "x", own: "x" } }, "own"));
});
