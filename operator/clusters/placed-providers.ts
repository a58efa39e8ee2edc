// Where ClusterBind9Providers have their instances, and which zones and instances are theirs. Only reads.
import type { Cache } from "../controller/cache.ts";
import type { Bind9Cluster, ClusterBind9Provider } from "../resources/bind9-cluster.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { isNamed, isOwnedBy } from "../resources/kubernetes-object.ts";
import type { PlacedProvider } from "../zones/serving.ts";

export interface PlacedProviders {
  /** The namespace that a provider's cluster and instances are in; null where nothing says it. */
  namespaceOf(provider: ClusterBind9Provider): string | null;
  /** The provider that a zone names, in `clusterRef` too, as the original has it, where its namespace has no cluster of the name; null if there is none. */
  namedProvider(zone: DnsZone): ClusterBind9Provider | null;
  /** Whether the cluster of a provider's name in its namespace is somebody else's, so that the provider has no instances. */
  isWithoutCluster(provider: ClusterBind9Provider): boolean;
  /** The provider that the instance belongs to; null if it belongs to none. */
  providerAt(instance: Bind9Instance): ClusterBind9Provider | null;
}

/** The questions about the providers of a world; `ownNamespace` is where those are that do not say it, null where nothing does. */
export function createPlacedProviders(
  providers: Pick<Cache<ClusterBind9Provider>, "get">,
  clusters: Pick<Cache<Bind9Cluster>, "get">,
  ownNamespace: string | null,
): PlacedProviders & {
  /** The provider of a zone, if that has instances. */
  providerOf(zone: DnsZone): PlacedProvider | null;
} {
  const namespaceOf = ({ spec }: ClusterBind9Provider): string | null =>
    isNamed(spec.namespace) ? spec.namespace : ownNamespace;

  function namedProvider({ metadata, spec }: DnsZone): ClusterBind9Provider | null {
    const { clusterRef, clusterProviderRef } = spec;
    if (isNamed(clusterProviderRef)) return providers.get(`/${clusterProviderRef}`);
    if (!isNamed(clusterRef) || clusters.get(`${metadata.namespace ?? ""}/${clusterRef}`) !== null)
      return null;
    return providers.get(`/${clusterRef}`);
  }

  function isWithoutCluster(provider: ClusterBind9Provider): boolean {
    const cluster = clusters.get(`${namespaceOf(provider)}/${provider.metadata.name}`);
    return cluster !== null && !isOwnedBy(cluster, provider);
  }

  return {
    namespaceOf,
    namedProvider,
    isWithoutCluster,
    providerAt({ metadata, spec }) {
      const provider = isNamed(spec.clusterRef) ? providers.get(`/${spec.clusterRef}`) : null;
      if (provider === null || isWithoutCluster(provider)) return null;
      return namespaceOf(provider) === metadata.namespace ? provider : null;
    },
    providerOf(zone) {
      const provider = namedProvider(zone);
      const namespace = provider === null ? null : namespaceOf(provider);
      const isPlaced = provider !== null && namespace !== null && !isWithoutCluster(provider);
      return isPlaced ? { provider, namespace } : null;
    },
  };
}
