// What users, hands and a cluster may do to the objects of an operator, one change at a time: few names, so that they meet.
import fc from "fast-check";
import type { MemoryApi } from "../../bench/operator/memory-api.ts";
import type { Applied } from "../../operator/kubernetes/client.ts";
import { instanceNamespacesAnnotation } from "../../operator/resources/allowed-namespaces.ts";
import { allowedNamespacesAnnotation } from "../../operator/resources/bind9-instance.ts";
import { apiVersion, keyOf } from "../../operator/resources/kubernetes-object.ts";
import { isFinished, type Pod } from "../../operator/resources/pod.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";

const namespace = fc.constantFrom("a", "b");
const allowed = fc.constantFrom(undefined, "b", "*");
const isThere = fc.constantFrom(true, true, true, false);
const second = fc.integer({ min: 0, max: 9 });
const list = fc.constantFrom(undefined, ["any"], ["none"], ["10.0.0.300"]);
const ttl = fc.constantFrom(undefined, 60);
const selector = fc.constantFrom<object>(
  { matchLabels: { z: "1" } },
  { matchLabels: { z: "2" } },
  { matchExpressions: [{ key: "z", operator: "Exists" }] },
  { matchExpressions: [{ key: "z", operator: "NotIn", values: ["1"] }] },
  {},
);
const owner = fc.constantFrom("@", "www", "x", "y.x", "*", "*.x", "ns1", "a.y.x", "x.example.", "bad..name");

const recordSpecs = {
  ARecord: fc.record({ ipv4Addresses: fc.constantFrom(["192.0.2.1"], ["192.0.2.2"], ["192.0.2.300"]) }),
  CNAMERecord: fc.record({ target: fc.constantFrom("www", "host.example.net.") }),
  NSRecord: fc.record({ nameserver: fc.constantFrom("ns.example.net.", "ns1", "ns1.x") }),
  TXTRecord: fc.record({ text: fc.constantFrom(["one"], ["two", "three"]) }),
  MXRecord: fc.record({
    priority: fc.constant(10),
    mailServer: fc.constantFrom("mail", "mail.example.net."),
  }),
};
const record = fc.oneof(
  ...Object.entries(recordSpecs).map(([kind, values]: [string, fc.Arbitrary<object>]) =>
    fc.record({ kind: fc.constant(kind), name: owner, ttl, values }),
  ),
);

const zone = fc.record({
  what: fc.constant("zone" as const),
  namespace,
  name: fc.constantFrom("1", "2"),
  second,
  isThere,
  allowed,
  goesInto: fc.constantFrom(undefined, "a"),
  zoneName: fc.constantFrom("example", "x.example", "y.x.example"),
  goes: fc.constantFrom<object>(
    { bind9InstancesFrom: [{ selector: { matchLabels: { role: "dns" } } }] },
    { clusterRef: "c" },
    { clusterRef: "p" },
    { clusterProviderRef: "p" },
    {},
  ),
  recordsFrom: fc.array(fc.record({ selector }), { maxLength: 2 }),
  primaryNs: fc.constantFrom("ns1.example.net.", "ns1", "ns1.example."),
  nameServers: fc.constantFrom<object[] | undefined>(
    undefined,
    [{ hostname: "ns1", ipv4Address: "192.0.2.53" }],
    [{ hostname: "ns2.example.net." }],
  ),
  ttl,
});

const change = fc.oneof(
  { weight: 5, arbitrary: zone },
  {
    weight: 8,
    arbitrary: fc.record({
      what: fc.constant("record" as const),
      namespace,
      name: fc.constantFrom("1", "2", "3"),
      second,
      isThere,
      labels: fc.constantFrom<Record<string, string>>({}, { z: "1" }, { z: "2" }, { z: "1", y: "1" }),
      record,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("instance" as const),
      name: fc.constantFrom("one", "two"),
      isThere,
      role: fc.constantFrom("dns", "none"),
      allowed,
      allowQuery: list,
      replicas: fc.constantFrom(0, 1, 2),
      clusterRef: fc.constantFrom(undefined, "c", "p"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("cluster" as const),
      isThere,
      replicas: fc.constantFrom(0, 1, 2),
      allowQuery: list,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("provider" as const),
      isThere,
      replicas: fc.constantFrom(0, 1),
      allowQuery: list,
      allowed: fc.constantFrom(undefined, undefined, "a", "b"),
      namespace: fc.constantFrom("a", "b", undefined),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant("quota" as const), namespace, isFull: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("pod" as const),
      index: fc.nat(9),
      to: fc.constantFrom("ready", "unready", "silent", "ended", "deleted"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant("file" as const),
      index: fc.nat(9),
      to: fc.constantFrom("fails", "loads", "edited", "deleted"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant("owned" as const),
      kind: fc.constantFrom("ConfigMap", "Deployment", "Service"),
      index: fc.nat(9),
    }),
  },
);

export type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Changes in batches: after each there is time for everything to come to rest. */
export const anyHistory = fc.array(fc.array(change, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 6,
});

/** An instance that all zones go to which select by role, for histories to begin with. */
export const firstInstance: Change = {
  what: "instance",
  name: "one",
  isThere: true,
  role: "dns",
  allowed: "*",
  allowQuery: undefined,
  replicas: 1,
  clusterRef: undefined,
};

/** A cluster of kubelets and agents around the objects of an API server in memory. */
export interface Surroundings {
  /** Makes one change. */
  change(of: Change): void;
  /** Does what a cluster does by itself: pods come and go with their instances, and load what is written for them. Returns whether anything was left to do. */
  live(): boolean;
  /** Whether the API server refuses such an object, since its namespace is full. */
  isRefused(object: Applied): boolean;
}

export function createSurroundings(api: MemoryApi): Surroundings {
  /** Keys of the ZoneFiles that no pod can load. */
  const failing = new Set<string>();
  const full = new Set<string>();
  return {
    change(of) {
      if (of.what !== "quota") apply(api, of, failing);
      else if (of.isFull) full.add(of.namespace);
      else full.delete(of.namespace);
    },
    isRefused: ({ kind, metadata }) => kind === "ZoneFile" && full.has(metadata.namespace ?? ""),
    live() {
      const changes = [comeAndGo(api), load(api, failing)];
      return changes.includes(true);
    },
  };
}

function apply(api: MemoryApi, of: Exclude<Change, { what: "quota" }>, failing: Set<string>): void {
  if (of.what === "pod") return changePod(api, of);
  if (of.what === "file") return changeFile(api, of, failing);
  if (of.what === "owned") {
    const object = nth(api.list(of.kind), of.index);
    if (object !== null) api.remove(of.kind, keyOf(object));
    return;
  }
  const object = objectOf(of);
  if (of.isThere) api.put(object);
  else api.remove(object.kind, keyOf(object));
}

function objectOf(of: Exclude<Change, { what: "pod" | "file" | "owned" | "quota" }>): Applied {
  const annotations = given({
    [allowedNamespacesAnnotation]: "allowed" in of ? of.allowed : undefined,
    [instanceNamespacesAnnotation]: "goesInto" in of ? of.goesInto : undefined,
  });
  const creationTimestamp = `2026-01-01T00:00:0${"second" in of ? of.second : 0}Z`;
  switch (of.what) {
    case "zone": {
      const { namespace: at, name, zoneName, goes, recordsFrom, primaryNs, nameServers } = of;
      const soaRecord = { primaryNs, adminEmail: "a.example." };
      const spec = { zoneName, soaRecord, recordsFrom, ...goes, ...given({ nameServers, ttl: of.ttl }) };
      return {
        apiVersion,
        kind: "DNSZone",
        metadata: { namespace: at, name, annotations, creationTimestamp },
        spec,
      };
    }
    case "record": {
      const { namespace: at, name, labels, record: is } = of;
      const spec = { name: is.name, ...is.values, ...given({ ttl: is.ttl }) };
      return {
        apiVersion,
        kind: is.kind,
        metadata: { namespace: at, name, labels, creationTimestamp },
        spec,
      };
    }
    case "instance": {
      const { name, role, replicas, clusterRef, allowQuery } = of;
      const spec = { replicas, config: given({ allowQuery }), ...given({ clusterRef }) };
      const metadata = { namespace: "a", name, labels: { role }, annotations };
      return { apiVersion, kind: "Bind9Instance", metadata, spec };
    }
    case "cluster":
      return {
        apiVersion,
        kind: "Bind9Cluster",
        metadata: { namespace: "a", name: "c" },
        spec: clusterSpec(of),
      };
    case "provider": {
      const spec = { ...clusterSpec(of), ...given({ namespace: of.namespace }) };
      return { apiVersion, kind: "ClusterBind9Provider", metadata: { name: "p", annotations }, spec };
    }
  }
}

function clusterSpec({
  replicas,
  allowQuery,
}: {
  replicas: number;
  allowQuery: readonly string[] | undefined;
}) {
  return { primary: { replicas, labels: { role: "dns" } }, global: given({ allowQuery }) };
}

/** Those that have a value. */
function given<T>(fields: Record<string, T | undefined>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [[field, value]])),
  );
}

function nth<T>(objects: readonly T[], index: number): T | null {
  return objects[index % Math.max(1, objects.length)] ?? null;
}

const readiness = (status: string): object => ({ conditions: [{ type: "Ready", status }] });
const podStatuses = {
  ready: readiness("True"),
  unready: readiness("False"),
  silent: {},
  ended: { phase: "Failed" },
};

function changePod(api: MemoryApi, { index, to }: Extract<Change, { what: "pod" }>): void {
  const pod = nth(api.list("Pod"), index);
  if (pod === null) return;
  if (to === "deleted") api.remove("Pod", keyOf(pod));
  else api.putStatus("Pod", keyOf(pod), podStatuses[to]);
}

function changeFile(
  api: MemoryApi,
  { index, to }: Extract<Change, { what: "file" }>,
  failing: Set<string>,
): void {
  const file = nth(api.list("ZoneFile"), index);
  if (file === null) return;
  const key = keyOf(file);
  if (to === "fails") failing.add(key);
  if (to === "loads") failing.delete(key);
  if (to === "deleted") api.remove("ZoneFile", key);
  if (to === "edited") api.put({ ...file, spec: { ...(file["spec"] as object), text: "; by hand" } });
}

const replicasOf = (instance: Applied): number => (instance["spec"] as { replicas?: number }).replicas ?? 1;

function comeAndGo(api: MemoryApi): boolean {
  const instances = api.list("Bind9Instance");
  const wanted = new Map<string, Applied>(
    instances.flatMap((instance) =>
      Array.from({ length: replicasOf(instance) }, (_, number) => {
        const { namespace: at, name } = instance.metadata;
        const metadata = { namespace: at, name: `${name}-${number}`, labels: { [instanceLabel]: name } };
        return [`${at}/${metadata.name}`, { apiVersion: "v1", kind: "Pod", metadata } as Applied] as const;
      }),
    ),
  );
  const there = new Set<string>(api.list("Pod").map(keyOf));
  const gone = [...there].filter((key) => !wanted.has(key));
  for (const key of gone) api.remove("Pod", key);
  const missing = [...wanted].filter(([key]) => !there.has(key));
  for (const [key, pod] of missing) {
    api.put(pod);
    api.putStatus("Pod", key, podStatuses.ready);
  }
  return gone.length + missing.length > 0;
}

function load(api: MemoryApi, failing: ReadonlySet<string>): boolean {
  let isChanged = false;
  for (const file of api.list("ZoneFile")) {
    const { serial } = file["spec"] as { serial: number };
    const instance = file.metadata.labels?.[instanceLabel];
    const own = api
      .list("Pod")
      .filter((pod) => !isFinished(pod as Pod) && pod.metadata.labels?.[instanceLabel] === instance)
      .filter(({ metadata }) => metadata.namespace === file.metadata.namespace)
      .map(({ metadata }) => metadata.name);
    const { loaded = {}, failed = {} } = (file.status ?? {}) as Record<string, Record<string, unknown>>;
    const isFailing = failing.has(keyOf(file));
    const outdated = own.filter((pod) =>
      isFailing ? failed[pod] === undefined : loaded[pod] !== serial || failed[pod] !== undefined,
    );
    if (outdated.length === 0) continue;
    const now = { loaded: { ...loaded }, failed: { ...failed } };
    for (const pod of outdated) {
      delete now.failed[pod];
      if (isFailing) now.failed[pod] = "named says no";
      else now.loaded[pod] = serial;
    }
    api.putStatus("ZoneFile", keyOf(file), now);
    isChanged = true;
  }
  return isChanged;
}
