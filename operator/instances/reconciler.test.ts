// What becomes of an instance whose objects the API server does not take.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { done } from "../controller/controller.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import { withoutLabels, type Labels } from "../resources/label-selector.ts";
import { keptList, longestList } from "../resources/allowed-namespaces.ts";
import {
  allowedNamespacesAnnotation,
  type Bind9InstanceSpec,
  type Bind9InstanceStatus,
} from "../resources/bind9-instance.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { createWorld } from "../world.ts";
import { createInstanceReconciler } from "./reconciler.ts";

interface Reconciled {
  readonly outcome: unknown;
  readonly degraded: string;
  readonly ignored: string;
}

async function reconciled(
  error: Error,
  annotations = {},
  spec: Bind9InstanceSpec = {},
  providers: readonly string[] = [],
  labels: Labels = {},
): Promise<Reconciled> {
  const world = createWorld();
  const metadata = { namespace: "a", name: "one", uid: "one", resourceVersion: "1", annotations, labels };
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata, spec });
  for (const name of providers) {
    const own = { name, uid: name, resourceVersion: "1" };
    world.providers.put({ apiVersion, kind: "ClusterBind9Provider", metadata: own, spec: {} });
  }
  const writer: Partial<GuardedWriter> = {
    async create() {
      throw error;
    },
  };
  let degraded = "";
  let ignored = "";
  const reconciler = createInstanceReconciler({
    world,
    client: {} as KubernetesClient,
    writer: writer as GuardedWriter,
    statuses: {
      async write(_term, _type, _cache, _over, status) {
        const { conditions = [] } = status as Bind9InstanceStatus;
        const found = conditions.find(({ type }) => type === "Degraded");
        degraded = `${found?.reason}: ${found?.message}`;
        ignored = conditions.find(({ type }) => type === "FieldsIgnored")?.message ?? "";
        return done;
      },
    },
    images: { bind9Image: "bind9", agentImage: "bindy:1", agentCommand: ["node"] },
    clock: createHandClock(),
  });
  const gate = createFakeGate();
  gate.open("1");
  const term = gate.leadership.current();
  assert.ok(term);
  return { outcome: await reconciler.reconcile("a/one", term), degraded, ignored };
}

test("an instance whose objects a quota refuses says so, and is looked at again", async () => {
  const quota = new KubernetesError("API_FORBIDDEN", "exceeded quota: pods", { status: 403 });
  const { outcome, degraded } = await reconciled(quota);
  assert.equal(degraded, "Blocked: exceeded quota: pods");
  assert.equal((outcome as { kind: string }).kind, "obstructed");
});

test("what any write may meet is tried again as such", async () => {
  const away = new KubernetesError("API_UNAVAILABLE", "come again", { status: 503 });
  await assert.rejects(reconciled(away), away);
});

test("of an instance it is told that its list of namespaces is not read", async () => {
  const quota = new KubernetesError("API_FORBIDDEN", "exceeded quota: pods", { status: 403 });
  const list = keptList("x".repeat(longestList + 1));
  const { ignored } = await reconciled(quota, { [allowedNamespacesAnnotation]: list });
  assert.match(ignored, /lets nobody in/);
  assert.equal((await reconciled(quota)).ignored, "");
});

test("of an instance with too many labels it is told that no zone selects it", async () => {
  const quota = new KubernetesError("API_FORBIDDEN", "exceeded quota: pods", { status: 403 });
  const labels = withoutLabels(
    Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`l${at}`, ""])),
    () => false,
  );
  assert.match((await reconciled(quota, {}, {}, [], labels)).ignored, /there are 70, .* no zone selects/);
});

test("of a cluster that there is not the remedy is told, and where a provider has the name, what an instance takes", async () => {
  const quota = new KubernetesError("API_FORBIDDEN", "exceeded quota: pods", { status: 403 });
  const spec = { clusterRef: "shared" };
  const lost = await reconciled(quota, {}, spec);
  assert.match(
    lost.degraded,
    /clusterRef: there is no Bind9Cluster shared in this namespace: make it, write the name of one that there is, or take the field away/,
  );
  const taken = await reconciled(quota, {}, spec, ["shared"]);
  assert.match(
    taken.degraded,
    /shared is a ClusterBind9Provider, and an instance takes settings from a Bind9Cluster of its own namespace alone: make one here/,
  );
});
