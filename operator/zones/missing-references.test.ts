// What a zone says of the clusters and providers that it names and does not go to.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Condition } from "../resources/conditions.ts";
import type { DnsZone, DnsZoneSpec } from "../resources/dns-zone.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import { allowedNamespacesAnnotation } from "../resources/bind9-instance.ts";
import { createWorld } from "../world.ts";
import { missingReferences } from "./missing-references.ts";

const zoneOf = (more: Partial<DnsZoneSpec>): DnsZone => {
  const soaRecord = { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." };
  const metadata = { namespace: "a", name: "z" };
  return { apiVersion, kind: "DNSZone", metadata, spec: { zoneName: "z.example", soaRecord, ...more } };
};

const blocked: Condition = {
  type: "Degraded",
  status: "True",
  reason: "Blocked",
  message: "",
  lastTransitionTime: "",
  observedGeneration: 1,
};

test("a provider that is blocked, is without a cluster or does not let the zone in is told of by whatever field names it", () => {
  const world = createWorld();
  let version = 0;
  const putProvider = (conditions: Condition[], annotations: Record<string, string> = {}): void => {
    const metadata = { name: "prov", uid: "prov", resourceVersion: String((version += 1)), annotations };
    const object = { apiVersion, kind: "ClusterBind9Provider", metadata, spec: { namespace: "gone" } };
    world.providers.put({ ...object, status: { conditions } });
  };
  const putCluster = (uid: string): void => {
    const ownerReferences = [{ apiVersion, kind: "ClusterBind9Provider", name: "prov", uid }];
    const metadata = { namespace: "gone", name: "prov", uid: "c", resourceVersion: String((version += 1)) };
    const object = { apiVersion, kind: "Bind9Cluster", metadata: { ...metadata, ownerReferences }, spec: {} };
    world.clusters.put(object);
  };
  const told = (): string[] => {
    const [byProvider, byCluster] = [{ clusterProviderRef: "prov" }, { clusterRef: "prov" }].map((spec) =>
      missingReferences(world, zoneOf(spec)),
    );
    const [ofProvider, ofCluster] = ["clusterProviderRef: the ", "clusterRef: the "];
    assert.deepEqual(
      byProvider?.map((text) => text.replace(ofProvider ?? "", "")),
      byCluster?.map((text) => text.replace(ofCluster ?? "", "")),
    );
    return (byProvider ?? []).map((text) =>
      text.replace("clusterProviderRef: the ClusterBind9Provider ", ""),
    );
  };
  putProvider([]);
  assert.deepEqual(told(), [], "it is new");
  putProvider([blocked]);
  assert.deepEqual(told(), ["prov has no cluster: its condition Degraded says why"]);
  putCluster("prov");
  assert.deepEqual(told(), [], "what it has goes on");
  putCluster("somebody");
  assert.deepEqual(told(), ["prov has no cluster of its own: its condition Degraded says why"]);
  putCluster("prov");
  putProvider([], { [allowedNamespacesAnnotation]: "b" });
  assert.deepEqual(told(), [
    `prov does not let in this namespace: have its owner name it in the annotation ${allowedNamespacesAnnotation}`,
  ]);
});

test("a cluster that is blocked and has no instance is told of", () => {
  const world = createWorld();
  const metadata = { namespace: "a", name: "c", uid: "c", resourceVersion: "1" };
  const cluster = { apiVersion, kind: "Bind9Cluster", metadata, spec: {} };
  world.clusters.put(cluster);
  const zone = zoneOf({ clusterRef: "c" });
  assert.deepEqual(missingReferences(world, zone), []);
  const status = { conditions: [blocked] };
  world.clusters.put({ ...cluster, metadata: { ...metadata, resourceVersion: "2" }, status });
  const expected = ["clusterRef: the Bind9Cluster c has no instance: its condition Degraded says why"];
  assert.deepEqual(missingReferences(world, zone), expected);
  const made = { ...metadata, name: "c-primary-0", uid: "i" };
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata: made, spec: { clusterRef: "c" } });
  assert.deepEqual(missingReferences(world, zone), []);
});
