// The clusters and providers that a zone names, and to which it does not go: they are not there, have no instance, or do not let it in. Only reads.
import type { Bind9Cluster, ClusterBind9Provider } from "../resources/bind9-cluster.ts";
import { allowedNamespacesAnnotation } from "../resources/bind9-instance.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { isNamed } from "../resources/kubernetes-object.ts";
import type { World } from "../world.ts";
import { admits } from "./serving.ts";

/** What is in the way of each, with the field that names it. */
export function missingReferences(world: World, zone: DnsZone): string[] {
  const { clusterRef, clusterProviderRef } = zone.spec;
  const { namespace = "" } = zone.metadata;
  const missing: string[] = [];
  const cluster = isNamed(clusterRef) ? world.clusters.get(`${namespace}/${clusterRef}`) : null;
  const provider = world.namedProvider(zone);
  const isProvider = !isNamed(clusterProviderRef) && provider !== null;
  if (isNamed(clusterRef) && cluster === null && !isProvider)
    missing.push(
      `clusterRef: there is no Bind9Cluster ${clusterRef} in this namespace: make one, or name a ClusterBind9Provider in clusterProviderRef`,
    );
  if (
    isNamed(clusterRef) &&
    isBlocked(cluster) &&
    world.instancesOfCluster(`${namespace}/${clusterRef}`).length === 0
  )
    missing.push(`clusterRef: the Bind9Cluster ${clusterRef} has no instance: ${itsCondition}`);
  if (isNamed(clusterProviderRef) && provider === null)
    missing.push(
      `clusterProviderRef: there is no ClusterBind9Provider ${clusterProviderRef}: make one, or name a Bind9Cluster of this namespace in clusterRef`,
    );
  if (provider !== null) {
    const field = isNamed(clusterProviderRef) ? "clusterProviderRef" : "clusterRef";
    for (const why of whyNotAt(world, zone, provider))
      missing.push(`${field}: the ClusterBind9Provider ${provider.metadata.name} ${why}`);
  }
  return missing;
}

const itsCondition = "its condition Degraded says why";

function whyNotAt(world: World, zone: DnsZone, provider: ClusterBind9Provider): string[] {
  const reasons: string[] = [];
  if (!admits(provider, zone, "*"))
    reasons.push(
      `does not let in this namespace: have its owner name it in the annotation ${allowedNamespacesAnnotation}`,
    );
  if (world.isWithoutCluster(provider)) reasons.push(`has no cluster of its own: ${itsCondition}`);
  else if (isBlocked(provider) && !hasCluster(world, provider))
    reasons.push(`has no cluster: ${itsCondition}`);
  return reasons;
}

function hasCluster(world: World, provider: ClusterBind9Provider): boolean {
  const namespace = world.namespaceOf(provider);
  return namespace !== null && world.clusters.get(`${namespace}/${provider.metadata.name}`) !== null;
}

/** Whether it says that something that it consists of cannot be made. One that is new has none of it yet either, and says nothing. */
export function isBlocked(cluster: Bind9Cluster | ClusterBind9Provider | null): boolean {
  const conditions = cluster?.status?.conditions ?? [];
  return conditions.some(({ type, reason }) => type === "Degraded" && reason === "Blocked");
}
