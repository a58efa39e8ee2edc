// Bind9Cluster: makes its instances, takes away those that are too many, and says in its status how they fare.
import type { Term } from "../../gate/leadership.ts";
import type { Clock } from "../../platform/clock.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import type { StatusWriter } from "../controller/status-writer.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import { createOwnedObjects } from "../kubernetes/owned-objects.ts";
import { bind9Cluster, clusterNamePattern } from "../resources/bind9-cluster.ts";
import { bind9Instance } from "../resources/bind9-instance.ts";
import { deletingStatus } from "../resources/deletion.ts";
import { isLeaving, isOwnedBy, keyOf } from "../resources/kubernetes-object.ts";
import { timestamp } from "../resources/timestamp.ts";
import type { World } from "../world.ts";
import { clusterInstances } from "./cluster-objects.ts";
import { clusterStatus, nameProblem } from "./cluster-status.ts";

export interface ClusterReconcilerOptions {
  readonly world: World;
  readonly client: KubernetesClient;
  readonly writer: GuardedWriter;
  readonly statuses: StatusWriter;
  readonly clock: Clock;
}

/** The reconciler of Bind9Clusters. */
export function createClusterReconciler(options: ClusterReconcilerOptions): Reconciler {
  const { world, statuses, clock } = options;
  const owned = createOwnedObjects(options.client, options.writer);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const cluster = world.clusters.get(key);
    if (cluster === null) return done;
    // Its instances go with it, by garbage collection.
    if (isLeaving(cluster)) {
      const left = deletingStatus(cluster, timestamp(clock.now().wallMs));
      return await statuses.write(term, bind9Cluster, world.clusters, cluster, left);
    }
    const isNamed = clusterNamePattern.test(cluster.metadata.name);
    const blocked = isNamed ? [] : [nameProblem];
    const wanted = isNamed ? clusterInstances(cluster) : [];
    let isPassing = false;
    for (const each of wanted) {
      const step = await owned.ensure(cluster, each, world.instances, term);
      if (step.kind === "conflict") return step;
      if (step.kind !== "blocked") continue;
      blocked.push(step.message);
      isPassing ||= step.isPassing === true;
    }
    const names = new Set(wanted.map(({ object }) => keyOf(object)));
    const own = world.instancesOfCluster(key).filter((instance) => isOwnedBy(instance, cluster));
    for (const instance of isNamed ? own.filter((each) => !names.has(keyOf(each))) : []) {
      const step = await owned.remove(cluster, bind9Instance, keyOf(instance), world.instances, term);
      if (step.kind === "conflict") return step;
    }
    const named = world.instancesOfCluster(key);
    const status = clusterStatus({ of: cluster, named, blocked, now: timestamp(clock.now().wallMs) });
    const outcome = await statuses.write(term, bind9Cluster, world.clusters, cluster, status);
    return isPassing && outcome.kind === "done" ? { kind: "obstructed" } : outcome;
  }

  return { name: "bind9cluster", reconcile, keys: () => world.clusters.list().map(keyOf) };
}
