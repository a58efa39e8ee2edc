// Of objects of one second, as one `kubectl create` makes them, the one stays whose namespace and name sort first, whatever their kinds.
import assert from "node:assert/strict";
import { test } from "node:test";
import { atOnce } from "../bind9/sorted.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { age, apiVersion } from "../resources/kubernetes-object.ts";
import { recordKinds } from "../resources/record-kinds.ts";
import { cacheOf, createWorld, type World } from "../world.ts";
import { placeZone, planBody } from "./zone-plan.ts";
import { createZoneDrafts } from "./zone-drafts.ts";
import { draftLimits } from "./zone-room.ts";

const namespace = "dns";

function put(world: World, kind: string, name: string, spec: { readonly name: string }): void {
  const found = recordKinds.find(({ resource }) => resource.kind === kind);
  assert.ok(found !== undefined);
  const metadata = {
    namespace,
    name,
    uid: name,
    resourceVersion: "1",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { zone: "tie" },
  };
  cacheOf(world.records, found.resource.plural).put({ apiVersion, kind, metadata, spec });
}

/** What is left out of the zone of all records, and why. */
function leftOut(world: World): string[] {
  const metadata = { namespace, name: "zone", uid: "zone", resourceVersion: "1" };
  const zone: DnsZone = {
    apiVersion,
    kind: "DNSZone",
    metadata,
    spec: {
      zoneName: "example.org",
      soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
      bind9InstancesFrom: [{ selector: {} }],
      recordsFrom: [{ selector: { matchLabels: { zone: "tie" } } }],
    },
  };
  world.instances.put({
    apiVersion,
    kind: "Bind9Instance",
    metadata: { namespace, name: "one", uid: "one", resourceVersion: "1" },
    spec: {},
  });
  const drafts = createZoneDrafts(draftLimits(2 ** 30));
  const drafted = atOnce(planBody(world, zone, placeZone(world, zone), drafts));
  assert.ok(drafted.kind === "drafted" && drafted.body.kind === "body");
  return drafted.body.diagnostics.map(({ id, message }) => `${id}: ${message}`);
}

test("a delegation that sorts before the address below it, of the same second, stays", () => {
  const world = createWorld();
  const host = { name: "host.tie", ipv4Addresses: ["192.0.2.1"] };
  put(world, "ARecord", "bb-host", host);
  const delegation = { name: "tie", nameserver: "ns.example.net." };
  put(world, "NSRecord", "aa-deleg", delegation);
  const [told = "", ...others] = leftOut(world);
  assert.match(told, /^ARecord\/dns\/bb-host: name: host\.tie\.example\.org\. A is hidden/);
  assert.deepEqual(others, []);
});

test("an alias that sorts before the address at its name, of the same second, stays", () => {
  const world = createWorld();
  const target = { name: "*", target: "www.example.net." };
  put(world, "CNAMERecord", "w1", target);
  const address = { name: "*", ipv4Addresses: ["192.0.2.1"] };
  put(world, "ARecord", "w2", address);
  const [told = "", ...others] = leftOut(world);
  assert.match(told, /^ARecord\/dns\/w2: .*: CNAMERecord\/dns\/w1 came first/);
  assert.deepEqual(others, []);
});

test("objects of one name and of two kinds go by their kinds at last", () => {
  const world = createWorld();
  const target = { name: "www", target: "www.example.net." };
  put(world, "CNAMERecord", "same", target);
  const address = { name: "www", ipv4Addresses: ["192.0.2.1"] };
  put(world, "ARecord", "same", address);
  assert.match(leftOut(world).join(), /^CNAMERecord\/dns\/same: .*: ARecord\/dns\/same came first/);
});

test("a namespace sorts before those that begin as it does, and then the name counts", () => {
  const of = (space: string, name: string): string =>
    age({
      apiVersion,
      kind: "DNSZone",
      metadata: { namespace: space, name, uid: name, resourceVersion: "1" },
    });
  const sorted = [of("a", "b"), of("a", "b-c"), of("a-b", "a"), of("a0", "a"), of("b", "a")];
  assert.deepEqual(sorted.toReversed().toSorted(), sorted);
});
