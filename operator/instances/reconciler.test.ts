// What becomes of an instance whose objects the API server does not take.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { createHandClock } from "../../test/kit/hand-clock.ts";
import { done } from "../controller/controller.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import { deploymentType, type Deployment } from "../resources/cluster-objects.ts";
import type { Pod } from "../resources/pod.ts";
import { podOf } from "../resources/pod-fixture.ts";
import { withoutLabels, type Labels } from "../resources/label-selector.ts";
import { instanceNamespacesAnnotation, keptList, longestList } from "../resources/allowed-namespaces.ts";
import {
  allowedNamespacesAnnotation,
  type Bind9InstanceSpec,
  type Bind9InstanceStatus,
} from "../resources/bind9-instance.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { createWorld } from "../world.ts";
import { createInstanceReconciler } from "./reconciler.ts";

interface Reconciled {
  readonly outcome: string;
  /** A condition as `status reason: message`. */
  of(type: string): string;
}

interface Around {
  readonly create: GuardedWriter["create"];
  readonly spec?: Bind9InstanceSpec;
  readonly labels?: Labels;
  readonly annotations?: Record<string, string>;
  readonly providers?: readonly string[];
  /** The status of the instance's one pod; no pod where it is left out. */
  readonly pod?: Pod["status"];
}

/** What an instance becomes at one look of its reconciler, in a world with nothing but what is given. */
async function reconciled(around: Around): Promise<Reconciled> {
  const { create, spec = {}, labels = {}, annotations = {}, providers = [], pod } = around;
  const world = createWorld();
  const metadata = { namespace: "a", name: "one", uid: "one", resourceVersion: "1", annotations, labels };
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata, spec });
  for (const name of providers) {
    const own = { name, uid: name, resourceVersion: "1" };
    world.providers.put({ apiVersion, kind: "ClusterBind9Provider", metadata: own, spec: {} });
  }
  if (pod !== undefined) world.pods.put(podOf("p1", 1, pod));
  let conditions: Bind9InstanceStatus["conditions"] = [];
  const client: Partial<KubernetesClient> = { get: async () => ({ kind: "missing" }) };
  const reconciler = createInstanceReconciler({
    world,
    client: client as KubernetesClient,
    writer: { create } as GuardedWriter,
    statuses: {
      async write(_term, _type, _cache, _over, written) {
        conditions = written.conditions;
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
  const { kind } = await reconciler.reconcile("a/one", term);
  return {
    outcome: kind,
    of(type) {
      const found = conditions?.find((condition) => condition.type === type);
      return `${found?.status} ${found?.reason}: ${found?.message}`;
    },
  };
}

function refusedWith(error: Error): GuardedWriter["create"] {
  return async () => {
    throw error;
  };
}

const overQuota = refusedWith(new KubernetesError("API_FORBIDDEN", "exceeded quota: pods", { status: 403 }));

/** Whatever is made is there; the Deployment with this status. */
function takenWith(status: NonNullable<Deployment["status"]>): GuardedWriter["create"] {
  return async (_term, type, object) => {
    const made = { ...object, metadata: { ...object.metadata, uid: type.kind, resourceVersion: "1" } };
    const whole = type === deploymentType ? { ...made, status } : made;
    return { kind: "written", object: whole as unknown as never };
  };
}

test("an instance whose objects a quota refuses says so, and is looked at again", async () => {
  const refused = await reconciled({ create: overQuota });
  assert.equal(refused.of("Degraded"), "True Blocked: exceeded quota: pods");
  assert.equal(refused.outcome, "obstructed");
});

test("what any write may meet is tried again as such", async () => {
  const away = new KubernetesError("API_UNAVAILABLE", "come again", { status: 503 });
  await assert.rejects(reconciled({ create: refusedWith(away) }), away);
});

test("of an instance it is told that its list of namespaces is not read", async () => {
  const annotations = { [allowedNamespacesAnnotation]: keptList("x".repeat(longestList + 1)) };
  const listed = await reconciled({ create: overQuota, annotations });
  assert.match(listed.of("FieldsIgnored"), /lets nobody in/);
  assert.doesNotMatch((await reconciled({ create: overQuota })).of("FieldsIgnored"), /lets nobody in/);
});

test("of an instance a list is told of that is for zones alone", async () => {
  const annotations = { [instanceNamespacesAnnotation]: "*", [allowedNamespacesAnnotation]: "*" };
  const { of } = await reconciled({ create: overQuota, annotations });
  assert.match(of("FieldsIgnored"), /allow-instance-namespaces means nothing here: write it on the DNSZone/);
  assert.doesNotMatch(of("FieldsIgnored"), /allow-zone-namespaces/);
});

test("of an instance with too many labels it is told that no zone selects it", async () => {
  const labels = withoutLabels(
    Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`l${at}`, ""])),
    () => false,
  );
  const { of } = await reconciled({ create: overQuota, labels });
  assert.match(of("FieldsIgnored"), /there are 70, .* no zone selects/);
});

test("of a cluster that there is not the remedy is told, and where a provider has the name, what an instance takes", async () => {
  const spec = { clusterRef: "shared" };
  const lost = await reconciled({ create: overQuota, spec });
  assert.match(
    lost.of("Degraded"),
    /clusterRef: there is no Bind9Cluster shared in this namespace: make it, write the name of one that there is, or take the field away/,
  );
  const taken = await reconciled({ create: overQuota, spec, providers: ["shared"] });
  assert.match(
    taken.of("Degraded"),
    /shared is a ClusterBind9Provider, and an instance takes settings from a Bind9Cluster of its own namespace alone: make one here/,
  );
});

test("why no pod of an instance starts stands in its conditions", async () => {
  const conditions = [{ type: "ReplicaFailure", status: "True", message: "exceeded quota" }];
  const refused = await reconciled({ create: takenWith({ conditions }) });
  assert.equal(
    refused.of("Ready"),
    "False NoReplicaReady: 0 of 1 replicas are ready; a pod cannot be made: exceeded quota",
  );
  assert.equal(refused.of("Degraded"), "True PodsNotStarting: a pod cannot be made: exceeded quota");
  assert.equal(refused.outcome, "done", "the Deployment tells when it is over");
});

test("a change whose pods do not start is told, though those of before it serve", async () => {
  const create = takenWith({ readyReplicas: 1, unavailableReplicas: 1 });
  const rolling = await reconciled({ create, pod: { waits: "named: ImagePullBackOff" } });
  assert.equal(rolling.of("Ready"), "True Serving: 1 of 1 replicas are ready");
  assert.match(rolling.of("Progressing"), /^True RollingOut/);
  assert.equal(rolling.of("Degraded"), "True PodsNotStarting: a pod does not start: named: ImagePullBackOff");
  const over = await reconciled({ create: takenWith({ readyReplicas: 1 }) });
  assert.match(over.of("Progressing"), /^False UpToDate/);
  assert.match(over.of("Degraded"), /^False AsWritten/);
});

test("a ConfigMap that pods wait for is named, and looked for again, until they are ready", async () => {
  const spec = { configMapRefs: { namedConfOptions: "mine" } };
  const waiting = await reconciled({ create: takenWith({}), spec });
  assert.match(
    waiting.of("Degraded"),
    /^True PodsNotStarting: configMapRefs\.namedConfOptions: there is no ConfigMap mine/,
  );
  assert.equal(waiting.outcome, "obstructed");
  const ready = await reconciled({ create: takenWith({ readyReplicas: 1 }), spec });
  assert.deepEqual([ready.of("Degraded").slice(0, 5), ready.outcome], ["False", "done"]);
});

test("a pod whose address named does not listen at is told, in both conditions", async () => {
  const spec = { config: { listenOn: ["192.0.2.53"] } };
  const waiting = await reconciled({ create: takenWith({}), spec, pod: { podIP: "10.244.0.5" } });
  for (const type of ["Ready", "Degraded"])
    assert.match(waiting.of(type), /config\.listenOn: \["192\.0\.2\.53"\] leaves out 10\.244\.0\.5/);
});
