import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeGate } from "../../gate/fake.ts";
import { createCache } from "../controller/cache.ts";
import { configMapType } from "../resources/cluster-objects.ts";
import { ownedBy, type KubernetesObject } from "../resources/kubernetes-object.ts";
import type { KubernetesClient } from "./client.ts";
import type { GuardedWriter } from "./guarded-writer.ts";
import { createOwnedObjects } from "./owned-objects.ts";

const owner: KubernetesObject = {
  apiVersion: "v1",
  kind: "Owner",
  metadata: { namespace: "dns", name: "owner", uid: "1" },
};
const { apiVersion, kind } = configMapType;
const wanted = {
  apiVersion,
  kind,
  metadata: { namespace: "dns", name: "it", ownerReferences: [ownedBy(owner)] },
  data: { a: "b" },
};
const theirs: KubernetesObject = { apiVersion, kind, metadata: { namespace: "dns", name: "it", uid: "2" } };

function startOwned(there: KubernetesObject | null, isCached: boolean) {
  const cache = createCache<KubernetesObject>();
  if (there !== null && isCached) cache.put(there);
  const writes: string[] = [];
  const writer: Partial<GuardedWriter> = {
    create: async (_term, _type, object) => {
      writes.push("create");
      if (there !== null) return { kind: "conflict", message: "it exists" };
      return { kind: "written", object: object as never };
    },
    replace: async (_term, _type, object) => {
      writes.push("replace");
      return { kind: "written", object: object as never };
    },
    remove: async () => {
      writes.push("remove");
      return { kind: "deleted" };
    },
  };
  const client = {
    get: () => Promise.resolve(there === null ? { kind: "missing" } : { kind: "found", object: there }),
  };
  const owned = createOwnedObjects(client as unknown as KubernetesClient, writer as GuardedWriter);
  const term = createFakeGate().open("1");
  return { owned, cache, term, writes };
}

test("what is missing is made, once, and what is ours is taken away", async () => {
  const { owned, cache, term, writes } = startOwned(null, false);
  for (let time = 0; time < 2; time += 1)
    assert.equal(
      (await owned.ensure(owner, { type: configMapType, object: wanted }, cache, term)).kind,
      "stands",
    );
  assert.deepEqual(writes, ["create"]);
  await owned.remove(owner, configMapType, "dns/it", cache, term);
  assert.deepEqual(writes, ["create", "remove"]);
  assert.equal(cache.get("dns/it"), null);
});

test("what somebody else has made is neither replaced nor taken away, whether it is watched or not", async () => {
  for (const isCached of [true, false]) {
    const { owned, cache, term, writes } = startOwned(theirs, isCached);
    const step = await owned.ensure(owner, { type: configMapType, object: wanted }, cache, term);
    assert.ok(step.kind === "blocked");
    assert.match(step.message, /a ConfigMap it that belongs to somebody else has the name: call this Owner/);
    await owned.remove(owner, configMapType, "dns/it", cache, term);
    assert.deepEqual(writes, isCached ? [] : ["create"]);
  }
});

test("what is ours and has lost the label that it is watched by is written again, and not fought with", async () => {
  const metadata = { ...wanted.metadata, uid: "3", resourceVersion: "60" };
  const { owned, cache, term, writes } = startOwned({ apiVersion, kind, metadata }, false);
  // The watch has said that it left.
  cache.reached("60");
  const step = await owned.ensure(owner, { type: configMapType, object: wanted }, cache, term);
  assert.equal(step.kind, "stands");
  assert.deepEqual(writes, ["create", "replace"]);
  assert.ok(cache.get("dns/it") !== null);
});

/** As an API server that has its own way of writing a value, and lets an entry of somebody else's stand beside ours. */
function startMerging() {
  const cache = createCache<KubernetesObject>();
  let version = 1;
  let writes = 0;
  let added: Readonly<Record<string, string>> = {};
  async function write(_term: unknown, _type: unknown, object: KubernetesObject) {
    writes += 1;
    version += 1;
    const { data } = object as unknown as { data: Readonly<Record<string, string>> };
    const metadata = { ...object.metadata, uid: "9", resourceVersion: String(version) };
    const list = [...Object.values(data), ...Object.values(added)];
    return { kind: "written", object: { ...object, metadata, data: undefined, list } } as never;
  }
  const writer = { create: write, replace: write } as unknown as GuardedWriter;
  const owned = createOwnedObjects({} as KubernetesClient, writer);
  const term = createFakeGate().open("1");
  return {
    cache,
    writes: () => writes,
    add(entries: Readonly<Record<string, string>>, change: (object: KubernetesObject) => KubernetesObject) {
      added = entries;
      version += 1;
      const object = cache.get("dns/it");
      assert.ok(object !== null);
      const changed = change(object);
      cache.put({ ...changed, metadata: { ...changed.metadata, resourceVersion: String(version) } });
    },
    async ensure(data: Readonly<Record<string, string>>) {
      const object = { ...wanted, data };
      for (let time = 0; time < 3; time += 1)
        assert.deepEqual(await owned.ensure(owner, { type: configMapType, object }, cache, term), {
          kind: "stands",
        });
    },
  };
}

test("what comes back in another way than it was written is written once, and again when anything of it changes", async () => {
  const server = startMerging();
  await server.ensure({ a: "1024Mi" });
  assert.equal(server.writes(), 1);
  server.add({}, (object) => ({ ...object, status: { readyReplicas: 1 } }) as KubernetesObject);
  await server.ensure({ a: "1024Mi" });
  assert.equal(server.writes(), 1, "a status is not what we wrote");
  server.add({ theirs: "x" }, (object) => ({ ...object, list: ["1024Mi", "x"] }) as KubernetesObject);
  await server.ensure({ a: "1024Mi" });
  assert.equal(server.writes(), 2, "what somebody has added stays, and is not written against for ever");
  server.add({ theirs: "x" }, (object) => ({ ...object, list: ["ours is gone", "x"] }) as KubernetesObject);
  await server.ensure({ a: "1024Mi" });
  assert.equal(server.writes(), 3);
  await server.ensure({ a: "2Gi" });
  assert.equal(server.writes(), 4, "we want something else");
});
