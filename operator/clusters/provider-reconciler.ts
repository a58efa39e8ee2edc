// ClusterBind9Provider: makes one Bind9Cluster, and says in its status how the instances of that fare.
import type { Term } from "../../gate/leadership.ts";
import { done } from "../controller/controller.ts";
import type { ReconcileOutcome, Reconciler } from "../controller/controller.ts";
import { createOwnedObjects } from "../kubernetes/owned-objects.ts";
import { clusterBind9Provider, clusterNamePattern } from "../resources/bind9-cluster.ts";
import { isLeaving, keyOf } from "../resources/kubernetes-object.ts";
import { timestamp } from "../resources/timestamp.ts";
import { providerCluster } from "./cluster-objects.ts";
import { clusterStatus, nameProblem } from "./cluster-status.ts";
import type { ClusterReconcilerOptions } from "./reconciler.ts";

/** The reconciler of ClusterBind9Providers. */
export function createProviderReconciler(options: ClusterReconcilerOptions): Reconciler {
  const { world, statuses, clock } = options;
  const owned = createOwnedObjects(options.client, options.writer);

  async function reconcile(key: string, term: Term): Promise<ReconcileOutcome> {
    const provider = world.providers.get(key);
    if (provider === null || isLeaving(provider)) return done;
    const namespace = world.namespaceOf(provider);
    const { name } = provider.metadata;
    const blocked: string[] = [];
    if (!clusterNamePattern.test(name)) blocked.push(nameProblem);
    if (namespace === null) blocked.push("namespace: say where its instances are to run");
    if (namespace !== null && blocked.length === 0) {
      const step = await owned.ensure(provider, providerCluster(provider, namespace), world.clusters, term);
      if (step.kind === "conflict") return step;
      if (step.kind === "blocked") blocked.push(step.message);
    }
    const named = namespace === null ? [] : world.instancesOfCluster(`${namespace}/${name}`);
    const status = clusterStatus({ of: provider, named, blocked, now: timestamp(clock.now().wallMs) });
    return await statuses.write(term, clusterBind9Provider, world.providers, provider, status);
  }

  return { name: "clusterbind9provider", reconcile, keys: () => world.providers.list().map(keyOf) };
}
