// What a cluster consists of: its instances, as they should be; and of a provider, its cluster. Pure.
import type { WantedObject } from "../kubernetes/owned-objects.ts";
import { bind9Cluster, clusterLabels } from "../resources/bind9-cluster.ts";
import type { Bind9Cluster, Bind9ClusterSpec, ClusterBind9Provider } from "../resources/bind9-cluster.ts";
import { bind9Instance, type Role } from "../resources/bind9-instance.ts";
import { ownedBy } from "../resources/kubernetes-object.ts";

const partOf = { "app.kubernetes.io/part-of": "bindy" } as const;
const roles: readonly Role[] = ["primary", "secondary"];

/** What the instances of a cluster are called. */
export function instanceNames(cluster: string, spec: Bind9ClusterSpec): string[] {
  return roles.flatMap((role) =>
    Array.from({ length: spec[role]?.replicas ?? 0 }, (_, index) => instanceName(cluster, role, index)),
  );
}

function instanceName(cluster: string, role: Role, index: number): string {
  return `${cluster}-${role}-${index}`;
}

/** The instances of a cluster: by number and role. What they are made of they take from the cluster themselves. */
export function clusterInstances(cluster: Bind9Cluster): readonly WantedObject[] {
  const { namespace = "", name } = cluster.metadata;
  return roles.flatMap((role) => {
    const { replicas = 0, labels = {} } = cluster.spec[role] ?? {};
    return Array.from({ length: replicas }, (_, index): WantedObject => {
      const metadata = {
        namespace,
        name: instanceName(name, role, index),
        labels: {
          ...labels,
          ...partOf,
          [clusterLabels.cluster]: name,
          [clusterLabels.role]: role,
          [clusterLabels.managedBy]: bind9Cluster.kind,
        },
        ownerReferences: [ownedBy(cluster)],
      };
      const { apiVersion, kind } = bind9Instance;
      const spec = { clusterRef: name, role, replicas: 1 };
      return { type: bind9Instance, object: { apiVersion, kind, metadata, spec } };
    });
  });
}

/** The cluster of a provider, in the namespace of its instances. */
export function providerCluster(provider: ClusterBind9Provider, namespace: string): WantedObject {
  const { namespace: _, ...spec } = provider.spec;
  const { apiVersion, kind } = bind9Cluster;
  const metadata = {
    namespace,
    name: provider.metadata.name,
    labels: { ...partOf, [clusterLabels.managedBy]: provider.kind },
    ownerReferences: [ownedBy(provider)],
  };
  return { type: bind9Cluster, object: { apiVersion, kind, metadata, spec } };
}
