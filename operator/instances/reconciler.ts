// Bind9Instance: makes the objects that it consists of, and says in its status how they fare and what it serves.
import type { Clock } from "../../platform/clock.ts";
import { configurationProblems } from "../bind9/configuration-problems.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { createOwnedObjects } from "../kubernetes/owned-objects.ts";
import type { Term } from "../../gate/leadership.ts";
import type { Bind9Cluster, ClusterBind9Provider } from "../resources/bind9-cluster.ts";
import { allowedNamespacesAnnotation, bind9Instance } from "../resources/bind9-instance.ts";
import type { Bind9InstanceStatus } from "../resources/bind9-instance.ts";
import { deploymentType, disruptionBudgetType, serviceType } from "../resources/cluster-objects.ts";
import type { Deployment, Service } from "../resources/cluster-objects.ts";
import { ignoredFields, withFindings } from "../resources/conditions.ts";
import type { Finding } from "../resources/conditions.ts";
import { deletingStatus } from "../resources/deletion.ts";
import { dnsZone } from "../resources/dns-zone.ts";
import { ignoredOfList } from "../resources/allowed-namespaces.ts";
import { ignoredOfLabels } from "../resources/label-selector.ts";
import { ignoredOfInstance } from "../resources/ignored-settings.ts";
import { isLeaving, isNamed, keyOf, referenceOf } from "../resources/kubernetes-object.ts";
import type { ResourceType } from "../resources/kubernetes-object.ts";
import type { Reason } from "../resources/reasons.ts";
import { timestamp } from "../resources/timestamp.ts";
import { instanceObjects, objectName } from "./instance-objects.ts";
import { podProblems } from "./pod-problems.ts";
import { missingFiles, startProblems } from "./start-problems.ts";
import { unheardPods } from "./unheard-pods.ts";
import { resolvedInstance, type ResolvedInstance } from "./resolved-instance.ts";
import type { InstanceImages } from "./instance-pod.ts";
import type { StatusWriter } from "../controller/status-writer.ts";
import { cacheOf } from "../world.ts";
import type { World } from "../world.ts";

export interface InstanceReconcilerOptions {
  readonly world: World;
  readonly client: KubernetesClient;
  readonly writer: GuardedWriter;
  readonly statuses: StatusWriter;
  readonly images: InstanceImages;
  readonly clock: Clock;
}

const mostListedZones = 100;

/** The reconciler of Bind9Instances. */
export function createInstanceReconciler(options: InstanceReconcilerOptions): Reconciler {
  const { world, client, statuses, images, clock } = options;
  const owned = createOwnedObjects(client, options.writer);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const known = world.instances.get(key);
    if (known === null) return done;
    // What it owns goes with it, by garbage collection.
    if (isLeaving(known)) {
      const left = deletingStatus(known, timestamp(clock.now().wallMs));
      return await statuses.write(term, bind9Instance, world.instances, known, left);
    }
    const cluster = world.clusterOf(known);
    const instance = resolvedInstance(known, cluster);
    const blocked = podProblems(instance, world.claims.useOf(instance));
    let isPassing = false;
    // What is not ours stops all of it: pods would run under somebody else's account, or with somebody else's configuration.
    for (const wanted of blocked.length > 0 ? [] : instanceObjects(instance, images)) {
      const step = await owned.ensure(instance, wanted, cacheOf(world.owned, wanted.type.plural), term);
      if (step.kind === "conflict") return step;
      if (step.kind === "stands") continue;
      blocked.push(inWordsOf(wanted.type, step.message));
      isPassing = step.isPassing === true;
      break;
    }
    if ((instance.spec.replicas ?? 1) < 2) {
      const { namespace = "", name } = instance.metadata;
      const budget = `${namespace}/${objectName(disruptionBudgetType, name)}`;
      const cache = cacheOf(world.owned, disruptionBudgetType.plural);
      const step = await owned.remove(instance, disruptionBudgetType, budget, cache, term);
      if (step.kind === "conflict") return step;
    }
    const deployment = deploymentOf(world, instance);
    const isWaiting = blocked.length === 0 && waitsForPods(instance, deployment);
    const missing = isWaiting ? await missingFiles(client, instance, term.signal) : [];
    isPassing ||= missing.length > 0;
    const pods = world.podsOf(instance);
    const starts = [...missing, ...unheardPods(instance, pods), ...startProblems(deployment, pods)];
    const status = statusOf(
      world,
      instance,
      { cluster, deployment, blocked, starts },
      timestamp(clock.now().wallMs),
    );
    const outcome = await statuses.write(term, bind9Instance, world.instances, known, status);
    return isPassing && outcome.kind === "done" ? { kind: "obstructed" } : outcome;
  }

  return { name: "bind9instance", reconcile, keys: () => world.instances.list().map(keyOf) };
}

/** What was found out of an instance that is told in its status. */
interface Found {
  readonly cluster: Bind9Cluster | null;
  readonly deployment: Deployment | null;
  /** Why it has not all of its objects. */
  readonly blocked: readonly string[];
  /** Why it has not all of its pods. */
  readonly starts: readonly string[];
}

function ownedKey({ metadata }: ResolvedInstance, type: ResourceType): string {
  return `${metadata.namespace ?? ""}/${objectName(type, metadata.name)}`;
}

function deploymentOf(world: World, instance: ResolvedInstance): Deployment | null {
  return cacheOf(world.owned, deploymentType.plural).get(ownedKey(instance, deploymentType));
}

/** Whether pods are asked for that are not there, or not ready, be it beside those that they are to take the place of. */
function waitsForPods({ spec }: ResolvedInstance, deployment: Deployment | null): boolean {
  const { readyReplicas = 0, unavailableReplicas = 0 } = deployment?.status ?? {};
  return readyReplicas < (spec.replicas ?? 1) || unavailableReplicas > 0;
}

function statusOf(world: World, instance: ResolvedInstance, found: Found, now: string): Bind9InstanceStatus {
  const { cluster, deployment } = found;
  const { generation = 0 } = instance.metadata;
  const services = cacheOf(world.owned, serviceType.plural);
  const service: Service | null = services.get(ownedKey(instance, serviceType));
  const files = world.zoneFilesFor(instance).toSorted((left, right) => (keyOf(left) < keyOf(right) ? -1 : 1));
  const address = addressOf(service);
  const readyReplicas = deployment?.status?.readyReplicas ?? 0;
  const provider = world.providers.get(`/${instance.spec.clusterRef ?? ""}`);
  const findings = findingsOf(instance, provider, found);
  return {
    conditions: withFindings(
      instance.status?.conditions ?? [],
      findings.map((finding) => ({ ...finding, observedGeneration: generation })),
      now,
    ),
    observedGeneration: generation,
    ...(address === "" || address === "None" ? {} : { serviceAddress: address }),
    ...(cluster === null ? {} : { clusterRef: referenceOf(cluster) }),
    zones: files.slice(0, mostListedZones).map(({ spec: { zoneRef, zoneName } }) => {
      const { apiVersion, kind } = dnsZone;
      return { apiVersion, kind, namespace: zoneRef.namespace, name: zoneRef.name, zoneName };
    }),
    zonesCount: files.length,
    readyReplicas,
  };
}

/** Where named is reached: by a load balancer, or in the cluster. */
function addressOf(service: Service | null): string {
  const [ingress] = service?.status?.loadBalancer?.ingress ?? [];
  return ingress?.ip ?? ingress?.hostname ?? service?.spec?.clusterIP ?? "";
}

/** What the API server says of an object, with the fields of the instance that it was made of. */
function inWordsOf(type: ResourceType, message: string): string {
  if (type !== serviceType) return message;
  return message
    .replaceAll(/(?<![\w.])spec\.(?=\w)/g, "service.spec.")
    .replaceAll(/(?<![\w.])metadata\.annotations/g, "service.annotations");
}

function degradedReason(
  blocked: readonly string[],
  lost: readonly string[],
  unread: readonly string[],
): Reason {
  if (blocked.length > 0) return "Blocked";
  if (lost.length > 0) return "ClusterMissing";
  return unread.length > 0 ? "InvalidConfiguration" : "PodsNotStarting";
}

/** Of the cluster that an instance names and there is not: what may be done. `provider` is the one of that name, which people take for it. */
function lostCluster(clusterRef: string, provider: ClusterBind9Provider | null): string {
  const is = `clusterRef: there is no Bind9Cluster ${clusterRef} in this namespace`;
  if (provider === null) return `${is}: make it, write the name of one that there is, or take the field away`;
  return (
    `${is}; ${clusterRef} is a ClusterBind9Provider, and an instance takes settings from a Bind9Cluster of its own namespace alone: make one ` +
    "here, or take the field away and have the provider make the instance (primary.replicas)"
  );
}

type Verdict = Omit<Finding, "observedGeneration">;

function findingsOf(
  instance: ResolvedInstance,
  provider: ClusterBind9Provider | null,
  { cluster, deployment, blocked, starts }: Found,
): Verdict[] {
  const replicas = instance.spec.replicas ?? 1;
  const readyReplicas = deployment?.status?.readyReplicas ?? 0;
  const count = `${readyReplicas} of ${replicas} replicas are ready`;
  const ready: Verdict =
    replicas === 0
      ? { type: "Ready", status: "False", reason: "ScaledToZero", message: "no replica is asked for" }
      : readyReplicas === 0
        ? { type: "Ready", status: "False", reason: "NoReplicaReady", message: [count, ...starts].join("; ") }
        : { type: "Ready", status: "True", reason: "Serving", message: count };
  const progressing: Verdict = waitsForPods(instance, deployment)
    ? { type: "Progressing", status: "True", reason: "RollingOut", message: count }
    : { type: "Progressing", status: "False", reason: "UpToDate", message: count };
  const { clusterRef } = instance.spec;
  const isLost = isNamed(clusterRef) && cluster === null;
  const lost = isLost ? [lostCluster(clusterRef, provider)] : [];
  const unread = configurationProblems(instance.spec);
  const problems = [...blocked, ...lost, ...unread, ...starts];
  const degraded: Verdict =
    problems.length === 0
      ? { type: "Degraded", status: "False", reason: "AsWritten", message: "everything is as asked for" }
      : {
          type: "Degraded",
          status: "True",
          reason: degradedReason(blocked, lost, unread),
          message: problems.join("; "),
        };
  const ignored = ignoredFields(
    [
      ...ignoredOfInstance(instance.spec),
      ...ignoredOfList(instance.metadata, [allowedNamespacesAnnotation]),
      ...ignoredOfLabels(instance.metadata),
    ],
    instance.status?.conditions,
  );
  return [ready, progressing, degraded, ...ignored];
}
