// ClusterBind9Provider: makes one Bind9Cluster and says in its status how the instances fare.
import type { Term } from "../../gate/leadership.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import { createOwnedObjects } from "../kubernetes/owned-objects.ts";
import { bind9Cluster, clusterBind9Provider, clusterNamePattern } from "../resources/bind9-cluster.ts";
import type { ClusterBind9Provider } from "../resources/bind9-cluster.ts";
import { deletingStatus } from "../resources/deletion.ts";
import { isLeaving, isOwnedBy, keyOf } from "../resources/kubernetes-object.ts";
import { timestamp } from "../resources/timestamp.ts";
import { providerCluster } from "./cluster-objects.ts";
import { clusterStatus, nameProblem } from "./cluster-status.ts";
import type { ClusterReconcilerOptions } from "./reconciler.ts";

const namespaceLookMs = 10_000;

/** The reconciler of ClusterBind9Providers. */
export function createProviderReconciler(options: ClusterReconcilerOptions): Reconciler {
  const { world, statuses, clock } = options;
  const owned = createOwnedObjects(options.client, options.writer);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const provider = world.providers.get(key);
    if (provider === null) return done;
    if (isLeaving(provider)) {
      const left = deletingStatus(provider, timestamp(clock.now().wallMs));
      return await statuses.write(term, clusterBind9Provider, world.providers, provider, left);
    }
    const namespace = world.namespaceOf(provider);
    const { name } = provider.metadata;
    const blocked: string[] = [];
    let isInTheWay = false;
    if (!clusterNamePattern.test(name)) blocked.push(nameProblem);
    if (namespace === null) blocked.push("namespace: say where its instances are to run");
    if (namespace !== null && blocked.length === 0) {
      const step = await owned.ensure(provider, providerCluster(provider, namespace), world.clusters, term);
      const isWithoutNamespace = step.kind === "conflict" && step.isWithoutNamespace === true;
      isInTheWay = isWithoutNamespace || step.kind === "blocked";
      if (isWithoutNamespace)
        blocked.push(
          `namespace: there is no namespace ${namespace}: create it, or make the provider anew with another`,
        );
      else if (step.kind === "conflict") return step;
      if (step.kind === "blocked") blocked.push(step.message);
      // Where nothing is said, the namespace is the operator's own, and that is another one when the operator is installed elsewhere. What
      // runs goes on until there is what comes in its place.
      const left = step.kind === "stands" ? await removeElsewhere(provider, namespace, term) : null;
      if (left !== null) return left;
    }
    const isOwn = namespace !== null && !world.isWithoutCluster(provider);
    const named = isOwn ? world.instancesOfCluster(`${namespace}/${name}`) : [];
    const status = clusterStatus({ of: provider, named, blocked, now: timestamp(clock.now().wallMs) });
    const outcome = await statuses.write(term, clusterBind9Provider, world.providers, provider, status);
    // Nobody tells of a namespace that comes, nor that one which was being deleted, and took nothing new, is gone or has come anew.
    const again = { kind: "again", afterMs: namespaceLookMs } as const;
    return outcome.kind === "done" && isInTheWay ? again : outcome;
  }

  async function removeElsewhere(
    provider: ClusterBind9Provider,
    namespace: string,
    term: Term,
  ): Promise<ReconcileOutcome | null> {
    const elsewhere = world.clusters
      .list()
      .filter((cluster) => isOwnedBy(cluster, provider) && cluster.metadata.namespace !== namespace);
    for (const cluster of elsewhere) {
      if (isLeaving(cluster)) continue;
      const step = await owned.remove(provider, bind9Cluster, keyOf(cluster), world.clusters, term);
      if (step.kind === "conflict") return step;
    }
    return null;
  }

  return { name: "clusterbind9provider", reconcile, keys: () => world.providers.list().map(keyOf) };
}
