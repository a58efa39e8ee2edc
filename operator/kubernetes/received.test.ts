// What is made of an object that comes from the API server: it says the same as before.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aRecord } from "../resources/a-record.ts";
import { configMapType, managedByLabel, podType, serviceType } from "../resources/cluster-objects.ts";
import { dnsZone } from "../resources/dns-zone.ts";
import { bind9Instance } from "../resources/bind9-instance.ts";
import { bind9Cluster, clusterBind9Provider } from "../resources/bind9-cluster.ts";
import { ownedBy } from "../resources/kubernetes-object.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import { claimOfPod, isFinished, isUnready, type Pod } from "../resources/pod.ts";
import { recordKinds } from "../resources/record-kinds.ts";
import { zoneFile } from "../resources/zone-file.ts";
import { holds, withContentHash } from "./difference.ts";
import { keepWhatIsRead } from "./read-fields.ts";
import { createReceiver } from "./received.ts";

const words = fc.constantFrom("a", "Served", "2026-01-01T00:00:00Z", "x".repeat(200), "");
const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    words,
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 4 }),
  ),
})).value;

test("an object as deep as the API server takes it is received", () => {
  const text = `{"metadata":{"name":"a"},"spec":${"[".repeat(10_000)}${"]".repeat(10_000)}}`;
  const object = createReceiver()(JSON.parse(text) as KubernetesObject, aRecord.resource);
  assert.equal(object.metadata.name, "a");
});

test("an object that was received says what was sent, but for the bookkeeping", () => {
  const receive = createReceiver();
  fc.assert(
    fc.property(fc.array(values, { maxLength: 20 }), fc.boolean(), (all, hasType) => {
      for (const value of all) {
        const metadata = { name: "a", namespace: "dns", labels: { value }, uid: "u" };
        const type = { apiVersion: "v1", kind: "Other" };
        const sent = { ...(hasType ? type : {}), metadata, spec: value, status: { value } };
        const text = JSON.stringify({
          ...sent,
          metadata: { ...metadata, managedFields: [{ manager: "m" }] },
        });
        const object = receive(JSON.parse(text) as KubernetesObject, aRecord.resource);
        const { apiVersion, kind } = aRecord.resource;
        const wanted = { ...sent, ...(hasType ? {} : { apiVersion, kind }) };
        assert.deepEqual(JSON.parse(JSON.stringify(object)), JSON.parse(JSON.stringify(wanted)));
      }
    }),
  );
});

const fat = "x".repeat(4096);
const allowed = { "bindy.firestoned.io/allow-zone-namespaces": "a" };
const content = { "bindy.firestoned.io/content": "0123" };

/** What is left of an object as a list has it, without its kind, or as a watch has it. */
function received(type: ResourceType, object: object, isListed = false): KubernetesObject {
  const { apiVersion, kind } = type;
  const parsed = JSON.parse(JSON.stringify({ ...(isListed ? {} : { apiVersion, kind }), ...object }));
  const receive = createReceiver(keepWhatIsRead);
  const all = isListed ? receive(parsed, type) : receive(parsed);
  return JSON.parse(JSON.stringify(all));
}

test("of custom resources nothing is kept that anybody may have written into their metadata and nobody reads", () => {
  const owner = { apiVersion: "v1", kind: "Thing", name: fat, uid: "u" };
  const of = (annotations: object): object => ({
    metadata: {
      name: "a",
      uid: "u",
      labels: { zone: "a" },
      annotations: { "kubectl.kubernetes.io/last-applied-configuration": fat, other: fat, ...annotations },
      finalizers: [fat],
      ownerReferences: [owner],
    },
    spec: { name: "www" },
  });
  const kinds = [
    ...recordKinds.map(({ resource }) => [resource, undefined, false] as const),
    [dnsZone, allowed, false] as const,
    [clusterBind9Provider, allowed, false] as const,
    [bind9Instance, { ...allowed, ...content }, true] as const,
    [bind9Cluster, { ...allowed, ...content }, true] as const,
    [zoneFile, content, true] as const,
  ];
  for (const [type, annotations, hasOwners] of kinds) {
    for (const isListed of [true, false]) {
      const object = received(type, of({ ...allowed, ...content }), isListed);
      const { apiVersion, kind } = type;
      const metadata = {
        name: "a",
        uid: "u",
        labels: { zone: "a" },
        ...(annotations === undefined ? {} : { annotations }),
        ...(hasOwners ? { ownerReferences: [owner] } : {}),
      };
      assert.deepEqual(object, { apiVersion, kind, metadata, spec: { name: "www" } }, kind);
    }
  }
});

test("of what holds an object that is being deleted a few names are kept, each as long as one can be", () => {
  const finalizers = [fat, "a", "b", "c", "d", "e", "f", "g"];
  const metadata = { name: "a", uid: "u", deletionTimestamp: "now", finalizers };
  const kept = received(bind9Instance, { metadata }).metadata.finalizers ?? [];
  assert.deepEqual(kept, ["x".repeat(317), "a", "b", "c", "d", "e"]);
});

test("of a pod there is what is read of it, and that says the same", () => {
  const claim = { claimName: "c", readOnly: true };
  const pod = {
    ...podType,
    metadata: { name: "p", namespace: "dns", uid: "u", labels: { a: "b" }, annotations: { a: fat } },
    spec: {
      containers: [{ name: "c", env: [{ name: "A", value: fat }] }],
      volumes: [{ name: "other" }, { name: "bindy-zones", persistentVolumeClaim: claim }],
    },
    status: {
      phase: "Failed",
      message: fat,
      podIP: "10.244.0.5",
      hostIP: fat,
      conditions: [{ type: "Ready", status: "False", message: fat }],
      containerStatuses: [{ name: "c", state: { waiting: { reason: "InvalidImageName", message: fat } } }],
    },
  };
  const object = received(podType, pod) as Pod;
  assert.ok(JSON.stringify(object).length < 700);
  assert.match(object.status?.waits ?? "", /^c: InvalidImageName: /);
  assert.equal(object.status?.podIP, "10.244.0.5");
  assert.equal((received(podType, { ...pod, status: { podIP: fat } }) as Pod).status?.podIP, undefined);
  assert.deepEqual([claimOfPod(object), isFinished(object), isUnready(object)], ["c", true, true]);
  assert.deepEqual(object.metadata.labels, { a: "b" });
  // A bookmark is little more than a version.
  assert.deepEqual(received(podType, { metadata: { resourceVersion: "7" } }).metadata, {
    resourceVersion: "7",
  });
});

test("what has our label and is no instance's is kept without its content, and what is one's is kept whole", () => {
  const owner = {
    apiVersion: bind9Instance.apiVersion,
    kind: bind9Instance.kind,
    metadata: { name: "i", uid: "i" },
  };
  for (const [type, fields] of [
    [configMapType, { data: { a: fat }, binaryData: { b: fat } }],
    [serviceType, { spec: { externalName: fat }, status: { loadBalancer: {} } }],
  ] as const) {
    const { apiVersion, kind } = type;
    const metadata = { name: "a", labels: { ...managedByLabel }, annotations: { a: fat } };
    const stranger = received(type, { metadata, ...fields }, true);
    assert.deepEqual(stranger, {
      apiVersion,
      kind,
      metadata: { name: "a", labels: { ...managedByLabel } },
    });
    const own = withContentHash({
      apiVersion,
      kind,
      metadata: { ...metadata, ownerReferences: [ownedBy(owner)] },
      ...fields,
    });
    assert.ok(holds(received(type, own, true), own), kind);
    const unlabelled = { apiVersion, kind, metadata: { name: "a" }, ...fields };
    assert.deepEqual(received(type, unlabelled), unlabelled);
  }
});
