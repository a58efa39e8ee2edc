// Counting requests in the API server's own words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countAuditedRequests, countedBetween, leaseRequestTotals, sumOf } from "./requests.ts";

function line(user: string, verb: string, at: string, stage = "RequestReceived"): string {
  const requestReceivedTimestamp = `2026-01-01T00:00:${at}Z`;
  const objectRef = { resource: "leases" };
  return `${JSON.stringify({ stage, verb, user: { username: user }, objectRef, requestReceivedTimestamp })}\n`;
}

const window = {
  fromWallMs: Date.parse("2026-01-01T00:00:10Z"),
  untilWallMs: Date.parse("2026-01-01T00:00:20Z"),
};

test("requests of the window, by user and verb; half a line at the end is left alone", () => {
  const text = [
    line("a", "update", "09.999999"),
    line("a", "update", "10.000000"),
    line("a", "update", "12.000000"),
    line("a", "get", "12.000000"),
    line("a", "watch", "12.000000", "ResponseComplete"),
    line("b", "watch", "19.999999"),
    line("b", "watch", "20.000000"),
    line("c", "get", "15.000000").slice(0, 40),
  ].join("");
  const counted = countAuditedRequests(text, window);
  assert.deepEqual(
    [...counted],
    [
      ["a", { update: 2, get: 1 }],
      ["b", { watch: 1 }],
    ],
  );
  assert.equal(sumOf(counted.get("a") ?? {}), 3);
  assert.throws(() => countAuditedRequests("what\n", window));
});

test("the server's counter, for Leases alone, and what it counted meanwhile", () => {
  const before = leaseRequestTotals(
    [
      "# HELP apiserver_request_total [STABLE] Counter",
      'apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} 7',
      'apiserver_request_total{code="409",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} 1',
      'apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="GET",version="v1"} 1e+06',
      'apiserver_request_total{code="200",component="apiserver",dry_run="",group="",resource="pods",scope="resource",subresource="",verb="PUT",version="v1"} 9',
      'apiserver_request_terminations_total{resource="leases",verb="PUT"} 5',
    ].join("\n"),
  );
  assert.deepEqual(before, { update: 8, get: 1_000_000 });
  assert.deepEqual(countedBetween(before, { update: 10, get: 1_000_000, watch: 2 }), { update: 2, watch: 2 });
});
