// Bind9Instance: makes the objects that it consists of, and says in its status how they fare and what it serves.
import type { Clock } from "../../platform/clock.ts";
import { forwarderProblem, matchElementProblem } from "../bind9/named-configuration.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { holds, isSameContent, withContentHash } from "../kubernetes/difference.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import type { Term } from "../../gate/leadership.ts";
import { bind9Instance } from "../resources/bind9-instance.ts";
import type { Bind9Instance, Bind9InstanceStatus } from "../resources/bind9-instance.ts";
import { deploymentType, disruptionBudgetType, serviceType } from "../resources/cluster-objects.ts";
import type { Deployment, Service } from "../resources/cluster-objects.ts";
import { withFindings } from "../resources/conditions.ts";
import type { Finding } from "../resources/conditions.ts";
import { isLeaving, isOwnedBy, keyOf } from "../resources/kubernetes-object.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import { timestamp } from "../resources/timestamp.ts";
import { instanceObjects, objectName } from "./instance-objects.ts";
import { podProblems } from "./pod-problems.ts";
import type { WantedObject } from "./instance-objects.ts";
import type { InstanceImages } from "./instance-pod.ts";
import { afterStatusWrite } from "../controller/status-write.ts";
import { cacheOf } from "../world.ts";
import type { World } from "../world.ts";

export interface InstanceReconcilerOptions {
  readonly world: World;
  readonly client: KubernetesClient;
  readonly writer: GuardedWriter;
  readonly images: InstanceImages;
  readonly clock: Clock;
}

type Step =
  | { readonly kind: "stands" }
  | { readonly kind: "conflict"; readonly message: string }
  /** Somebody else's object has the name, or the API server refuses ours. */
  | { readonly kind: "blocked"; readonly message: string };

const stands: Step = { kind: "stands" };
const mostListedZones = 100;

/** The reconciler of Bind9Instances. */
export function createInstanceReconciler(options: InstanceReconcilerOptions): Reconciler {
  const { world, client, writer, images, clock } = options;

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const instance = world.instances.get(key);
    // What it owns goes with it, by garbage collection.
    if (instance === null || isLeaving(instance)) return done;
    const blocked = podProblems(instance);
    // What is not ours stops all of it: pods would run under somebody else's account, or with somebody else's configuration.
    for (const wanted of blocked.length > 0 ? [] : instanceObjects(instance, images)) {
      const step = await ensure(instance, wanted, term);
      if (step.kind === "conflict") return step;
      if (step.kind === "stands") continue;
      blocked.push(step.message);
      break;
    }
    const conflict = await dropBudget(instance, term);
    if (conflict !== null) return conflict;
    const status = statusOf(world, instance, blocked, timestamp(clock.now().wallMs));
    if (isSameContent(instance.status, status)) return done;
    return afterStatusWrite(
      world.instances,
      await writer.replaceStatus(term, bind9Instance, instance, status),
    );
  }

  async function ensure(instance: Bind9Instance, { type, object }: WantedObject, term: Term): Promise<Step> {
    const cache = cacheOf(world.owned, type.plural);
    const wanted = withContentHash(object);
    const existing = cache.get(keyOf(object));
    if (existing !== null && !isOwnedBy(existing, instance)) return foreign(existing);
    if (existing !== null && holds(existing, wanted)) return stands;
    const outcome =
      existing === null
        ? await writer.create<KubernetesObject>(term, type, wanted)
        : await writer.replace(term, type, wanted, existing);
    switch (outcome.kind) {
      case "written":
        cache.put(outcome.object);
        return stands;
      case "missing":
        return { kind: "conflict", message: `the namespace of ${keyOf(object)} is gone` };
      case "invalid":
        return { kind: "blocked", message: outcome.message };
      case "conflict":
        return existing === null ? await whoHas(instance, type, wanted, term) : outcome;
    }
  }

  // An object in our way that we do not watch, since it lacks our label: it may be anybody's.
  async function whoHas(
    instance: Bind9Instance,
    type: ResourceType,
    { metadata }: KubernetesObject,
    term: Term,
  ): Promise<Step> {
    const found = await client.get(type, metadata.namespace ?? "", metadata.name, term.signal);
    if (found.kind === "found") {
      if (!isOwnedBy(found.object, instance)) return foreign(found.object);
      cacheOf(world.owned, type.plural).put(found.object);
    }
    return { kind: "conflict", message: `${type.kind} ${metadata.name} came to be meanwhile` };
  }

  async function dropBudget(instance: Bind9Instance, term: Term): Promise<ReconcileOutcome | null> {
    const { namespace = "", name } = instance.metadata;
    const cache = cacheOf(world.owned, disruptionBudgetType.plural);
    const existing = cache.get(`${namespace}/${objectName(disruptionBudgetType, name)}`);
    const isNeeded = (instance.spec.replicas ?? 1) > 1;
    if (isNeeded || existing === null || !isOwnedBy(existing, instance)) return null;
    const outcome = await writer.remove(term, disruptionBudgetType, existing);
    if (outcome.kind === "conflict") return outcome;
    cache.remove(existing);
    return null;
  }

  return { name: "bind9instance", reconcile, keys: () => world.instances.list().map(keyOf) };
}

function foreign({ kind, metadata }: KubernetesObject): Step {
  return {
    kind: "blocked",
    message: `a ${kind} ${metadata.name} that belongs to somebody else has the name: call the instance otherwise, or delete that`,
  };
}

function statusOf(
  world: World,
  instance: Bind9Instance,
  blocked: readonly string[],
  now: string,
): Bind9InstanceStatus {
  const { namespace = "", name, generation = 0 } = instance.metadata;
  const key = (type: ResourceType): string => `${namespace}/${objectName(type, name)}`;
  const service: Service | null = cacheOf(world.owned, serviceType.plural).get(key(serviceType));
  const deployments = cacheOf(world.owned, deploymentType.plural);
  const deployment: Deployment | null = deployments.get(key(deploymentType));
  const zones = world.zoneFilesFor(instance).map(({ spec }) => spec.zoneName);
  const address = service?.spec?.clusterIP ?? "";
  const readyReplicas = deployment?.status?.readyReplicas ?? 0;
  const findings = findingsOf(instance, readyReplicas, blocked);
  return {
    conditions: withFindings(
      instance.status?.conditions ?? [],
      findings.map((finding) => ({ ...finding, observedGeneration: generation })),
      now,
    ),
    observedGeneration: generation,
    ...(address === "" || address === "None" ? {} : { serviceAddress: address }),
    zones: zones.toSorted().slice(0, mostListedZones),
    zonesCount: zones.length,
    readyReplicas,
  };
}

type Verdict = Omit<Finding, "observedGeneration">;

function findingsOf(instance: Bind9Instance, readyReplicas: number, blocked: readonly string[]): Verdict[] {
  const replicas = instance.spec.replicas ?? 1;
  const count = `${readyReplicas} of ${replicas} replicas are ready`;
  const ready: Verdict =
    replicas === 0
      ? { type: "Ready", status: "False", reason: "ScaledToZero", message: "no replica is asked for" }
      : readyReplicas === 0
        ? { type: "Ready", status: "False", reason: "NoReplicaReady", message: count }
        : { type: "Ready", status: "True", reason: "Serving", message: count };
  const progressing: Verdict =
    readyReplicas < replicas
      ? { type: "Progressing", status: "True", reason: "RollingOut", message: count }
      : { type: "Progressing", status: "False", reason: "UpToDate", message: count };
  const problems = [...blocked, ...configurationProblems(instance)];
  const degraded: Verdict =
    problems.length === 0
      ? { type: "Degraded", status: "False", reason: "AsWritten", message: "everything is as asked for" }
      : {
          type: "Degraded",
          status: "True",
          reason: blocked.length > 0 ? "Blocked" : "InvalidConfiguration",
          message: problems.join("; "),
        };
  return [ready, progressing, degraded];
}

function configurationProblems({ spec }: Bind9Instance): string[] {
  const { allowQuery = [], allowTransfer = [], listenOn = [], listenOnV6 = [] } = spec.config ?? {};
  const lists = { allowQuery, allowTransfer, listenOn, listenOnV6 };
  const elements = Object.entries(lists).flatMap(([field, list]) =>
    list
      .map(matchElementProblem)
      .filter((problem) => problem !== null)
      .map((problem) => `config.${field}: ${problem}; until then the list is taken for "none"`),
  );
  const { forwarders = [], recursion = false } = spec.config ?? {};
  const unreadable = forwarders.map(forwarderProblem).filter((problem) => problem !== null);
  const isClosed = recursion && unreadable.length === forwarders.length;
  const instead = isClosed ? "; until then there is no recursion" : "";
  return [...elements, ...unreadable.map((problem) => `config.forwarders: ${problem}${instead}`)];
}
