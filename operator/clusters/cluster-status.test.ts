import assert from "node:assert/strict";
import { test } from "node:test";
import type { Bind9ClusterSpec } from "../resources/bind9-cluster.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
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

test("a cluster is ready when all instances that it asks for are there and ready, and says why where they are not", () => {
  const instance = (name: string, status: "True" | "False"): Bind9Instance => {
    const condition = { type: "Ready", status, reason: "Serving", message: "", observedGeneration: 1 };
    const conditions = [{ ...condition, lastTransitionTime: "2026-01-01T00:00:00Z" }];
    return { apiVersion, kind: "Bind9Instance", metadata: { name }, spec: {}, status: { conditions } };
  };
  const readyOf = (spec: Bind9ClusterSpec, named: Bind9Instance[], blocked: string[] = []): string => {
    const of = { apiVersion, kind: "Bind9Cluster", metadata: { name: "c" }, spec };
    const { conditions = [] } = clusterStatus({ of, named, blocked, now: "2026-01-01T00:00:00Z" });
    const { status, reason, message } = conditions.find(({ type }) => type === "Ready") ?? {};
    return `${status} ${reason}: ${message}`;
  };
  const two = { primary: { replicas: 1 }, secondary: { replicas: 1 } };
  const first = instance("c-primary-0", "True");
  assert.equal(readyOf({}, []), "False NoInstances: no instance is asked for: set primary.replicas");
  assert.equal(
    readyOf(two, [], ["namespace: there is no namespace x"]),
    "False InstancesNotReady: 0 of 2 instances are ready, and 2 not made yet, as the condition Degraded says",
  );
  assert.equal(
    readyOf(two, [first]),
    "False InstancesNotReady: 1 of 2 instances are ready, and 1 not made yet",
  );
  assert.equal(
    readyOf(two, [first, instance("c-secondary-0", "False")]),
    "False InstancesNotReady: 1 of 2 instances are ready",
  );
  assert.equal(
    readyOf(two, [first, instance("c-secondary-0", "True"), instance("by-hand", "True")]),
    "True AllReady: 3 of 3 instances are ready",
  );
});
