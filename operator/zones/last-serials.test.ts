// What is kept of zones that are gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { GateClosedError } from "../../gate/leadership.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { KubernetesError } from "../kubernetes/kubernetes-error.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { createOwnedObjects, type OwnedObjects } from "../kubernetes/owned-objects.ts";
import { configMapType } from "../resources/cluster-objects.ts";
import { apiVersion, type KubernetesObject } from "../resources/kubernetes-object.ts";
import { instanceLabel, type ZoneFile } from "../resources/zone-file.ts";
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
  const fileOf = (zoneName: string, serial: number): ZoneFile => ({
    apiVersion,
    kind: "ZoneFile",
    metadata: { namespace: "a", name: "f", labels: { [instanceLabel]: "one" } },
    spec: { zoneName, serial, recordsCount: 0, zoneRef: { namespace: "a", name: "z" }, text: "" },
  });
  const keep = async (zoneName: string, serial: number): Promise<void> => {
    await keepSerial(world, owned as OwnedObjects, fileOf(zoneName, serial), nowS, term);
  };
  const last = (zoneName: string): number | null => lastSerialAt(world, instance, zoneName);
  return { world, instance, term, written, fileOf, keep, last };
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
  await keep("dated.example", nowS - 5);
  assert.equal(last("dated.example"), nowS - 5, "an earlier one does not outlive it");
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

test("zones that go at once lose no serial, whether the watch has told of what the first one kept or not", async () => {
  const { world, instance, term, fileOf, last } = setScene();
  const names = ["a.example", "b.example", "c.example"];
  let stored: KubernetesObject | null = null;
  let version = 1;
  const store = async (object: KubernetesObject) => {
    version += 1;
    const metadata = { ...object.metadata, uid: "map", resourceVersion: String(version) };
    stored = { ...object, metadata };
    return { kind: "written", object: stored } as never;
  };
  const writer: Partial<GuardedWriter> = {
    create: async (_term, _type, object) =>
      stored === null ? await store(object) : { kind: "conflict", message: "it exists" },
    replace: async (_term, _type, object, over) =>
      stored?.metadata.resourceVersion === over.metadata.resourceVersion
        ? await store(object)
        : { kind: "conflict", message: "it is another one" },
  };
  const client = { get: async () => ({ kind: "found", object: stored }) };
  const owned = createOwnedObjects(client as unknown as KubernetesClient, writer as GuardedWriter);
  const keepAtLast = async (name: string, serial: number): Promise<void> => {
    for (let attempt = 0; attempt < 5; attempt += 1)
      if ((await keepSerial(world, owned, fileOf(name, serial), nowS, term)).kind === "stands") return;
    assert.fail(`the serial of ${name} is not kept`);
  };
  await Promise.all(names.map((name, at) => keepAtLast(name, 2026010101 + at)));
  assert.deepEqual(names.map(last), [2026010101, 2026010102, 2026010103]);
  // Somebody has taken our label off it, by which it is watched, and so the watch has said that it is gone.
  const cache = cacheOf(world.owned, configMapType.plural);
  const known = cache.get("a/one-serials");
  assert.ok(known);
  cache.remove(known);
  cache.reached(String(version));
  await keepAtLast("d.example", 2026010109);
  assert.deepEqual([...names, "d.example"].map(last), [2026010101, 2026010102, 2026010103, 2026010109]);
  assert.equal(lastSerialAt(world, instance, "e.example"), null);
});

test("what the API server refuses to keep is blocked, and every other trouble is tried again", async () => {
  const { world, term, fileOf } = setScene();
  const failing = async (error: Error) => {
    const writer: Partial<GuardedWriter> = {
      async create() {
        throw error;
      },
    };
    const owned = createOwnedObjects({} as KubernetesClient, writer as GuardedWriter);
    return await keepSerial(world, owned, fileOf("dated.example", 2026010107), nowS, term);
  };
  const refusals = [
    new KubernetesError("API_FORBIDDEN", "exceeded quota", { status: 403 }),
    new KubernetesError("API_PROTOCOL", "denied by a webhook", { status: 406 }),
  ];
  for (const error of refusals)
    assert.deepEqual(await failing(error), { kind: "blocked", message: error.message, isPassing: true });
  const troubles = [
    new KubernetesError("API_FENCED", "does not hold the lease", { status: 403 }),
    new KubernetesError("API_UNAVAILABLE", "come again", { status: 429 }),
    new KubernetesError("API_UNAVAILABLE", "come again", { status: 503 }),
    new KubernetesError("API_UNAUTHORIZED", "who are you", { status: 401 }),
    new KubernetesError("API_PROTOCOL", "an answer that is not JSON", { status: 200 }),
    new KubernetesError("API_UNREACHABLE", "reset"),
    new GateClosedError("the term is over"),
  ];
  for (const error of troubles) await assert.rejects(failing(error), error);
});

test("nothing is kept beside an instance that goes", async () => {
  const { written, keep } = setScene("2026-01-01T00:00:00Z");
  await keep("dated.example", 2026010107);
  assert.equal(written.length, 0);
});
