// The zone that the playground shows: an instance for the named of this machine, a zone, two records; and the two ways
// in which the page touches them.
import type { KubernetesObject, ResourceType } from "../../operator/resources/kubernetes-object.ts";
import type { Cluster } from "./cluster.ts";
import type { Placed } from "./manifests.ts";

export const instanceName = "primary";
export const zoneName = "example.com";
const recordName = "www-example-com";
const zoneObjectName = "example-com";
const group = "/apis/bindy.firestoned.io/v1beta1";
const apiVersion = "bindy.firestoned.io/v1beta1";

export const zoneFileType: ResourceType = { apiVersion, kind: "ZoneFile", plural: "zonefiles" };

export interface ShownZoneFile extends KubernetesObject {
  readonly spec: { readonly zoneName: string; readonly serial: number; readonly text?: string };
  readonly status?: { readonly loaded?: Readonly<Record<string, unknown>> };
}

/** `replicas`: the pods that the instance is to have in the cluster, besides the named of this machine. */
export function zoneManifests(namespace: string, replicas: number): readonly Placed[] {
  const at = (plural: string): string => `${group}/namespaces/${namespace}/${plural}`;
  const named = (name: string, labels: Readonly<Record<string, string>> = {}): unknown => ({
    name,
    namespace,
    labels,
  });
  const record = (name: string, host: string, address: string): Placed => ({
    path: at("arecords"),
    object: {
      apiVersion,
      kind: "ARecord",
      metadata: named(name, { zone: zoneName }),
      spec: { name: host, ipv4Addresses: [address] },
    },
  });
  return [
    {
      path: at("bind9instances"),
      object: {
        apiVersion,
        kind: "Bind9Instance",
        metadata: named(instanceName, { "dns-role": "public" }),
        spec: { role: "primary", replicas },
      },
    },
    {
      path: at("dnszones"),
      object: {
        apiVersion,
        kind: "DNSZone",
        metadata: named(zoneObjectName),
        spec: {
          zoneName,
          ttl: 300,
          soaRecord: { primaryNs: `ns1.${zoneName}.`, adminEmail: `hostmaster.${zoneName}.` },
          nameServers: [{ hostname: `ns1.${zoneName}.`, ipv4Address: "192.0.2.53" }],
          recordsFrom: [{ selector: { matchLabels: { zone: zoneName } } }],
          bind9InstancesFrom: [{ selector: { matchLabels: { "dns-role": "public" } } }],
        },
      },
    },
    record("example-com-apex", "@", "192.0.2.10"),
    record(recordName, "www", "192.0.2.20"),
  ];
}

/** Gives www.example.com another address. Throws ClusterError with the server's words when it is not an address. */
export async function setAddress(cluster: Cluster, namespace: string, address: string): Promise<void> {
  await cluster.send({
    method: "PATCH",
    path: `${group}/namespaces/${namespace}/arecords/${recordName}`,
    contentType: "application/merge-patch+json",
    body: { spec: { ipv4Addresses: [address] } },
  });
}
