// What is served goes on where it may, and what nobody asks for any more goes out of DNS, whatever zones of others wait for its name: the whole
// operator, from change to change and by a new leader.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryApi } from "../../bench/operator/memory-api.ts";
import type { Applied, KubernetesClient } from "../../operator/kubernetes/client.ts";
import { KubernetesError } from "../../operator/kubernetes/kubernetes-error.ts";
import { instanceNamespacesAnnotation } from "../../operator/resources/allowed-namespaces.ts";
import { allowedNamespacesAnnotation } from "../../operator/resources/bind9-instance.ts";
import type { Condition } from "../../operator/resources/conditions.ts";
import { apiVersion, keyOf } from "../../operator/resources/kubernetes-object.ts";
import { createSurroundings } from "./any-history.ts";
import { hurriedClock, lead, rest } from "./hurried.ts";

interface Stage {
  put(...objects: readonly Applied[]): Promise<void>;
  remove(kind: string, key: string): Promise<void>;
  /** The ZoneFiles, each with the zone that it is of. */
  files(): string[];
  /** What a condition says. */
  told(kind: string, key: string, type?: string): string;
  /** From now on no ZoneFile is taken in that namespace. */
  refuseIn(namespace: string): void;
  /** Another leader takes over; returns what it has written. */
  failOver(): Promise<readonly string[]>;
  end(): Promise<void>;
}

async function stage(...objects: readonly Applied[]): Promise<Stage> {
  const api = createMemoryApi(hurriedClock);
  const surroundings = createSurroundings(api);
  let refusedIn: string | null = null;
  let written: string[] = [];
  const guarded = (name: "apply" | "applyStatus" | "create" | "remove" | "mergeStatus") =>
    async function write(
      ...args: readonly [type: unknown, object: Applied, options: unknown]
    ): Promise<unknown> {
      const [, object] = args;
      const isFile = object.kind === "ZoneFile" && (name === "apply" || name === "create");
      if (isFile && object.metadata.namespace === refusedIn)
        throw new KubernetesError("API_FORBIDDEN", "exceeded quota: files", { status: 403 });
      if (object.kind !== "Event") written.push(`${name} ${object.kind} ${keyOf(object)}`);
      return await (api.client[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    };
  const client = {
    ...api.client,
    apply: guarded("apply"),
    applyStatus: guarded("applyStatus"),
    create: guarded("create"),
    remove: guarded("remove"),
    mergeStatus: guarded("mergeStatus"),
  } as KubernetesClient;

  for (const object of objects) api.put(object);
  let token = 1;
  let end = lead(client, token, "dns");
  await rest(api, surroundings);
  return {
    async put(...more) {
      for (const object of more) api.put(object);
      await rest(api, surroundings);
    },
    async remove(kind, key) {
      api.remove(kind, key);
      await rest(api, surroundings);
    },
    files: () =>
      api.list("ZoneFile").map((file) => {
        const { zoneRef } = file["spec"] as { readonly zoneRef: { namespace: string; name: string } };
        return `${keyOf(file)} of ${zoneRef.namespace}/${zoneRef.name}`;
      }),
    told(kind, key, type = "Ready") {
      const status = api.get(kind, key)?.status as { readonly conditions?: readonly Condition[] } | undefined;
      const found = status?.conditions?.find((condition) => condition.type === type);
      return `${found?.status} ${found?.reason}: ${found?.message}`;
    },
    refuseIn: (namespace) => void (refusedIn = namespace),
    async failOver() {
      await end();
      written = [];
      token += 1;
      end = lead(client, token, "dns");
      await rest(api, surroundings);
      return written;
    },
    end: () => end(),
  };
}

const named = (namespace: string, name: string, second: number): Applied["metadata"] => ({
  namespace,
  name,
  creationTimestamp: `2026-01-01T00:00:0${second}Z`,
});

function instance(namespace: string, role: string, more: object = {}): Applied {
  const annotations = { [allowedNamespacesAnnotation]: "*" };
  const metadata = { ...named(namespace, role, 0), labels: { role }, annotations };
  return { apiVersion, kind: "Bind9Instance", metadata, spec: { replicas: 1, ...more } };
}

const byRole = (role: string): object => ({ bind9InstancesFrom: [{ selector: { matchLabels: { role } } }] });

/** A zone `shop.example`, made in that second. */
function zone(namespace: string, second: number, goes: object, primaryNs = "ns1.example.net."): Applied {
  const annotations = { [instanceNamespacesAnnotation]: "*" };
  const recordsFrom = [{ selector: { matchLabels: { zone: "shop" } } }];
  const soaRecord = { primaryNs, adminEmail: "a.example." };
  const spec = { zoneName: "shop.example", soaRecord, recordsFrom, ...goes };
  const metadata = { ...named(namespace, "shop", second), annotations };
  return { apiVersion, kind: "DNSZone", metadata, spec };
}

/** Nothing can be made of a zone with it. */
const noName = `${"n".repeat(64)}.example.`;

function address(namespace: string, name: string, ipv4Address: string): Applied {
  const metadata = { ...named(namespace, name, 1), labels: { zone: "shop" } };
  return { apiVersion, kind: "ARecord", metadata, spec: { name, ipv4Addresses: [ipv4Address] } };
}

const provider = (): Applied => ({
  apiVersion,
  kind: "ClusterBind9Provider",
  metadata: { name: "p" },
  spec: { namespace: "dns", primary: { replicas: 1 } },
});

test("a zone of which nothing can be made keeps nothing of another of its name that is deleted", async () => {
  for (const second of [5, 0]) {
    const on = await stage(
      instance("dns", "one"),
      zone("a", 3, byRole("one")),
      address("a", "www", "192.0.2.1"),
    );
    assert.deepEqual(on.files(), ["dns/one.shop.example of a/shop"]);
    await on.put(zone("b", second, byRole("one"), noName));
    assert.match(on.told("DNSZone", "b/shop"), /^False InvalidZone/);
    assert.deepEqual(
      on.files(),
      ["dns/one.shop.example of a/shop"],
      "what is served stays while its zone does",
    );
    await on.remove("DNSZone", "a/shop");
    assert.deepEqual(on.files(), [], `the other was made in second ${second}`);
    assert.deepEqual(await on.failOver(), []);
    await on.end();
  }
});

test("a zone that moves leaves nothing behind for one of which nothing can be made", async () => {
  const on = await stage(instance("dns", "one"), instance("a", "own"), zone("a", 1, byRole("one")));
  await on.put(zone("b", 5, byRole("one"), noName));
  await on.put(zone("a", 1, byRole("own")));
  assert.deepEqual(on.files(), ["a/own.shop.example of a/shop"]);
  await on.end();
});

test("what was left to a zone that goes itself goes too", async () => {
  const on = await stage(instance("dns", "one"), zone("a", 1, byRole("one")), zone("b", 5, byRole("one")));
  on.refuseIn("dns");
  await on.remove("DNSZone", "a/shop");
  assert.deepEqual(on.files(), ["dns/one.shop.example of a/shop"], "the other may yet take it over");
  await on.remove("DNSZone", "b/shop");
  assert.deepEqual(on.files(), []);
  await on.end();
});

test("a zone stays where it was served while it cannot be where it goes: it is refused there, or nothing can be made of it", async () => {
  const goes = { clusterProviderRef: "p" };
  const on = await stage(provider(), instance("a", "own"), zone("a", 1, goes));
  assert.deepEqual(on.files(), ["dns/p-primary-0.shop.example of a/shop"]);
  on.refuseIn("a");
  await on.put(zone("a", 1, byRole("own")));
  assert.deepEqual(on.files(), ["dns/p-primary-0.shop.example of a/shop"]);
  on.refuseIn("nowhere");
  await on.put(zone("a", 1, byRole("own"), noName));
  assert.deepEqual(on.files(), ["dns/p-primary-0.shop.example of a/shop"]);
  await on.put(zone("a", 1, byRole("own")));
  assert.deepEqual(on.files(), ["a/own.shop.example of a/shop"]);
  await on.end();
});

test("while a zone is refused a new leader leaves its records as they were told, and writes nothing", async () => {
  const zones = [
    zone("a", 1, byRole("own")),
    address("a", "www", "192.0.2.1"),
    address("a", "ftp", "192.0.2.2"),
  ];
  const on = await stage(instance("a", "own"), ...zones);
  on.refuseIn("a");
  await on.put(address("a", "www", "192.0.2.9"), address("a", "new", "192.0.2.3"));
  const told = ["www", "ftp", "new"].map((name) => on.told("ARecord", `a/${name}`).split(":")[0]);
  assert.deepEqual(told, ["False Loading", "True Published", "False Loading"]);
  assert.deepEqual(await on.failOver(), []);
  await on.put(address("a", "other", "192.0.2.4"));
  assert.match(on.told("ARecord", "a/ftp"), /^True Published/);
  await on.put(address("a", "ftp", "192.0.2.99"));
  assert.match(on.told("ARecord", "a/ftp"), /^False Loading/);
  await on.end();
});

test("a provider whose cluster is somebody else's has none, and whoever names a provider for a cluster is told so", async () => {
  const cluster = {
    apiVersion,
    kind: "Bind9Cluster",
    metadata: named("dns", "p", 0),
    spec: { primary: { replicas: 1 } },
  };
  const on = await stage(cluster, instance("a", "own", { clusterRef: "p" }));
  assert.doesNotMatch(on.told("Bind9Instance", "a/own", "Degraded"), /ClusterBind9Provider/);
  await on.put(provider(), zone("a", 1, { clusterProviderRef: "p" }));
  assert.deepEqual(on.files(), []);
  assert.match(on.told("DNSZone", "a/shop"), /^False NoInstances: .*p has no cluster of its own/);
  assert.match(on.told("Bind9Instance", "a/own", "Degraded"), /p is a ClusterBind9Provider/);
  await on.remove("Bind9Cluster", "dns/p");
  assert.deepEqual(on.files(), ["dns/p-primary-0.shop.example of a/shop"]);
  await on.remove("ClusterBind9Provider", "/p");
  assert.doesNotMatch(on.told("Bind9Instance", "a/own", "Degraded"), /ClusterBind9Provider/);
  await on.end();
});
