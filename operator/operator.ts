// The operator put together: watches that fill the world, controllers that act on it while the gate is open, and
// between them what a change of one object means for others. It is handed its leadership and its client, so that a
// test can run it whole.
import type { Registry } from "prom-client";
import type { Clock } from "../platform/clock.ts";
import type { WorkClock } from "../platform/work-clock.ts";
import { atMost } from "../platform/deadline.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import { createTroubles } from "../platform/troubles.ts";
import { apiWellMessage } from "./kubernetes/kubernetes-error.ts";
import type { FilledCache } from "./controller/cache.ts";
import { startController } from "./controller/controller.ts";
import type { Controller, Reconciler } from "./controller/controller.ts";
import { createStatusWriter } from "./controller/status-writer.ts";
import { createControllerMetrics } from "./controller/controller-metrics.ts";
import { createPace } from "./controller/pace.ts";
import { runWatcher } from "./controller/watcher.ts";
import type { KubernetesClient } from "./kubernetes/client.ts";
import { createEventRecorder } from "./kubernetes/event-recorder.ts";
import { createFencingMetric } from "./kubernetes/fencing-metric.ts";
import { createGuardedWriter } from "./kubernetes/guarded-writer.ts";
import { createObjectSource } from "./kubernetes/object-source.ts";
import type { Leadership } from "../gate/leadership.ts";
import { createProviderReconciler } from "./clusters/provider-reconciler.ts";
import { createClusterReconciler } from "./clusters/reconciler.ts";
import { createOwnedObjects } from "./kubernetes/owned-objects.ts";
import { createInstanceReconciler } from "./instances/reconciler.ts";
import { createAwaited } from "./zones/awaited.ts";
import { createCompilations } from "./zones/compilations.ts";
import { keepSerial } from "./zones/last-serials.ts";
import { createZoneDrafts } from "./zones/zone-drafts.ts";
import type { DraftLimits } from "./zones/zone-room.ts";
import { createZoneReconciler } from "./zones/reconciler.ts";
import type { InstanceImages } from "./instances/instance-pod.ts";
import { createRecordReconciler } from "./records/reconciler.ts";
import { connectTriggers, unservedDelayMs } from "./triggers.ts";
import { cacheOf, createWorld } from "./world.ts";
import type { World } from "./world.ts";
import { bind9Cluster, clusterBind9Provider } from "./resources/bind9-cluster.ts";
import { bind9Instance } from "./resources/bind9-instance.ts";
import { managedByLabel, ownedTypes, podType } from "./resources/cluster-objects.ts";
import { dnsZone } from "./resources/dns-zone.ts";
import type { KubernetesObject, ResourceType } from "./resources/kubernetes-object.ts";
import { recordKinds } from "./resources/record-kinds.ts";
import { instanceLabel, zoneFile } from "./resources/zone-file.ts";

export interface OperatorOptions {
  readonly client: KubernetesClient;
  /** The only namespace to look at; null for all. */
  readonly watchNamespace: string | null;
  /** That of the operator's pod; null where nothing says it. */
  readonly ownNamespace: string | null;
  readonly leadership: Leadership;
  readonly images: InstanceImages;
  readonly draftLimits: DraftLimits;
  readonly registry: Registry;
  readonly clock: Clock;
  /** For what is done under a term and between; the right to do it goes by `clock`. */
  readonly workClock: WorkClock;
  readonly random: Random;
  readonly log: Log;
}

export interface Operator {
  /** True once all caches are complete: from then on a won lead can be used at once. */
  isReady(): boolean;
  /** Resolves when no reconcile is running: after the gate closed, when nothing is written under its term any more. */
  idle(): Promise<void>;
  /** Takes no more work, waits for what runs (at most `graceMs`), and ends the watches. */
  close(graceMs: number): Promise<void>;
}

// Reconciles of one kind that run at once: enough to hide the API server's latency, too few to crowd it. Those of one namespace
// leave some to the others.
const concurrency = 6;
const namespaceConcurrency = 4;

/** Starts watching, and reconciling whenever the gate is open. */
export function startOperator(options: OperatorOptions): Operator {
  const { client, leadership, clock, workClock, random, log } = options;
  const world = createWorld(options.ownNamespace);
  const compilations = createCompilations();
  const awaited = createAwaited();
  const drafts = createZoneDrafts(options.draftLimits, (key) => zones.enqueue(key, "others need its room"));
  const writer = createGuardedWriter(client, leadership, clock, createFencingMetric(options.registry));
  const metrics = createControllerMetrics(options.registry);
  const troubles = createTroubles(log, clock, apiWellMessage);
  const statuses = createStatusWriter(writer, createEventRecorder(writer, clock, troubles));
  const pace = createPace(workClock);
  const ending = new AbortController();
  leadership.onClose(() => {
    compilations.clear();
    awaited.clear();
    drafts.clear();
  });

  // What is of no namespace, an operator of one namespace may not look at.
  const isOfAll = options.watchNamespace === null;
  const watched = watchedKinds(world).filter(({ type }) => isOfAll || type.scope !== "Cluster");
  const watchers = watched.map(({ type, cache, labelSelector }) => {
    const selection = {
      ...(options.watchNamespace === null ? {} : { namespace: options.watchNamespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
    };
    const source = createObjectSource(client, type, selection);
    return runWatcher(
      { name: type.plural, source, cache, pace, clock, random, log, troubles },
      ending.signal,
    );
  });
  let isReady = false;
  const ready = becomeReady();

  const parts = {
    leadership,
    ready,
    concurrency,
    namespaceConcurrency,
    pace,
    clock: workClock,
    random,
    log,
    troubles,
    metrics,
  };
  const start = (reconciler: Reconciler, givesWay?: () => boolean): Controller =>
    startController({ ...parts, reconciler, ...(givesWay === undefined ? {} : { givesWay }) });
  // Zones and the statuses of records share an API server that takes only so many writes: zones are brought to the name servers first.
  const recordControllers = new Map(
    recordKinds.map((kind) => {
      const reconciler = createRecordReconciler({
        kind,
        world,
        compilations,
        awaited,
        statuses,
        clock: workClock,
      });
      return [kind.resource.kind, start(reconciler, () => zones.hasWaiting())] as const;
    }),
  );
  const owned = createOwnedObjects(client, writer);
  const zones: Controller = start(
    createZoneReconciler({
      world,
      compilations,
      awaited,
      drafts,
      writer,
      statuses,
      pace,
      clock: workClock,
      log,
      keepSerial: (file, nowS, term) => keepSerial(world, owned, file, nowS, term),
      onRecordOutcome: ({ kind, key }, isUnserved) =>
        recordControllers.get(kind)?.enqueue(key, "its zone was compiled", isUnserved ? unservedDelayMs : 0),
    }),
  );
  const instances = start(
    createInstanceReconciler({ world, client, writer, statuses, images: options.images, clock }),
  );
  const clusters = start(createClusterReconciler({ world, client, writer, statuses, clock }));
  const providers = start(createProviderReconciler({ world, client, writer, statuses, clock }));
  const triggered = { providers, clusters, instances, zones, records: recordControllers };
  connectTriggers(world, triggered, compilations, drafts, pace);

  const controllers = [zones, instances, clusters, providers, ...recordControllers.values()];

  async function becomeReady(): Promise<void> {
    await Promise.all(watched.map(({ cache }) => cache.synced));
    isReady = true;
    log.info("All watches are up");
  }

  async function idle(): Promise<void> {
    await Promise.all(controllers.map((controller) => controller.idle()));
    await writer.idle();
  }

  async function close(graceMs: number): Promise<void> {
    await atMost(clock, graceMs, Promise.all(controllers.map((controller) => controller.close())));
    ending.abort();
    await Promise.all(watchers);
  }

  return { isReady: () => isReady, idle, close };
}

interface WatchedKind {
  readonly type: ResourceType;
  readonly cache: FilledCache<KubernetesObject>;
  readonly labelSelector?: string;
}

function watchedKinds(world: World): WatchedKind[] {
  const ours = Object.entries(managedByLabel)
    .map(([label, value]) => `${label}=${value}`)
    .join(",");
  const kinds = [
    { type: clusterBind9Provider, cache: world.providers },
    { type: bind9Cluster, cache: world.clusters },
    { type: bind9Instance, cache: world.instances },
    { type: dnsZone, cache: world.zones },
    { type: zoneFile, cache: world.zoneFiles },
    { type: podType, cache: world.pods, labelSelector: instanceLabel },
    ...recordKinds.map(({ resource }) => ({
      type: resource,
      cache: cacheOf(world.records, resource.plural),
    })),
    ...ownedTypes.map((type) => ({ type, cache: cacheOf(world.owned, type.plural), labelSelector: ours })),
  ];
  // Each cache is filled from its own kind alone, which the type of a list of them does not say.
  return kinds;
}
