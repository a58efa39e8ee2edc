// Which keys are looked at again when another object changes, and when: by the changes that need a moment to be told from a blip.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createSystemClock } from "../platform/clock.ts";
import { createPace } from "./controller/pace.ts";
import type { Controller } from "./controller/controller.ts";
import { instanceNamespacesAnnotation } from "./resources/allowed-namespaces.ts";
import { allowedNamespacesAnnotation } from "./resources/bind9-instance.ts";
import { apiVersion } from "./resources/kubernetes-object.ts";
import { podOf } from "./resources/pod-fixture.ts";
import { recordKinds } from "./resources/record-kinds.ts";
import { instanceLabel } from "./resources/zone-file.ts";
import { connectTriggers } from "./triggers.ts";
import { createWorld, type World } from "./world.ts";
import { createCompilations } from "./zones/compilations.ts";
import { createZoneDrafts } from "./zones/zone-drafts.ts";
import { draftLimits } from "./zones/zone-room.ts";

interface Scene {
  readonly world: World;
  /** What was added to the queue of the zones since the last call: keys, and after what time. */
  woken(): string[];
  /** The same of the instances. */
  instancesWoken(): string[];
}

/** One instance with the ZoneFile of one zone. */
function setScene(): Scene {
  const world = createWorld();
  const woken: string[] = [];
  const instancesWoken: string[] = [];
  const controller = (note: (key: string, afterMs: number) => void): Controller => ({
    enqueue: (key, _why, afterMs = 0) => note(key, afterMs),
    hasWaiting: () => false,
    idle: async () => {},
    close: async () => {},
  });
  const others = controller(() => {});
  connectTriggers(
    world,
    {
      providers: others,
      clusters: others,
      instances: controller((key, afterMs) => instancesWoken.push(`${key} ${afterMs}`)),
      zones: controller((key, afterMs) => woken.push(`${key} ${afterMs}`)),
      records: new Map(recordKinds.map(({ resource }) => [resource.plural, others])),
    },
    createCompilations(),
    createZoneDrafts(draftLimits(2 ** 30)),
    createPace(createSystemClock()),
  );
  const metadata = { namespace: "a", name: "one", uid: "one", resourceVersion: "1" };
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata, spec: {} });
  world.zoneFiles.put({
    apiVersion,
    kind: "ZoneFile",
    metadata: { ...metadata, name: "one.z.example", labels: { [instanceLabel]: "one" } },
    spec: {
      zoneName: "z.example",
      serial: 1,
      recordsCount: 0,
      zoneRef: { namespace: "a", name: "z" },
      text: "",
    },
  });
  for (const list of [woken, instancesWoken]) list.length = 0;
  return {
    world,
    woken: () => [...new Set(woken.splice(0))],
    instancesWoken: () => instancesWoken.splice(0),
  };
}

test("zones hear of a pod that ends for good at once, and after a while that none is ready", () => {
  const { world, woken } = setScene();
  let version = 0;
  const change = (name: string, phase: string, ready: string): string[] => {
    version += 1;
    const pod = podOf(name, version, { phase, conditions: [{ type: "Ready", status: ready }] });
    world.pods.put(pod);
    return woken();
  };
  assert.deepEqual(change("p0", "Pending", "False"), ["a/z 0"], "it is new");
  assert.deepEqual(change("p0", "Running", "False"), []);
  assert.deepEqual(change("p0", "Running", "True"), ["a/z 0"], "the first that is ready");
  assert.deepEqual(change("p1", "Running", "False"), ["a/z 0"], "it is new");
  assert.deepEqual(change("p1", "Running", "True"), ["a/z 0"], "it has not loaded the zone");
  const file = world.zoneFiles.get("a/one.z.example");
  assert.ok(file);
  const metadata = { ...file.metadata, resourceVersion: "2" };
  world.zoneFiles.put({ ...file, metadata, status: { loaded: { p0: 1, p1: 1 } } });
  woken();
  assert.deepEqual(change("p1", "Running", "False"), [], "another one is ready");
  assert.deepEqual(change("p1", "Running", "True"), [], "another one is ready");
  assert.deepEqual(change("p0", "Running", "False"), [], "another one is ready still");
  const [after = ""] = change("p1", "Running", "Unknown");
  assert.ok(Number(after.split(" ")[1]) >= 5000, `a container that is started anew is not told of: ${after}`);
  assert.deepEqual(change("p1", "Running", "True"), ["a/z 0"]);
  assert.deepEqual(change("p0", "Failed", "False"), ["a/z 0"], "it is not waited for any more");
});

test("an instance hears, after a while, that a pod of it does not start, and that it does", () => {
  const { world, instancesWoken } = setScene();
  const put = (version: number, waits?: string): string[] => {
    world.pods.put(podOf("p1", version, { phase: "Pending", ...(waits === undefined ? {} : { waits }) }));
    return instancesWoken();
  };
  assert.deepEqual(put(1), []);
  assert.deepEqual(put(2, "named: ImagePullBackOff"), ["a/one 10000"]);
  assert.deepEqual(put(3, "named: ImagePullBackOff"), []);
  assert.deepEqual(put(4), ["a/one 10000"]);
});

test("an instance hears, after a while, that a pod of it which is not ready has an address", () => {
  const { world, instancesWoken } = setScene();
  const put = (version: number, ready: string, podIP: string): string[] => {
    world.pods.put(podOf("p1", version, { conditions: [{ type: "Ready", status: ready }], podIP }));
    return instancesWoken();
  };
  assert.deepEqual(put(1, "False", "10.0.0.1"), ["a/one 10000"]);
  assert.deepEqual(put(2, "False", "10.0.0.1"), []);
  assert.deepEqual(put(3, "True", "10.0.0.2"), []);
});

test("an edit that moves a zone nowhere wakes that zone alone, and one that does the younger of its name and below it", () => {
  const { world, woken } = setScene();
  const annotations = { [allowedNamespacesAnnotation]: "*" };
  const metadata = { namespace: "a", name: "two", uid: "two", resourceVersion: "1", annotations };
  const labelled = { ...metadata, labels: { role: "dns" } };
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata: labelled, spec: {} });
  let version = 0;
  const selecting = { bind9InstancesFrom: [{ selector: { matchLabels: { role: "dns" } } }] };
  const change = (
    second: number,
    namespace: string,
    zoneName: string,
    more: object = selecting,
    notes = {},
  ): Set<string> => {
    version += 1;
    const of = {
      namespace,
      name: "z",
      uid: namespace,
      resourceVersion: String(version),
      generation: version,
      creationTimestamp: `2026-01-01T00:00:0${second}Z`,
      annotations: { [instanceNamespacesAnnotation]: "a", ...notes },
    };
    const soaRecord = { primaryNs: "ns1.example.", adminEmail: "a.example." };
    world.zones.put({ apiVersion, kind: "DNSZone", metadata: of, spec: { zoneName, soaRecord, ...more } });
    return new Set(woken());
  };
  assert.deepEqual(change(5, "b", "x.example"), new Set(["b/z 0"]));
  assert.deepEqual(change(7, "c", "example"), new Set(["c/z 0"]), "it is the youngest");
  assert.deepEqual(change(1, "d", "example"), new Set(["d/z 0", "c/z 0", "b/z 0"]));
  const ttl = { ...selecting, ttl: 60 };
  assert.deepEqual(change(1, "d", "example", ttl), new Set(["d/z 0"]));
  assert.deepEqual(change(1, "d", "example", ttl, { note: "x" }), new Set(["d/z 0"]));
  const letsIn = { [allowedNamespacesAnnotation]: "b" };
  assert.deepEqual(change(1, "d", "example", ttl, letsIn), new Set(["d/z 0", "c/z 0", "b/z 0"]));
  const stays = { ...letsIn, [instanceNamespacesAnnotation]: "" };
  assert.deepEqual(change(1, "d", "example", ttl, stays), new Set(["d/z 0", "c/z 0", "b/z 0"]), "it leaves");
  assert.deepEqual(change(1, "d", "example", ttl, letsIn), new Set(["d/z 0", "c/z 0", "b/z 0"]));
  assert.deepEqual(change(1, "d", "example", {}), new Set(["d/z 0", "c/z 0", "b/z 0"]), "it went there");
  assert.deepEqual(change(1, "d", "example", {}, letsIn), new Set(["d/z 0"]), "it goes nowhere");
});

test("an instance that changes wakes the zones that go to it, or went, and a cluster those that name it", () => {
  const { world, woken } = setScene();
  const zone = (namespace: string, spec: object): void => {
    const metadata = { namespace, name: "z", uid: namespace, resourceVersion: "1", generation: 1 };
    const soaRecord = { primaryNs: "ns1.example.", adminEmail: "a.example." };
    world.zones.put({
      apiVersion,
      kind: "DNSZone",
      metadata,
      spec: { zoneName: `${namespace}.example`, soaRecord, ...spec },
    });
  };
  const selecting = { bind9InstancesFrom: [{ selector: { matchLabels: { role: "dns" } } }] };
  zone("a", selecting);
  zone("b", selecting);
  zone("c", { clusterRef: "many" });
  woken();
  let version = 1;
  const change = (labels: Record<string, string>): string[] => {
    const metadata = {
      namespace: "a",
      name: "one",
      uid: "one",
      resourceVersion: String((version += 1)),
      labels,
    };
    world.instances.put({ apiVersion, kind: "Bind9Instance", metadata, spec: {} });
    return woken();
  };
  assert.deepEqual(change({ role: "dns" }), ["a/z 0"]);
  assert.deepEqual(change({ role: "other" }), ["a/z 0"]);
  assert.deepEqual(change({ role: "third" }), ["a/z 0"], "it has left its file there");
  change({ role: "dns" });
  const one = world.instances.get("a/one");
  assert.ok(one);
  const set = (config: object, replicas = 1, allowed = ""): string[] => {
    const resourceVersion = String((version += 1));
    const annotations = { [allowedNamespacesAnnotation]: allowed };
    world.instances.put({
      ...one,
      metadata: { ...one.metadata, resourceVersion, annotations },
      spec: { config, replicas },
    });
    return woken();
  };
  assert.deepEqual(set({ allowQuery: ["10.0.0.0/8"] }), ["a/z 0"], "it has an annotation now");
  assert.deepEqual(set({ allowQuery: ["10.0.0.0/9"] }), []);
  assert.deepEqual(set({ allowQuery: ["none"] }), ["a/z 0"]);
  assert.deepEqual(set({ allowQuery: ["none"] }, 2), []);
  assert.deepEqual(set({ allowQuery: ["none"] }, 0), ["a/z 0"], "no pod is asked for");
  assert.deepEqual(set({ allowQuery: ["none"] }, 0, "b"), ["a/z 0"], "b/z does not go there");
  const metadata = { namespace: "c", name: "many", uid: "many", resourceVersion: "1" };
  world.clusters.put({ apiVersion, kind: "Bind9Cluster", metadata, spec: {} });
  assert.deepEqual(woken(), ["c/z 0"]);
});

test("a zone that goes nowhere hears of an instance that it selects and that does not admit it, or does", () => {
  const { world, woken } = setScene();
  const notes = { annotations: { [instanceNamespacesAnnotation]: "a" } };
  const metadata = { namespace: "b", name: "z", uid: "b", resourceVersion: "1", ...notes };
  const soaRecord = { primaryNs: "ns1.example.", adminEmail: "a.example." };
  const bind9InstancesFrom = [{ selector: { matchLabels: { role: "dns" } } }];
  const spec = { zoneName: "b.example", soaRecord, bind9InstancesFrom };
  world.zones.put({ apiVersion, kind: "DNSZone", metadata, spec });
  woken();
  let version = 1;
  const put = (role: string, allowed: string): string[] => {
    const annotations = { [allowedNamespacesAnnotation]: allowed };
    const one = { namespace: "a", name: "one", uid: "one", labels: { role }, annotations };
    const resourceVersion = String((version += 1));
    world.instances.put({
      apiVersion,
      kind: "Bind9Instance",
      metadata: { ...one, resourceVersion },
      spec: {},
    });
    return woken().filter((key) => key.startsWith("b/"));
  };
  assert.deepEqual(put("other", ""), []);
  assert.deepEqual(put("dns", ""), ["b/z 0"]);
  assert.deepEqual(put("dns", "b"), ["b/z 0"]);
  assert.deepEqual(put("dns", ""), ["b/z 0"]);
  const labels = { [instanceLabel]: "two" };
  const file = { namespace: "a", name: "two.b.example", uid: "f", resourceVersion: "1", labels };
  const zoneRef = { namespace: "b", name: "z" };
  const served = { zoneName: "b.example", serial: 1, recordsCount: 0, zoneRef, text: "" };
  world.zoneFiles.put({ apiVersion, kind: "ZoneFile", metadata: file, spec: served });
  woken();
  assert.deepEqual(put("other", ""), [], "it is served elsewhere");
});

test("a cluster that has its instances refuse everybody wakes their zones", () => {
  const { world, woken } = setScene();
  const one = world.instances.get("a/one");
  assert.ok(one);
  const metadata = { namespace: "a", name: "c", uid: "c" };
  world.instances.put({
    ...one,
    metadata: { ...one.metadata, resourceVersion: "2" },
    spec: { clusterRef: "c" },
  });
  woken();
  let version = 0;
  const set = (allowQuery: string[]): string[] => {
    const resourceVersion = String((version += 1));
    const spec = { global: { allowQuery } };
    world.clusters.put({
      apiVersion,
      kind: "Bind9Cluster",
      metadata: { ...metadata, resourceVersion },
      spec,
    });
    return woken();
  };
  assert.deepEqual(set(["any"]), []);
  assert.deepEqual(set(["none"]), ["a/z 0"]);
  assert.deepEqual(set(["10.0.0.300"]), []);
  assert.deepEqual(set(["10.0.0.0/8"]), ["a/z 0"]);
});

test("an instance hears of a ZoneFile that another zone took over, and a zone of the one that another has left it", () => {
  const { world, woken, instancesWoken } = setScene();
  const soaRecord = { primaryNs: "ns1.example.", adminEmail: "a.example." };
  const labels = { role: "dns" };
  const metadata = { namespace: "a", name: "one", uid: "one", resourceVersion: "2", labels };
  world.instances.put({ apiVersion, kind: "Bind9Instance", metadata, spec: {} });
  const selecting = { bind9InstancesFrom: [{ selector: { matchLabels: labels } }] };
  world.zones.put({
    apiVersion,
    kind: "DNSZone",
    metadata: { namespace: "a", name: "other", uid: "other", resourceVersion: "1" },
    spec: { zoneName: "z.example", soaRecord, ...selecting },
  });
  woken();
  instancesWoken();
  const file = world.zoneFiles.get("a/one.z.example");
  assert.ok(file);
  const version = (resourceVersion: string): object => ({ metadata: { ...file.metadata, resourceVersion } });
  world.zoneFiles.put({ ...file, ...version("2"), status: { loaded: { p0: 1 } } });
  assert.deepEqual(new Set(woken()), new Set(["a/z 0", "a/other 0"]), "it stands for the second one now");
  assert.deepEqual(instancesWoken(), [], "its zones are the same");
  const zoneRef = { namespace: "a", name: "other" };
  world.zoneFiles.put({ ...file, ...version("3"), spec: { ...file.spec, zoneRef } });
  assert.deepEqual(new Set(instancesWoken()), new Set(["a/one 2000"]));
});

test("a zone for whose servers, or delegation, another one answers is looked at when that is another", () => {
  const { world, woken } = setScene();
  let version = 0;
  const putAbove = (resourceVersion: string, primaryNs: string): void => {
    const metadata = { namespace: "a", name: "z", uid: "z", resourceVersion };
    const soaRecord = { primaryNs, adminEmail: "a.example." };
    world.zones.put({ apiVersion, kind: "DNSZone", metadata, spec: { zoneName: "z.example", soaRecord } });
    woken();
  };
  const putBelow = (serial: number, loaded = {}, text = ""): string[] => {
    world.zoneFiles.put({
      apiVersion,
      kind: "ZoneFile",
      metadata: {
        namespace: "a",
        name: "one.sub.z.example",
        uid: "below",
        resourceVersion: String((version += 1)),
        labels: { [instanceLabel]: "one" },
      },
      spec: {
        zoneName: "sub.z.example",
        serial,
        recordsCount: 0,
        zoneRef: { namespace: "a", name: "below" },
        text,
      },
      status: { loaded },
    });
    return woken();
  };
  putAbove("1", "ns.z.example.");
  assert.deepEqual(putBelow(1), ["a/below 0", "a/z 0"], "it came");
  assert.deepEqual(putBelow(2), ["a/below 0"]);
  assert.deepEqual(putBelow(2, {}, "sub.z.example. 1 IN NS a.\n"), ["a/below 0"], "the serial decides");
  assert.deepEqual(putBelow(3, {}, "sub.z.example. 1 IN NS b.\n"), ["a/below 0", "a/z 0"]);
  assert.deepEqual(putBelow(4, {}, "sub.z.example. 2 IN NS b.\n"), ["a/below 0"]);
  putAbove("2", "ns.sub.z.example.");
  assert.deepEqual(putBelow(5), ["a/below 0", "a/z 0"]);
  assert.deepEqual(putBelow(5, { p0: 5 }), ["a/below 0"], "it is loaded, and says the same");
});

test("zones hear that a provider or a cluster that they name is blocked, and that it is not any more", () => {
  const { world, woken } = setScene();
  const soaRecord = { primaryNs: "ns.example.", adminEmail: "a.example." };
  for (const [name, reference] of [
    ["by-provider", { clusterProviderRef: "p" }],
    ["by-cluster", { clusterRef: "p" }],
    ["other", { clusterRef: "q" }],
  ] as const) {
    const metadata = { namespace: "a", name, uid: name, resourceVersion: "1" };
    const spec = { zoneName: `${name}.example`, soaRecord, ...reference };
    world.zones.put({ apiVersion, kind: "DNSZone", metadata, spec });
  }
  let version = 0;
  const statusOf = (reason: string): { status: object } => {
    const condition = { type: "Degraded", status: "True", message: "", lastTransitionTime: "" };
    return { status: { conditions: [{ ...condition, reason }] } };
  };
  const putProvider = (reason: string): string[] => {
    const metadata = { name: "p", uid: "p", resourceVersion: String((version += 1)) };
    const spec = { namespace: "gone" };
    world.providers.put({ apiVersion, kind: "ClusterBind9Provider", metadata, spec, ...statusOf(reason) });
    return woken();
  };
  const putCluster = (reason: string): string[] => {
    const metadata = { namespace: "a", name: "q", uid: "q", resourceVersion: String((version += 1)) };
    world.clusters.put({ apiVersion, kind: "Bind9Cluster", metadata, spec: {}, ...statusOf(reason) });
    return woken();
  };
  putProvider("AsWritten");
  assert.deepEqual(putProvider("InvalidConfiguration"), []);
  assert.deepEqual(putProvider("Blocked"), ["a/by-provider 0", "a/by-cluster 0"]);
  assert.deepEqual(putProvider("Blocked"), []);
  assert.deepEqual(putProvider("AsWritten"), ["a/by-provider 0", "a/by-cluster 0"]);
  putCluster("AsWritten");
  assert.deepEqual(putCluster("Blocked"), ["a/other 0"]);
  assert.deepEqual(putCluster("AsWritten"), ["a/other 0"]);
});
