// What is kept of zones that are gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import type { OwnedObjects } from "../kubernetes/owned-objects.ts";
import { configMapType } from "../resources/cluster-objects.ts";
import { apiVersion, type KubernetesObject } from "../resources/kubernetes-object.ts";
import { instanceLabel } from "../resources/zone-file.ts";
import { cacheOf, createWorld } from "../world.ts";
import { keepSerial, lastSerialAt } from "./last-serials.ts";

const nowS = 1_800_000_000;

function setScene(deletionTimestamp?: string) {
  const world = createWorld();
  const leaving = deletionTimestamp === undefined ? {} : { deletionTimestamp };
  const metadata = { namespace: "a", name: "one", uid: "one", resourceVersion: "1", ...leaving };
  const instance = { apiVersion, kind: "Bind9Instance", metadata, spec: {} };
  world.instances.put(instance);
  const written: KubernetesObject[] = [];
  const owned: Partial<OwnedObjects> = {
    async ensure(_owner, { object }, cache) {
      const resourceVersion = String(written.length + 1);
      const stored = { ...object, metadata: { ...object.metadata, uid: "map", resourceVersion } };
      written.push(stored);
      cache.put(stored);
      return { kind: "stands" };
    },
  };
  const gate = createFakeGate();
  gate.open("1");
  const term = gate.leadership.current();
  assert.ok(term);
  const keep = async (zoneName: string, serial: number): Promise<void> => {
    const file = {
      apiVersion,
      kind: "ZoneFile",
      metadata: { namespace: "a", name: "f", labels: { [instanceLabel]: "one" } },
      spec: { zoneName, serial, recordsCount: 0, zoneRef: { namespace: "a", name: "z" }, text: "" },
    };
    await keepSerial(world, owned as OwnedObjects, file, nowS, term);
  };
  const last = (zoneName: string): number | null => lastSerialAt(world, instance, zoneName);
  return { world, written, keep, last };
}

test("a serial that the time will not pass soon is kept, and no other", async () => {
  const { written, keep, last } = setScene();
  await keep("time.example", nowS);
  await keep("past.example", nowS - 5);
  assert.equal(written.length, 0);
  await keep("dated.example", 2026010107);
  await keep("dated.example", 2026010107);
  assert.equal(written.length, 1);
  await keep("dated.example", 2026010109);
  assert.deepEqual(
    [last("dated.example"), last("time.example"), last("constructor")],
    [2026010109, null, null],
  );
});

test("as many are kept as there is room for, and what somebody has written there stops nothing", async () => {
  const { world, keep, last } = setScene();
  for (let index = 0; index < 510; index += 1) await keep(`z${index}.example`, 2026010101 + index);
  assert.deepEqual(
    [last("z9.example"), last("z10.example"), last("z509.example")],
    [null, 2026010111, 2026010610],
  );
  const cache = cacheOf(world.owned, configMapType.plural);
  const object = cache.get("a/one-serials");
  assert.ok(object);
  const texts = [
    "",
    "[",
    "null",
    "7",
    '{"z10.example":"x","__proto__":3,"z11.example":-1,"z12.example":0.5}',
  ];
  for (const [index, text] of texts.entries()) {
    const metadata = { ...object.metadata, resourceVersion: String(1000 + index) };
    cache.put({ ...object, metadata, data: { "serials.json": text } } as KubernetesObject);
    for (const name of ["z10.example", "z11.example", "z12.example"]) assert.equal(last(name), null, text);
  }
  const foreign = { ...object.metadata, ownerReferences: [], resourceVersion: "2000" };
  const data = { "serials.json": '{"z.example":2026010101}' };
  cache.put({ ...object, metadata: foreign, data } as KubernetesObject);
  assert.equal(last("z.example"), null, "it is somebody else's");
});

test("nothing is kept beside an instance that goes", async () => {
  const { written, keep } = setScene("2026-01-01T00:00:00Z");
  await keep("dated.example", 2026010107);
  assert.equal(written.length, 0);
});
