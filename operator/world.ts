// Everything that reconcilers know of the cluster: one cache per kind, and the questions about how objects of
// different kinds belong together. Reading it never waits.
import { itemsPerStep } from "./bind9/sorted.ts";
import { createPlacedProviders, type PlacedProviders } from "./clusters/placed-providers.ts";
import { createCacheIndex } from "./controller/cache-index.ts";
import { createCache } from "./controller/cache.ts";
import type { FilledCache } from "./controller/cache.ts";
import { createStatusKeeper } from "./controller/kept-status.ts";
import { answersNobody } from "./instances/answers-nobody.ts";
import { createClaims, type Claims } from "./instances/claims.ts";
import { resolvedInstance } from "./instances/resolved-instance.ts";
import type { Bind9Cluster, ClusterBind9Provider } from "./resources/bind9-cluster.ts";
import type { Bind9Instance } from "./resources/bind9-instance.ts";
import { ownedTypes } from "./resources/cluster-objects.ts";
import { zoneNameOf, type DnsZone } from "./resources/dns-zone.ts";
import { isLeaving, isNamed, keyOf, keyOfReference } from "./resources/kubernetes-object.ts";
import type { KubernetesObject, LabelSelector } from "./resources/kubernetes-object.ts";
import { selects } from "./resources/label-selector.ts";
import { isFinished, type Pod } from "./resources/pod.ts";
import { referenceTo, textOf } from "./resources/record-kind.ts";
import type { RecordKind, RecordObject, RecordReference } from "./resources/record-kind.ts";
import { recordKinds } from "./resources/record-kinds.ts";
import { instanceLabel } from "./resources/zone-file.ts";
import type { ZoneFile } from "./resources/zone-file.ts";
import { createNamesakes, type Namesakes } from "./zones/namesakes.ts";
import { isSelectedBy, isServedBy } from "./zones/serving.ts";

/** A record object together with its kind. */
export interface KnownRecord {
  /** Its reference as text. */
  readonly id: string;
  readonly kind: RecordKind;
  readonly object: RecordObject;
}

/** What is read of a zone to find its records. */
export interface Selecting {
  readonly metadata: Pick<DnsZone["metadata"], "namespace">;
  readonly spec: Pick<DnsZone["spec"], "recordsFrom">;
}

export interface World extends PlacedProviders {
  readonly providers: FilledCache<ClusterBind9Provider>;
  readonly clusters: FilledCache<Bind9Cluster>;
  readonly instances: FilledCache<Bind9Instance>;
  readonly zones: FilledCache<DnsZone>;
  readonly zoneFiles: FilledCache<ZoneFile>;
  /** The pods of all instances. */
  readonly pods: FilledCache<Pod>;
  /** By plural name of the kind: the records, and what instances own. */
  readonly records: ReadonlyMap<string, FilledCache<RecordObject>>;
  readonly owned: ReadonlyMap<string, FilledCache<KubernetesObject>>;

  /** The cluster that an instance takes from what it does not say itself; null if there is none. */
  clusterOf(instance: Bind9Instance): Bind9Cluster | null;
  /** The instances that name the cluster with this key. */
  instancesOfCluster(clusterKey: string): readonly Bind9Instance[];
  /** Those of all namespaces that name a cluster so. */
  instancesNaming(clusterRef: string): readonly Bind9Instance[];
  /** Whether the pods of the instance refuse everybody. */
  answersNobody(instance: Bind9Instance): boolean;
  readonly claims: Claims;
  isServedBy(zone: DnsZone, instance: Bind9Instance): boolean;
  /** The instances that serve `zone`, by key. */
  instancesOf(zone: DnsZone): readonly Bind9Instance[];
  /** The instance that an object belongs to by its label; null if it belongs to none. */
  instanceOf(object: KubernetesObject): Bind9Instance | null;
  /** The records that the zone selects, by the text of their references; in steps, since they may be many. */
  findRecordsOf(zone: DnsZone): Generator<void, Map<string, KnownRecord>>;
  /** The same one by one, some perhaps twice; null for a step without one. */
  eachRecordOf(zone: Selecting): Generator<KnownRecord | null, void>;
  recordAt(reference: RecordReference): KnownRecord | null;
  zonesSelecting(record: RecordObject): readonly DnsZone[];
  readonly namesakes: Namesakes;
  /** The zones whose names lie below that of `zone`. */
  zonesUnder(zone: DnsZone): Iterable<DnsZone>;
  /** The ZoneFiles compiled from the zone with this key, whether that still exists or not. */
  zoneFilesOf(zoneKey: string): readonly ZoneFile[];
  /** Keys of all zones that have ZoneFiles. */
  zonesWithFiles(): Iterable<string>;
  zoneFilesFor(instance: KubernetesObject): readonly ZoneFile[];
  /** ZoneFiles at the instance of the zones that lie below `own`. */
  filesBelow(instance: KubernetesObject, own: string): readonly ZoneFile[];
  /** Of the other zones at the instance that `name` lies in, and that lie below the zone `own`, the deepest; null if there is none. */
  deepestZoneAt(instance: KubernetesObject, name: string, own: string): string | null;
  /** ZoneFiles at the same instance of the zones above that of `file`. */
  zoneFilesAbove(file: ZoneFile): readonly ZoneFile[];
  /** But for those that have ended for good. */
  podsOf(instance: KubernetesObject): readonly Pod[];
}

/** Creates a world of which nothing is known yet; `ownNamespace` is that of the operator's pod, null where nothing says it. */
export function createWorld(ownNamespace: string | null = null): World {
  const providers = createCache<ClusterBind9Provider>();
  const clusters = createCache<Bind9Cluster>();
  const instances = createCache<Bind9Instance>();
  const zones = createCache<DnsZone>(createStatusKeeper(["Ready", "Progressing", "Degraded"]));
  const zoneFiles = createCache<ZoneFile>();
  const pods = createCache<Pod>();
  const keepOfRecord = createStatusKeeper(["Ready"]);
  const records = new Map(
    recordKinds.map(({ resource }) => [resource.plural, createCache<RecordObject>(keepOfRecord)]),
  );
  const owned = new Map(ownedTypes.map(({ plural }) => [plural, createCache<KubernetesObject>()]));

  // A zone is filed below each of the names above it.
  const zonesByNameAbove = createCacheIndex(zones, (zone) => namesAbove(zoneNameOf(zone)));
  const zonesByLabel = createCacheIndex(zones, (zone) => {
    const selectors = new Set((zone.spec.recordsFrom ?? []).map(({ selector }) => selectorLabel(selector)));
    return [...selectors].map((label) => `${zone.metadata.namespace}/${label}`);
  });
  const instancesByCluster = createCacheIndex(instances, ({ metadata, spec }) =>
    isNamed(spec.clusterRef) ? [`${metadata.namespace ?? ""}/${spec.clusterRef}`] : [],
  );
  const filesByZone = createCacheIndex(zoneFiles, (file) => [keyOfReference(file.spec.zoneRef)]);
  const filesByInstance = createCacheIndex(zoneFiles, instanceKeys);
  const filesByPlace = createCacheIndex(zoneFiles, (file) =>
    instanceKeys(file).map((instance) => placeOf(instance, file.spec.zoneName)),
  );
  // A zone is filed below each of the names above it.
  const filesBelow = createCacheIndex(zoneFiles, (file) =>
    instanceKeys(file).flatMap((instance) =>
      namesAbove(file.spec.zoneName).map((at) => placeOf(instance, at)),
    ),
  );
  const podsByInstance = createCacheIndex(pods, instanceKeys);
  const recordsByLabel = recordKinds.map((kind) => ({
    kind,
    index: createCacheIndex(cacheOf(records, kind.resource.plural), (record) =>
      recordLabels(record).map((label) => `${record.metadata.namespace}/${label}`),
    ),
  }));

  function* eachRecordOf(zone: Selecting): Generator<KnownRecord | null, void> {
    for (const { selector } of zone.spec.recordsFrom ?? []) {
      for (const { kind, index } of recordsByLabel) {
        for (const object of index.each(`${zone.metadata.namespace}/${selectorLabel(selector)}`)) {
          const isSelected = !isLeaving(object) && selects(selector, object.metadata.labels);
          yield isSelected ? known(kind, object) : null;
        }
      }
    }
  }

  function* findRecordsOf(zone: DnsZone): Generator<void, Map<string, KnownRecord>> {
    let seen = 0;
    const found = new Map<string, KnownRecord>();
    for (const record of eachRecordOf(zone)) {
      if (record !== null) found.set(record.id, record);
      seen += 1;
      if (seen % itemsPerStep === 0) yield;
    }
    return found;
  }

  const clusterOf = ({ metadata, spec }: Bind9Instance): Bind9Cluster | null =>
    isNamed(spec.clusterRef) ? clusters.get(`${metadata.namespace ?? ""}/${spec.clusterRef}`) : null;
  /** Each of its zones asks, and its lists may be long. */
  const verdicts = new WeakMap<
    Bind9Instance,
    { readonly cluster: Bind9Cluster | null; readonly isNobody: boolean }
  >();

  function recordAt({ kind: name, key }: RecordReference): KnownRecord | null {
    const kind = recordKinds.find(({ resource }) => resource.kind === name);
    const object = kind === undefined ? null : cacheOf(records, kind.resource.plural).get(key);
    return kind === undefined || object === null ? null : known(kind, object);
  }

  function zonesSelecting(record: RecordObject): DnsZone[] {
    const found = new Map<string, DnsZone>();
    for (const label of recordLabels(record)) {
      for (const zone of zonesByLabel.each(`${record.metadata.namespace}/${label}`)) {
        if (!isLeaving(zone) && isSelectedBy(zone.spec.recordsFrom, record)) found.set(keyOf(zone), zone);
      }
    }
    return [...found].toSorted(([left], [right]) => (left < right ? -1 : 1)).map(([, zone]) => zone);
  }

  const { providerOf, ...placed } = createPlacedProviders(providers, clusters, ownNamespace);

  return {
    providers,
    clusters,
    ...placed,
    clusterOf,
    answersNobody(instance) {
      const cluster = clusterOf(instance);
      const before = verdicts.get(instance);
      if (before?.cluster === cluster) return before.isNobody;
      const isNobody = answersNobody(resolvedInstance(instance, cluster));
      verdicts.set(instance, { cluster, isNobody });
      return isNobody;
    },
    instancesOfCluster: (clusterKey) => instancesByCluster.get(clusterKey),
    instancesNaming: (clusterRef) => instances.list().filter(({ spec }) => spec.clusterRef === clusterRef),
    claims: createClaims(instances, pods),
    isServedBy: (zone, instance) => isServedBy(zone, instance, providerOf),
    instances,
    zones,
    zoneFiles,
    pods,
    records,
    owned,
    instancesOf(zone) {
      return instances
        .list()
        .filter((instance) => !isLeaving(instance) && isServedBy(zone, instance, providerOf))
        .toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
    },
    instanceOf(object) {
      const [key] = instanceKeys(object);
      return key === undefined ? null : instances.get(key);
    },
    findRecordsOf,
    eachRecordOf,
    recordAt,
    zonesSelecting,
    namesakes: createNamesakes(zones),
    zonesUnder: (zone) => zonesByNameAbove.each(zoneNameOf(zone)),
    zoneFilesOf: (zoneKey) => filesByZone.get(zoneKey),
    zonesWithFiles: () => filesByZone.values(),
    zoneFilesFor: (instance) => filesByInstance.get(keyOf(instance)),
    filesBelow: (instance, own) => filesBelow.get(placeOf(keyOf(instance), own)),
    deepestZoneAt(instance, name, own) {
      for (let at = name; at.length > own.length; at = parentOf(at)) {
        if (filesByPlace.has(placeOf(keyOf(instance), at))) return at;
      }
      return null;
    },
    zoneFilesAbove(file) {
      const found: ZoneFile[] = [];
      for (const at of namesAbove(file.spec.zoneName)) {
        for (const instance of instanceKeys(file)) found.push(...filesByPlace.get(placeOf(instance, at)));
      }
      return found;
    },
    podsOf: (instance) => podsByInstance.get(keyOf(instance)).filter((pod) => !isFinished(pod)),
  };
}

/** The cache of a kind that the world knows. */
export function cacheOf<T>(caches: ReadonlyMap<string, T>, plural: string): T {
  const cache = caches.get(plural);
  if (cache === undefined) throw new Error(`no cache of ${plural}`);
  return cache;
}

function known(kind: RecordKind, object: RecordObject): KnownRecord {
  return { id: textOf(referenceTo(kind, object)), kind, object };
}

// Objects are filed by their labels, and looked for by one label that a selector demands; a selector that demands
// none finds all.
const anyLabel = "*";

function recordLabels({ metadata }: KubernetesObject): string[] {
  return [anyLabel, ...Object.entries(metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`)];
}

function selectorLabel(selector: LabelSelector): string {
  const [first] = Object.entries(selector.matchLabels ?? {});
  return first === undefined ? anyLabel : `${first[0]}=${first[1]}`;
}

/** A zone at an instance. */
function placeOf(instanceKey: string, zoneName: string): string {
  return `${instanceKey} ${zoneName}`;
}

/** "b.c" of "a.b.c"; nothing of a single label. */
function parentOf(name: string): string {
  const dot = name.indexOf(".");
  return dot === -1 ? "" : name.slice(dot + 1);
}

/** "b.c" and "c" of "a.b.c". */
export function namesAbove(name: string): string[] {
  const names: string[] = [];
  for (let at = parentOf(name); at !== ""; at = parentOf(at)) names.push(at);
  return names;
}

function instanceKeys(object: KubernetesObject): string[] {
  const name = object.metadata.labels?.[instanceLabel];
  return name === undefined ? [] : [`${object.metadata.namespace}/${name}`];
}
