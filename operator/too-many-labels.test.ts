// What becomes of an object with a hundred thousand labels: it costs what any other does, nothing selects it, and it is told so.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../gate/fake.ts";
import { createSystemClock } from "../platform/clock.ts";
import { done } from "./controller/controller.ts";
import { keepWhatIsRead } from "./kubernetes/read-fields.ts";
import { createReceiver } from "./kubernetes/received.ts";
import { createRecordReconciler } from "./records/reconciler.ts";
import { aRecord } from "./resources/a-record.ts";
import { clusterLabels } from "./resources/bind9-cluster.ts";
import { managedByLabel } from "./resources/cluster-objects.ts";
import type { DnsZone } from "./resources/dns-zone.ts";
import { mostLabels } from "./resources/label-selector.ts";
import type { LabelSelector, ResourceType } from "./resources/kubernetes-object.ts";
import type { RecordObject, RecordStatus } from "./resources/record-kind.ts";
import { instanceLabel, zoneFile } from "./resources/zone-file.ts";
import { cacheOf, createWorld } from "./world.ts";
import { createAwaited } from "./zones/awaited.ts";
import { createCompilations } from "./zones/compilations.ts";

const receive = createReceiver(keepWhatIsRead);
const { resource } = aRecord;

function arrived(type: ResourceType, own: object, count: number): RecordObject {
  const others = Array.from({ length: count - Object.keys(own).length }, (_, index) => [`n${index}`, ""]);
  const labels = { ...Object.fromEntries(others), ...own };
  const { apiVersion, kind } = type;
  const metadata = { namespace: "dns", name: "www", uid: "1", resourceVersion: String(count), labels };
  return receive({
    apiVersion,
    kind,
    metadata,
    spec: { name: "www", ipv4Addresses: ["192.0.2.1"] },
  } as unknown as RecordObject);
}

function zone(name: string, selector: LabelSelector): DnsZone {
  const spec = { zoneName: "example.org", recordsFrom: [{ selector }] };
  const { apiVersion } = resource;
  return { apiVersion, kind: "DNSZone", metadata: { namespace: "dns", name, uid: name }, spec } as never;
}

test("nothing selects what has too many labels, also where it is the lack of one that selects", async () => {
  const world = createWorld();
  const records = cacheOf(world.records, resource.plural);
  const exists = { key: "none", operator: "DoesNotExist" };
  const selectors = [{}, { matchLabels: { zone: "z" } }, { matchExpressions: [exists] }];
  for (const [index, selector] of selectors.entries()) world.zones.put(zone(`z${index}`, selector));
  records.put(arrived(resource, { zone: "z" }, mostLabels));
  const selecting = (): number => world.zonesSelecting(records.get("dns/www") as RecordObject).length;
  const found = (): number =>
    selectors.filter((_, index) => {
      const [first] = world.eachRecordOf(world.zones.get(`dns/z${index}`) as DnsZone);
      return first !== undefined && first !== null;
    }).length;
  assert.deepEqual([selecting(), found()], [3, 3]);
  records.put(arrived(resource, { zone: "z" }, mostLabels + 1));
  assert.deepEqual([selecting(), found()], [0, 0]);

  const written: RecordStatus[] = [];
  const write = (...[, , , , status]: readonly unknown[]): Promise<typeof done> => {
    written.push(status as RecordStatus);
    return Promise.resolve(done);
  };
  const reconciler = createRecordReconciler({
    kind: aRecord,
    world,
    compilations: createCompilations(),
    awaited: createAwaited(),
    statuses: { write },
    clock: createSystemClock(),
  });
  await reconciler.reconcile("dns/www", createFakeGate().open("1"));
  const [ready] = written[0]?.conditions ?? [];
  assert.equal(ready?.reason, "NotSelected");
  assert.match(ready?.message ?? "", /^it has 65 labels, .* more than 64 .*: take some of them away$/);
});

test("of a hundred thousand labels those are kept by which our own objects are found", () => {
  const ours = { ...managedByLabel, [instanceLabel]: "primary", [clusterLabels.cluster]: "c" };
  const { metadata } = arrived(zoneFile, ours, 100_000);
  assert.ok(JSON.stringify(metadata).length < 400);
  for (const [name, value] of Object.entries(ours)) assert.equal(metadata.labels?.[name], value);
});
