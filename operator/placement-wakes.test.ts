// Whoever stands otherwise after a change is looked at again: nobody looks at all zones from time to time.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createSystemClock } from "../platform/clock.ts";
import { createPace } from "./controller/pace.ts";
import type { Controller } from "./controller/controller.ts";
import { instanceNamespacesAnnotation } from "./resources/allowed-namespaces.ts";
import { allowedNamespacesAnnotation } from "./resources/bind9-instance.ts";
import { apiVersion, keyOf, ownedBy } from "./resources/kubernetes-object.ts";
import { recordKinds } from "./resources/record-kinds.ts";
import { connectTriggers } from "./triggers.ts";
import { createWorld, type World } from "./world.ts";
import { createCompilations } from "./zones/compilations.ts";
import { createZoneDrafts } from "./zones/zone-drafts.ts";
import { placeZone } from "./zones/zone-plan.ts";
import { draftLimits } from "./zones/zone-room.ts";

const namespace = fc.constantFrom("a", "b", "c");
const allowed = fc.constantFrom(undefined, "a", "b,c", "*");
const change = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("zone" as const),
      namespace,
      name: fc.constantFrom("1", "2"),
      zoneName: fc.constantFrom("example", "x.example", "y.x.example"),
      goesBy: fc.constantFrom("role", "provider", "cluster", "nothing"),
      second: fc.integer({ min: 0, max: 5 }),
      isThere: fc.boolean(),
      allowed,
      goesInto: fc.constantFrom("dns", "*", undefined),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("instance" as const),
      role: fc.constantFrom("dns", "none"),
      allowed,
      isThere: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("provider" as const),
      allowed,
      isThere: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("cluster" as const),
      namespace: fc.constantFrom("a", "dns"),
      /** Whether it is the provider's. */
      isOwn: fc.boolean(),
      isThere: fc.boolean(),
    }),
  },
);

interface Counted {
  version: number;
}

function apply(
  world: World,
  of: typeof change extends fc.Arbitrary<infer T> ? T : never,
  counted: Counted,
): void {
  counted.version += 1;
  const resourceVersion = String(counted.version);
  const annotations: Record<string, string> = {};
  if ("allowed" in of && of.allowed !== undefined) annotations[allowedNamespacesAnnotation] = of.allowed;
  if ("goesInto" in of && of.goesInto !== undefined) annotations[instanceNamespacesAnnotation] = of.goesInto;
  const about = { uid: "u", resourceVersion, generation: counted.version, annotations };
  if (of.kind === "zone") {
    const creationTimestamp = `2026-01-01T00:00:0${of.second}Z`;
    const metadata = {
      ...about,
      namespace: of.namespace,
      name: of.name,
      uid: `${of.second}`,
      creationTimestamp,
    };
    const soaRecord = { primaryNs: "ns1.example.", adminEmail: "a.example." };
    const selector = { matchLabels: { role: "dns" } };
    const goes =
      of.goesBy === "role"
        ? { bind9InstancesFrom: [{ selector }] }
        : of.goesBy === "provider"
          ? { clusterProviderRef: "p" }
          : of.goesBy === "cluster"
            ? { clusterRef: "p" }
            : {};
    const zone = {
      apiVersion,
      kind: "DNSZone",
      metadata,
      spec: { zoneName: of.zoneName, soaRecord, ...goes },
    };
    if (of.isThere) world.zones.put(zone);
    else world.zones.remove(zone);
  } else if (of.kind === "instance") {
    const metadata = { ...about, namespace: "dns", name: "one", labels: { role: of.role } };
    const instance = { apiVersion, kind: "Bind9Instance", metadata, spec: { clusterRef: "p" } };
    if (of.isThere) world.instances.put(instance);
    else world.instances.remove(instance);
  } else if (of.kind === "cluster") {
    const provider = { apiVersion, kind: "ClusterBind9Provider", metadata: { name: "p", uid: "u" } };
    const ownerReferences = of.isOwn ? [ownedBy(provider)] : [];
    const metadata = { ...about, namespace: of.namespace, name: "p", ownerReferences };
    const cluster = { apiVersion, kind: "Bind9Cluster", metadata, spec: {} };
    if (of.isThere) world.clusters.put(cluster);
    else world.clusters.remove(cluster);
  } else {
    const metadata = { ...about, name: "p" };
    const provider = { apiVersion, kind: "ClusterBind9Provider", metadata, spec: { namespace: "dns" } };
    if (of.isThere) world.providers.put(provider);
    else world.providers.remove(provider);
  }
}

function standings(world: World): Map<string, string> {
  return new Map(
    world.zones.list().map((zone) => {
      const { targets, duplicates, notAdmitted } = placeZone(world, zone);
      const text = [
        ...targets.map(({ fileKey }) => fileKey),
        ...duplicates.map(({ olderKey }) => `duplicate of ${olderKey}`),
        ...notAdmitted.map(({ aboveKey }) => `not let in by ${aboveKey}`),
      ];
      return [keyOf(zone), text.join()];
    }),
  );
}

test("whoever goes elsewhere after a change of a zone, an instance or a provider is looked at again", () => {
  fc.assert(
    fc.property(fc.array(change, { minLength: 5, maxLength: 40 }), (changes) => {
      const world = createWorld();
      const woken = new Set<string>();
      const controller = (note: (key: string) => void): Controller => ({
        enqueue: (key) => note(key),
        hasWaiting: () => false,
        idle: async () => {},
        close: async () => {},
      });
      const others = controller(() => {});
      const zones = controller((key) => woken.add(key));
      const records = new Map(recordKinds.map(({ resource }) => [resource.plural, others]));
      const controllers = { providers: others, clusters: others, instances: others, zones, records };
      const drafts = createZoneDrafts(draftLimits(2 ** 30));
      const pace = createPace(createSystemClock());
      connectTriggers(world, controllers, createCompilations(), drafts, pace);
      const counted = { version: 0 };
      apply(world, { kind: "instance", role: "dns", allowed: "*", isThere: true }, counted);
      apply(world, { kind: "provider", allowed: "*", isThere: true }, counted);
      for (const each of changes) {
        const before = standings(world);
        woken.clear();
        apply(world, each, counted);
        for (const [key, now] of standings(world))
          assert.ok(
            now === (before.get(key) ?? "") || woken.has(key),
            `${key}: ${before.get(key)}, then ${now}`,
          );
      }
    }),
    { numRuns: 300 },
  );
});
