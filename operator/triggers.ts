// Which objects have to be looked at again when another changes. A change that bears on nothing wakes nobody.
import type { Controller } from "./controller/controller.ts";
import type { Pace } from "./controller/pace.ts";
import { createWalks, type Walk } from "./controller/walks.ts";
import { isSameContent } from "./kubernetes/difference.ts";
import { answersNobody } from "./instances/answers-nobody.ts";
import { resolvedInstance } from "./instances/resolved-instance.ts";
import type { Bind9Cluster } from "./resources/bind9-cluster.ts";
import { zoneNameOf, type DnsZone } from "./resources/dns-zone.ts";
import {
  isLeaving,
  isNamed,
  isOwnedBy,
  keyOf,
  keyOfReference,
  splitKey,
} from "./resources/kubernetes-object.ts";
import type { KubernetesObject } from "./resources/kubernetes-object.ts";
import { isFinished, isReadyPod, isUnready, type Pod } from "./resources/pod.ts";
import type { RecordObject } from "./resources/record-kind.ts";
import { recordKinds } from "./resources/record-kinds.ts";
import { instanceLabel } from "./resources/zone-file.ts";
import type { ZoneFile } from "./resources/zone-file.ts";
import { cacheOf } from "./world.ts";
import type { World } from "./world.ts";
import type { Compilations } from "./zones/compilations.ts";
import { hasServersIn, serversIn } from "./zones/deeper-answers.ts";
import { isBlocked } from "./zones/missing-references.ts";
import { isOfSameZone, isServedAsBefore, servesAsBefore } from "./zones/placement-changes.ts";
import { zoneServedAt, zonesUnderTheSayOf } from "./zones/placement.ts";
import { isTurnedAway } from "./zones/serving.ts";
import type { ZoneDrafts } from "./zones/zone-drafts.ts";
import { fileKeyAt } from "./zones/zone-plan.ts";

export interface Controllers {
  readonly providers: Controller;
  readonly clusters: Controller;
  readonly instances: Controller;
  readonly zones: Controller;
  /** By kind. */
  readonly records: ReadonlyMap<string, Controller>;
}

/** What hundreds of zones that nobody serves have to say of the same records is told them once, a moment later. */
export const unservedDelayMs = 1000;
// How many records a zone selects that nobody serves is for people to read, and costs as much as a zone that is served.
const unservedCountDelayMs = 10_000;
// For more zones than these, which one other zone concerns.
const mostAtOnce = 10;
const manyDelayMs = 5000;
// A container that is started anew is back by then.
const unreadyDelayMs = 10_000;
// An instance's status counts its zones. Ten thousand zones that come at once are one count, a moment later.
const countDelayMs = 2000;

/** Connects every cache of the world with the controllers that its changes concern. */
export function connectTriggers(
  world: World,
  controllers: Controllers,
  compilations: Compilations,
  drafts: ZoneDrafts,
  pace: Pace,
): void {
  const walk = createWalks({ pace, everything: () => wakeEverything(world, controllers.zones) });
  connectClusters(world, controllers, walk);
  connectInstances(world, controllers, walk);
  connectZones(world, controllers, walk);
  connectRecords(world, controllers, compilations, drafts);
}

/** Has all zones looked at, and those that are gone and have left files. */
function* wakeEverything(world: World, zones: Controller): Generator<void, void> {
  for (const keys of [world.zones.keys(), world.zonesWithFiles()]) {
    for (const key of keys) {
      yield;
      zones.enqueue(key, "much changed at once");
    }
  }
}

/** Has those zones looked at of which `isConcerned`, and, where it `hasSay`, those that stand otherwise for one of them: of each name once. */
function* wakeAll(
  world: World,
  zones: Controller,
  why: string,
  isConcerned: (zone: DnsZone) => boolean,
  hasSay: boolean,
): Generator<void, void> {
  const names = new Set<string>();
  for (const key of world.zones.keys()) {
    yield;
    const zone = world.zones.get(key);
    if (zone === null || !isConcerned(zone)) continue;
    zones.enqueue(keyOf(zone), why);
    const name = zoneNameOf(zone);
    if (!hasSay || names.has(name)) continue;
    names.add(name);
    const [oldest = zone] = world.namesakes.each(name);
    yield* wakeUnderTheSayOf(world, zones, oldest);
  }
}

function connectClusters(
  world: World,
  { providers, clusters, instances, zones }: Controllers,
  walk: Walk,
): void {
  world.providers.onChange(({ key, previous, current }) => {
    providers.enqueue(key, "it changed");
    const name = (current ?? previous)?.metadata.name;
    const isIts = ({ spec }: DnsZone): boolean =>
      spec.clusterProviderRef === name || spec.clusterRef === name;
    if (isStatusOnly(previous, current)) {
      if (isBlocked(previous) !== isBlocked(current))
        walk("", wakeAll(world, zones, `its provider ${name} is blocked, or was`, isIts, false));
      return;
    }
    // Whoever names it for a cluster is told that it is none.
    if (previous === null || current === null) {
      for (const instance of name === undefined ? [] : world.instancesNaming(name))
        instances.enqueue(keyOf(instance), `the provider ${name}, of the name of its cluster, came or went`);
    }
    const why = `its provider ${name} changed`;
    walk("", wakeAll(world, zones, why, isIts, true));
    for (const provider of [previous, current]) {
      const at = provider === null ? null : world.namespaceOf(provider);
      for (const instance of at === null ? [] : world.instancesOfCluster(`${at}/${name}`))
        walk("", wakeThoseAt(world, zones, instance, why));
    }
  });
  world.clusters.onChange(({ key, previous, current }) => {
    clusters.enqueue(key, "it changed");
    const { namespace = "", name = "" } = (current ?? previous)?.metadata ?? {};
    const provider = world.providers.get(`/${name}`);
    const isOwn = (cluster: Bind9Cluster | null): boolean =>
      cluster !== null && provider !== null && isOwnedBy(cluster, provider);
    if (previous === null || current === null || isOwn(previous) !== isOwn(current)) {
      // Those that name a provider of the name go to its instances where the cluster is its own.
      const isAtProvider = provider !== null && world.namespaceOf(provider) === namespace;
      const isIts = ({ spec, metadata }: DnsZone): boolean =>
        (spec.clusterRef === name && (isAtProvider || metadata.namespace === namespace)) ||
        (spec.clusterProviderRef === name && isAtProvider);
      // They may have gone to a provider of the name.
      const hasSay = provider !== null;
      walk(namespace, wakeAll(world, zones, `its cluster ${name} came or went`, isIts, hasSay));
    }
    if (provider !== null) providers.enqueue(`/${name}`, `its cluster ${key} changed`);
    if (isBlocked(previous) !== isBlocked(current)) {
      const isIts = ({ spec, metadata }: DnsZone): boolean =>
        spec.clusterRef === name && metadata.namespace === namespace;
      walk(namespace, wakeAll(world, zones, `its cluster ${name} is blocked, or was`, isIts, false));
    }
    if (isStatusOnly(previous, current)) return;
    for (const instance of world.instancesOfCluster(key)) {
      instances.enqueue(keyOf(instance), `its cluster ${key} changed`);
      // Its lists decide whether anybody is answered.
      if (answersNobody(resolvedInstance(instance, previous)) === world.answersNobody(instance)) continue;
      for (const file of world.zoneFilesFor(instance))
        zones.enqueue(keyOfReference(file.spec.zoneRef), `the cluster ${key} changed`);
    }
  });
  world.instances.onChange(({ previous, current }) => {
    const clusterRefs = new Set([previous, current].map((instance) => instance?.spec.clusterRef));
    const namespace = (current ?? previous)?.metadata.namespace ?? "";
    for (const name of clusterRefs) {
      if (!isNamed(name)) continue;
      clusters.enqueue(`${namespace}/${name}`, "one of its instances changed");
      if (world.providers.get(`/${name}`) !== null)
        providers.enqueue(`/${name}`, "one of its instances changed");
    }
  });
}

function connectInstances(world: World, { instances, zones }: Controllers, walk: Walk): void {
  world.instances.onChange(({ key, previous, current }) => {
    const isSameAddress = previous?.status?.serviceAddress === current?.status?.serviceAddress;
    // Its count of zones, which it says itself, is another after each zone that comes.
    const isOfStatus = isSameAddress && isStatusOnly(previous, current);
    instances.enqueue(key, "it changed", isOfStatus ? countDelayMs : 0);
    if (!isOfStatus) {
      for (const instance of [previous, current])
        for (const other of instance === null ? [] : world.claims.useOf(instance).claimants)
          instances.enqueue(keyOf(other), `${key}, with the same claim, changed`);
    }
    // Its labels, its cluster and its annotation decide which zones it serves; its uid owns their files, and its address may stand in them.
    if (isSameAddress && previous !== null && current !== null && servesAsBefore(world, previous, current))
      return;
    const goesTo = [previous, current].filter((instance) => instance !== null);
    // One that it turns away names it where it goes nowhere else.
    const isIts = (zone: DnsZone): boolean =>
      goesTo.some(
        (instance) =>
          world.isServedBy(zone, instance) ||
          (isTurnedAway(zone, instance) && world.zoneFilesOf(keyOf(zone)).length === 0),
      );
    const why = `the instance ${key} changed`;
    const { namespace } = splitKey(key);
    walk(namespace, wakeAll(world, zones, why, isIts, false));
    // One that went from there may have left its file for a while.
    for (const instance of goesTo.slice(-1)) walk(namespace, wakeThoseAt(world, zones, instance, why));
  });
  for (const cache of world.owned.values()) {
    cache.onChange(({ previous, current }) => {
      const key = instanceKeyOf(current ?? previous);
      if (key !== null) instances.enqueue(key, `its ${(current ?? previous)?.kind ?? "object"} changed`);
    });
  }
  world.pods.onChange(({ previous, current }) => {
    if (previous !== null && (current === null || isFinished(current))) {
      for (const claimant of world.claims.claimantsOf(previous))
        instances.enqueue(keyOf(claimant), `the pod ${keyOf(previous)}, with the same claim, has ended`);
    }
    const key = instanceKeyOf(current ?? previous);
    const instance = key === null ? null : world.instances.get(key);
    if (key === null || instance === null) return;
    // One that is tried over and over is told of when it lasts, and once.
    if (previous?.status?.waits !== current?.status?.waits)
      instances.enqueue(key, "a pod of it does not start, or does now", unreadyDelayMs);
    // Where it is not ready by then, its named may listen elsewhere.
    else if (current !== null && !isReadyPod(current) && previous?.status?.podIP !== current.status?.podIP)
      instances.enqueue(key, "a pod of it has an address now", unreadyDelayMs);
    const isSame =
      previous !== null &&
      current !== null &&
      !isRelated(previous, current) &&
      isFinished(previous) === isFinished(current);
    const isForAll = !isSame || isTheLastReady(previous, current, world.podsOf(instance));
    if (!isForAll && isReadyPod(previous) === isReadyPod(current)) return;
    // That no pod is ready is told when it lasts: each of the zones and of their records is told.
    const afterMs = isSame && isUnready(current) ? unreadyDelayMs : 0;
    const name = (current ?? previous)?.metadata.name ?? "";
    for (const { spec, status } of world.zoneFilesFor(instance)) {
      // One that goes, or comes, while others are ready bears on what it has not loaded.
      if (isForAll || status?.loaded?.[name] === undefined)
        zones.enqueue(keyOfReference(spec.zoneRef), `a pod of ${key} changed`, afterMs);
    }
  });
}

/** Has the zones looked at of which the instance has a file. */
function* wakeThoseAt(
  world: World,
  zones: Controller,
  instance: KubernetesObject,
  why: string,
): Generator<void, void> {
  for (const { spec } of world.zoneFilesFor(instance)) {
    yield;
    zones.enqueue(keyOfReference(spec.zoneRef), why);
  }
}

/**
 * Has the zones looked at whose files are where a zone goes, and those that are to take these over: a file that was left to a zone which goes itself is
 * nobody's, and one that was left to a zone of which nothing can be made goes too.
 */
function* wakeThoseInItsPlace(world: World, zones: Controller, zone: DnsZone): Generator<void, void> {
  for (const instance of world.instancesOf(zone)) {
    yield;
    const file = world.zoneFiles.get(fileKeyAt(zone, instance));
    if (file === null) continue;
    const why = `${keyOf(zone)}, of its name, changed`;
    zones.enqueue(keyOfReference(file.spec.zoneRef), why);
    const holder = zoneServedAt(world, zoneNameOf(zone), instance);
    if (holder !== null) zones.enqueue(keyOf(holder), why);
  }
}

/** Has those looked at again that stand otherwise for it: some at once, and many, whom one owner could have looked at over and over, a while later. */
function* wakeUnderTheSayOf(world: World, zones: Controller, zone: DnsZone): Generator<void, void> {
  let count = 0;
  for (const other of zonesUnderTheSayOf(world, zone)) {
    count += 1;
    yield;
    const why = `${keyOf(zone)}, of its name or above it, changed`;
    zones.enqueue(keyOf(other), why, count > mostAtOnce ? manyDelayMs : 0);
  }
}

/** Whether by this change of one of an instance's pods none is ready any more, or one is again. */
function isTheLastReady(previous: Pod, current: Pod, pods: readonly Pod[]): boolean {
  if (isUnready(previous) === isUnready(current)) return false;
  return pods.every((pod) => pod.metadata.name === current.metadata.name || isLeaving(pod) || isUnready(pod));
}

// Status, and what else changes by itself, decides nothing.
function isRelated(previous: KubernetesObject, current: KubernetesObject): boolean {
  const { labels, annotations, uid, deletionTimestamp } = previous.metadata;
  const before = { labels, annotations, uid, deletionTimestamp };
  const now = current.metadata;
  return !isSameContent(before, {
    labels: now.labels,
    annotations: now.annotations,
    uid: now.uid,
    deletionTimestamp: now.deletionTimestamp,
  });
}

/**
 * Whether a change touches nothing that others go by: neither the spec nor what relates the object to them. A new generation is a new
 * spec, also where it says the same: somebody waits to hear that it was looked at.
 */
function isStatusOnly<T extends KubernetesObject & { readonly spec: unknown }>(
  previous: T | null,
  current: T | null,
): boolean {
  return (
    previous !== null &&
    current !== null &&
    previous.metadata.generation === current.metadata.generation &&
    isSameContent(previous.spec, current.spec) &&
    !isRelated(previous, current)
  );
}

function connectZones(world: World, { instances, zones }: Controllers, walk: Walk): void {
  world.zones.onChange(({ key, previous, current }) => {
    zones.enqueue(key, "it changed");
    if (isStatusOnly(previous, current)) return;
    if (previous !== null && current !== null && isServedAsBefore(previous, current)) return;
    const versions = [previous, current].filter((zone) => zone !== null);
    // One that goes nowhere is in nobody's way.
    if (versions.every((zone) => world.instancesOf(zone).length === 0)) return;
    const { namespace } = splitKey(key);
    for (const zone of versions) {
      walk(namespace, wakeThoseInItsPlace(world, zones, zone));
      walk(namespace, wakeUnderTheSayOf(world, zones, zone));
    }
  });
  world.zoneFiles.onChange(({ previous, current }) => {
    for (const file of [previous, current]) {
      if (file === null) continue;
      zones.enqueue(keyOfReference(file.spec.zoneRef), "its ZoneFile changed");
      // One of which nothing can be made shows what another of its name has left.
      const instance = world.instanceOf(file);
      const holder = instance === null ? null : zoneServedAt(world, file.spec.zoneName, instance);
      if (holder !== null) zones.enqueue(keyOf(holder), "the ZoneFile of its name changed");
    }
    if (previous !== null && current !== null && isOfSameZone(previous, current)) {
      if (previous.spec.serial !== current.spec.serial) wakeThoseAnsweredBy(world, zones, previous, current);
      return;
    }
    for (const file of [previous, current]) {
      if (file === null) continue;
      const key = instanceKeyOf(file);
      if (key !== null) instances.enqueue(key, "its zones are others", countDelayMs);
      for (const above of world.zoneFilesAbove(file))
        zones.enqueue(keyOfReference(above.spec.zoneRef), `a zone below it came to ${key}, or went`);
    }
  });
}

/** Has the zones above looked at again whose servers have their addresses from it, and, where its name servers are others, that may delegate it. */
function wakeThoseAnsweredBy(world: World, zones: Controller, previous: ZoneFile, current: ZoneFile): void {
  const { zoneName } = current.spec;
  for (const { spec } of world.zoneFilesAbove(current)) {
    const key = keyOfReference(spec.zoneRef);
    const above = world.zones.get(key);
    if (above === null) continue;
    if (hasServersIn(above, zoneName) || serversIn(previous.spec).mark !== serversIn(current.spec).mark)
      zones.enqueue(key, `the zone ${zoneName} below it, which answers for it, changed`);
  }
}

function connectRecords(
  world: World,
  { zones, records }: Controllers,
  compilations: Compilations,
  drafts: ZoneDrafts,
): void {
  for (const { resource } of recordKinds) {
    const controller = records.get(resource.kind);
    cacheOf(world.records, resource.plural).onChange(({ key, previous, current }) => {
      controller?.enqueue(key, "it changed");
      if (isStatusOnly(previous, current)) return;
      const why = `the ${resource.kind} ${key} changed`;
      for (const [zoneKey, isCountOther] of zonesConcerned(world, previous, current)) {
        drafts.touch(zoneKey, { kind: resource.kind, key });
        if (!compilations.isUncompiled(zoneKey)) zones.enqueue(zoneKey, why);
        else if (isCountOther) zones.enqueue(zoneKey, why, unservedCountDelayMs);
      }
    });
  }
}

/** The zones that select a record, or did, each with whether it is one record more or fewer for it. */
function zonesConcerned(
  world: World,
  previous: RecordObject | null,
  current: RecordObject | null,
): ReadonlyMap<string, boolean> {
  const [before, now] = [previous, current].map((record) =>
    record === null || isLeaving(record) ? [] : world.zonesSelecting(record).map(keyOf),
  );
  const concerned = new Map((before ?? []).map((key) => [key, true]));
  for (const key of now ?? []) concerned.set(key, !concerned.has(key));
  return concerned;
}

function instanceKeyOf(object: KubernetesObject | ZoneFile | null): string | null {
  const name = object?.metadata.labels?.[instanceLabel];
  return name === undefined ? null : `${object?.metadata.namespace ?? ""}/${name}`;
}
