// What instances, clusters and providers say of themselves while a finalizer of somebody's holds them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { createClusterReconciler } from "../clusters/reconciler.ts";
import { createProviderReconciler } from "../clusters/provider-reconciler.ts";
import { done, type Reconciler } from "../controller/controller.ts";
import type { StatusWriter, WrittenStatus } from "../controller/status-writer.ts";
import { createInstanceReconciler } from "../instances/reconciler.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { createWorld, type World } from "../world.ts";
import type { Condition } from "./conditions.ts";
import { deletingFinding, keptFinalizers } from "./deletion.ts";
import { apiVersion } from "./kubernetes-object.ts";

const ready: Condition = {
  type: "Ready",
  status: "True",
  reason: "Serving",
  message: "1 of 1 replicas are ready",
  observedGeneration: 1,
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const degraded: Condition = { ...ready, type: "Degraded", status: "False", reason: "AsWritten" };

type Options = Parameters<typeof createInstanceReconciler>[0];
const kinds: readonly [
  kind: string,
  key: string,
  cacheOf: (world: World) => { put(object: never): void },
  of: (options: Options) => Reconciler,
][] = [
  ["Bind9Instance", "a/one", (world) => world.instances, createInstanceReconciler],
  ["Bind9Cluster", "a/one", (world) => world.clusters, createClusterReconciler],
  ["ClusterBind9Provider", "/one", (world) => world.providers, createProviderReconciler],
];

for (const [kind, key, cacheOf, of] of kinds) {
  test(`a ${kind} that is being deleted is not Ready, says who holds it, and makes nothing`, async () => {
    const world = createWorld("dns");
    const namespace = kind === "ClusterBind9Provider" ? {} : { namespace: "a" };
    const metadata = { ...namespace, name: "one", uid: "1", resourceVersion: "1", generation: 2 };
    const leaving = { deletionTimestamp: "2026-01-02T00:00:00Z", finalizers: ["example.com/hold"] };
    const status = { conditions: [ready, degraded], observedGeneration: 1 };
    const object = {
      apiVersion,
      kind,
      metadata: { ...metadata, ...leaving },
      spec: { primary: { replicas: 1 } },
      status,
    };
    cacheOf(world).put(object as never);
    const written: WrittenStatus[] = [];
    const statuses: StatusWriter = {
      async write(_term, _type, _cache, _over, next) {
        written.push(next);
        return done;
      },
    };
    const reconciler = of({
      world,
      client: {} as KubernetesClient,
      writer: {} as GuardedWriter,
      statuses,
      images: { bind9Image: "bind9", agentImage: "bindy:1", agentCommand: ["node"] },
      clock: createHandClock(),
    });
    assert.equal(await reconciler.reconcile(key, createFakeGate().open("1")), done);
    const [next = {}] = written;
    assert.equal((next as { observedGeneration?: number }).observedGeneration, 2);
    const [found, kept] = next.conditions ?? [];
    const { status: is, reason, message, observedGeneration } = found ?? {};
    assert.deepEqual([is, reason, observedGeneration], ["False", "Deleting", 2]);
    assert.equal(message, "it is being deleted, and held by finalizers: example.com/hold");
    assert.deepEqual(kept, degraded, "what it was found to be before");
  });
}

test("of many finalizers some are named", () => {
  const metadata = { namespace: "a", name: "one", deletionTimestamp: "now" };
  const message = (finalizers: readonly string[]): string =>
    deletingFinding({
      apiVersion,
      kind: "Bind9Instance",
      metadata: { ...metadata, finalizers: keptFinalizers(finalizers) },
    }).message;
  assert.match(message("abcde".split("")), /: a, b, c, d, e$/);
  assert.match(message("abcdefgh".split("")), /: a, b, c, d, e and others$/);
  assert.match(message([]), /is being deleted$/);
});
