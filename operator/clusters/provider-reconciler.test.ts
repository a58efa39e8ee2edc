// What a provider does where its cluster cannot be made.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { done } from "../controller/controller.ts";
import type { KubernetesClient, WriteOutcome } from "../kubernetes/client.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import type { Bind9ClusterStatus } from "../resources/bind9-cluster.ts";
import { apiVersion, keyOf, ownedBy, type KubernetesObject } from "../resources/kubernetes-object.ts";
import { createWorld } from "../world.ts";
import { createProviderReconciler } from "./provider-reconciler.ts";

const metadata = { name: "shared", uid: "1", resourceVersion: "1" };
const provider = { apiVersion, kind: "ClusterBind9Provider", metadata, spec: {} };

/** What the provider says and does, look by look, where each attempt to make its cluster comes to the next of these. */
async function looksAt(outcomes: readonly WriteOutcome<never>[]) {
  const world = createWorld("dns");
  world.providers.put(provider);
  const cluster = { namespace: "before", name: "shared", uid: "2", resourceVersion: "1" };
  const ownerReferences = [ownedBy(provider)];
  world.clusters.put({
    apiVersion,
    kind: "Bind9Cluster",
    metadata: { ...cluster, ownerReferences },
    spec: {},
  });
  const left = [...outcomes];
  const writer: Partial<GuardedWriter> = {
    create: async (_term, _type, object) =>
      left.shift() ?? ({ kind: "written", object: object as KubernetesObject } as never),
    remove: async () => ({ kind: "deleted" }),
  };
  const said: string[] = [];
  const reconciler = createProviderReconciler({
    world,
    client: {} as KubernetesClient,
    writer: writer as GuardedWriter,
    statuses: {
      async write(_term, _type, _cache, _over, status) {
        const { conditions = [] } = status as Bind9ClusterStatus;
        said.push(conditions.find(({ type }) => type === "Degraded")?.message ?? "");
        return done;
      },
    },
    clock: createSystemClock(),
  });
  const term = createFakeGate().open("1");
  const answers = [];
  const clusters = [];
  for (let look = 0; look <= outcomes.length; look += 1) {
    answers.push(await reconciler.reconcile("/shared", term));
    clusters.push(world.clusters.list().map(keyOf).join());
  }
  return { answers, said, clusters };
}

test("a namespace that is being deleted, or that there is not, is looked for again until it takes the cluster", async () => {
  const { answers, said, clusters } = await looksAt([
    { kind: "invalid", message: "namespace dns is being terminated" },
    { kind: "missing" },
  ]);
  const again = { kind: "again", afterMs: 10_000 };
  assert.deepEqual(answers, [again, again, done]);
  assert.match(said[0] ?? "", /does not take the Bind9Cluster shared .* namespace dns is being terminated/);
  assert.match(
    said[1] ?? "",
    /namespace: there is no namespace dns: create it, or make the provider anew with another/,
  );
  assert.equal(said[2], "everything is as asked for");
  assert.deepEqual(
    clusters,
    ["before/shared", "before/shared", "dns/shared"],
    "what it made where the operator was before goes on until then",
  );
});
