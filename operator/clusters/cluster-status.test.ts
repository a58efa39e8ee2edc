import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bind9ClusterSpec } from "../resources/bind9-cluster.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { clusterStatus } from "./cluster-status.ts";

function degradedOf(kind: string, spec: Bind9ClusterSpec, blocked: readonly string[] = []): string {
  const of = { apiVersion, kind, metadata: { name: "c" }, spec };
  const { conditions = [] } = clusterStatus({ of, named: [], blocked, now: "2026-01-01T00:00:00Z" });
  const { status, reason, message } = conditions.find(({ type }) => type === "Degraded") ?? {};
  return `${status} ${reason}: ${message}`;
}

test("a cluster and a provider say themselves what of their configuration cannot be read", () => {
  const spec = {
    global: { recursion: true, forwarders: ["dns.google"], allowQuery: ["10.0.0.1/8"] },
    acls: { key: ["10.0.0.0/8"] },
  };
  for (const kind of ["Bind9Cluster", "ClusterBind9Provider"]) {
    assert.match(
      degradedOf(kind, spec),
      /^True InvalidConfiguration: acls: "key" has .*global\.allowQuery: "10\.0\.0\.1\/8" is .*global\.forwarders: "dns\.google"/,
    );
    assert.match(
      degradedOf(kind, spec, ["it stands in the way"]),
      /^True Blocked: it stands in the way; acls: /,
    );
    assert.equal(degradedOf(kind, {}), "False AsWritten: everything is as asked for");
  }
});
