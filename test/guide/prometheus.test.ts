// The guide's expressions, read by hand where there is no Prometheus.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluateByHand } from "./prometheus.ts";
import { readMetrics, sumOf } from "./walk.ts";

const first = readMetrics("# HELP a b\nbindy_leader_elections_total 2\nbindy_is_leader 0\n");
const last = readMetrics(
  'bindy_leader_elections_total 3\nbindy_is_leader 1\nbindy_leader_election_timestamp 1.5e3\nrequests{verb="get",code="200"} 4\nrequests{verb="update",code="200"} 5\nrequests_more 9\n',
);

test("the increase, the time since, and the value itself", () => {
  assert.equal(evaluateByHand("increase(bindy_leader_elections_total[1h])", first, last, 2000), 1);
  assert.equal(evaluateByHand("time() - bindy_leader_election_timestamp", first, last, 2000), 500);
  assert.equal(evaluateByHand("bindy_is_leader", first, last, 2000), 1);
});

test("a metric that is missing is not 0", () => {
  assert.throws(() => evaluateByHand("bindy_is_leading", first, last, 2000), /bindy_is_leading is not among/);
  assert.throws(
    () => evaluateByHand("time() - bindy_leader_election_timestamp", last, first, 2000),
    /is not among/,
  );
});

test("series are added up by name and labels", () => {
  assert.equal(sumOf(last, "requests"), 9);
  assert.equal(sumOf(last, "requests", ['verb="update"']), 5);
  assert.equal(sumOf(last, "bindy_is_leader"), 1);
  assert.equal(sumOf(last, "nothing"), 0);
});
