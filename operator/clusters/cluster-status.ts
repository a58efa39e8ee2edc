// The status of a cluster, and of a provider: how many instances there are and how many of them are ready, and what is wrong. Pure.
import { clusterConfigurationProblems } from "../bind9/configuration-problems.ts";
import { clusterBind9Provider } from "../resources/bind9-cluster.ts";
import type { Bind9Cluster, Bind9ClusterStatus, ClusterBind9Provider } from "../resources/bind9-cluster.ts";
import { allowedNamespacesAnnotation, type Bind9Instance } from "../resources/bind9-instance.ts";
import { ignoredFields, withFindings, type Finding } from "../resources/conditions.ts";
import { ignoredOfList } from "../resources/allowed-namespaces.ts";
import { ignoredOfCluster } from "../resources/ignored-settings.ts";
import { isLeaving } from "../resources/kubernetes-object.ts";
import { instanceNames } from "./cluster-objects.ts";

export interface StatusOf {
  readonly of: Bind9Cluster | ClusterBind9Provider;
  /** All that name the cluster, those that somebody made by hand and those that leave among them. */
  readonly named: readonly Bind9Instance[];
  readonly blocked: readonly string[];
  readonly now: string;
}

export const nameProblem =
  "metadata.name: it must be a DNS label of at most 37 characters that begins with a letter";

const mostListed = 100;

export function clusterStatus({ of, named, blocked, now }: StatusOf): Bind9ClusterStatus {
  const instances = named.filter((instance) => !isLeaving(instance));
  const observedGeneration = of.metadata.generation ?? 0;
  const before = of.status?.conditions ?? [];
  const readyInstances = instances.filter(isReady).length;
  const ready = readyOf(of, instances, blocked.length > 0);
  const problems = [...blocked, ...clusterConfigurationProblems(of.spec)];
  const degraded =
    problems.length === 0
      ? { status: "False", reason: "AsWritten", message: "everything is as asked for" }
      : {
          status: "True",
          reason: blocked.length > 0 ? "Blocked" : "InvalidConfiguration",
          message: problems.join("; "),
        };
  const findings = [
    { type: "Ready", ...ready },
    { type: "Degraded", ...degraded },
    ...ignoredFields([...ignoredOfCluster(of.spec), ...ignoredOfList(of.metadata, listsOf(of))], before),
  ].map((verdict) => ({ ...verdict, observedGeneration }) as Finding);
  return {
    conditions: withFindings(before, findings, now),
    observedGeneration,
    instanceCount: instances.length,
    readyInstances,
    instances: instances
      .map(({ metadata }) => metadata.name)
      .toSorted()
      .slice(0, mostListed),
  };
}

/** Whom the instances of a cluster let in is said by each of them: what was copied into one could not be told from what somebody wrote there. */
function listsOf({ kind }: Bind9Cluster | ClusterBind9Provider): string[] {
  return kind === clusterBind9Provider.kind ? [allowedNamespacesAnnotation] : [];
}

/** Whether all instances are ready: those that are asked for and could not be made, and those that somebody made by hand, among them. */
function readyOf(
  { metadata, spec }: Bind9Cluster | ClusterBind9Provider,
  instances: readonly Bind9Instance[],
  isBlocked: boolean,
): Pick<Finding, "status" | "reason" | "message"> {
  const there = new Set(instances.map((instance) => instance.metadata.name));
  const missing = instanceNames(metadata.name, spec).filter((name) => !there.has(name)).length;
  const total = instances.length + missing;
  if (total === 0)
    return {
      status: "False",
      reason: "NoInstances",
      message: "no instance is asked for: set primary.replicas",
    };
  const ready = instances.filter(isReady).length;
  const count = `${ready} of ${total} instances are ready`;
  if (ready === total) return { status: "True", reason: "AllReady", message: count };
  const why = isBlocked ? ", as the condition Degraded says" : "";
  const message = missing === 0 ? count : `${count}, and ${missing} not made yet${why}`;
  return { status: "False", reason: "InstancesNotReady", message };
}

function isReady({ status }: Bind9Instance): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");
}
