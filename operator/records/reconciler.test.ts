import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { done } from "../controller/controller.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { apiVersion } from "../resources/kubernetes-object.ts";
import type { RecordObject, RecordStatus } from "../resources/record-kind.ts";
import { recordKinds } from "../resources/record-kinds.ts";
import { createWorld, cacheOf } from "../world.ts";
import { createAwaited } from "../zones/awaited.ts";
import { createCompilations, type RecordNews } from "../zones/compilations.ts";
import { createRecordReconciler } from "./reconciler.ts";

test("a record says nothing of an earlier one: it waits until its zone is compiled with it as it is", async () => {
  const [kind] = recordKinds;
  assert.ok(kind);
  const world = createWorld();
  const compilations = createCompilations();
  let news: RecordNews = {
    version: { uid: "1", generation: 1 },
    publishedName: "www.example.org.",
    verdict: { status: "True", reason: "Published", message: "it is answered" },
    asBefore: null,
  };
  compilations.news = () => news;
  let written = 0;
  const reconciler = createRecordReconciler({
    kind,
    world,
    compilations,
    awaited: createAwaited(),
    statuses: {
      write: () => {
        written += 1;
        return Promise.resolve(done);
      },
    },
    clock: createSystemClock(),
  });
  const metadata = { namespace: "dns", name: "www", uid: "1", labels: { zone: "z" }, generation: 2 };
  const record: RecordObject = { apiVersion, kind: kind.resource.kind, metadata, spec: { name: "www" } };
  cacheOf(world.records, kind.resource.plural).put({
    ...record,
    spec: { ...record.spec, ipv4Addresses: ["192.0.2.1"] } as RecordObject["spec"],
  });
  world.zones.put({
    apiVersion,
    kind: "DNSZone",
    metadata: { namespace: "dns", name: "z", uid: "2" },
    spec: { zoneName: "example.org", recordsFrom: [{ selector: { matchLabels: { zone: "z" } } }] },
  } as unknown as DnsZone);
  const term = createFakeGate().open("1");
  await reconciler.reconcile("dns/www", term);
  assert.equal(written, 0, "the zone has not been compiled with it");
  news = { ...news, version: { uid: "0", generation: 2 } };
  await reconciler.reconcile("dns/www", term);
  assert.equal(written, 0, "what was compiled had the same name and is gone");
  news = { ...news, version: { uid: "1", generation: 2 } };
  await reconciler.reconcile("dns/www", term);
  assert.equal(written, 1);
});

test("a record that is being deleted is not Ready, selected or not, and names who holds it", async () => {
  const [kind] = recordKinds;
  assert.ok(kind);
  const world = createWorld();
  const written: RecordStatus[] = [];
  const reconciler = createRecordReconciler({
    kind,
    world,
    compilations: createCompilations(),
    awaited: createAwaited(),
    statuses: {
      write: (_term, _type, _cache, _over, status) => {
        written.push(status);
        return Promise.resolve(done);
      },
    },
    clock: createSystemClock(),
  });
  const finalizers = ["a.example/one", "b.example/two"];
  const record: RecordObject = {
    apiVersion,
    kind: kind.resource.kind,
    metadata: {
      namespace: "dns",
      name: "www",
      uid: "1",
      generation: 3,
      deletionTimestamp: "now",
      finalizers,
    },
    spec: { name: "www", ipv4Addresses: ["192.0.2.1"] } as RecordObject["spec"],
    status: {
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "Published",
          message: "",
          observedGeneration: 2,
          lastTransitionTime: "before",
        },
      ],
    },
  };
  cacheOf(world.records, kind.resource.plural).put(record);
  await reconciler.reconcile("dns/www", createFakeGate().open("1"));
  const [{ conditions: [ready] = [], ...rest } = {}] = written;
  assert.equal(`${ready?.status} ${ready?.reason} ${ready?.observedGeneration}`, "False Deleting 3");
  assert.notEqual(ready?.lastTransitionTime, "before");
  assert.equal(
    ready?.message,
    "it is being deleted, and held by finalizers: a.example/one, b.example/two; " +
      "it is taken out of its zones; have whoever set them take them away",
  );
  assert.equal("zoneRef" in rest || "publishedName" in rest, false);
});
