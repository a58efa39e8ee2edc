// The objects of the bench with a real API server: zones, each with records of its own, and the one instance that serves them all.
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";

/** How much there is of it. */
export interface ZoneSizes {
  readonly zones: number;
  /** Of each zone. */
  readonly records: number;
}

export const namespace = "bench";
export const instanceName = "primary";
export const podNames: readonly string[] = ["primary-0", "primary-1"];

const servedBy = { tenant: "bench" };
const ttlSeconds = 300;

export const group = `/apis/${apiVersion}/namespaces/${namespace}`;

export function zoneNameAt(zone: number): string {
  return `zone-${zone}.bench.example`;
}

export function hostNameAt(zone: number, record: number): string {
  return `host-${record}.${zoneNameAt(zone)}`;
}

/** The name of a record's object. */
export function recordNameAt(zone: number, record: number): string {
  return `zone-${zone}-host-${record}`;
}

/** The address of every record before it is changed. */
export const firstAddress = "192.0.2.1";

/** What an edit of a record merges into it. */
export function editOf(address: string): object {
  return { spec: { ipv4Addresses: [address] } };
}

export function instanceObject(): object {
  const metadata = { name: instanceName, namespace, labels: servedBy };
  return { apiVersion, kind: "Bind9Instance", metadata, spec: { replicas: podNames.length } };
}

/** A pod of the instance, as its Deployment would make it; nobody runs it here but the bench. */
export function podObject(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { [instanceLabel]: instanceName } },
    spec: { serviceAccountName: instanceName, containers: [{ name: "named", image: "bind9" }] },
  };
}

export function zoneObject(zone: number): object {
  const zoneName = zoneNameAt(zone);
  return {
    apiVersion,
    kind: "DNSZone",
    metadata: { name: `zone-${zone}`, namespace },
    spec: {
      zoneName,
      soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
      recordsFrom: [{ selector: { matchLabels: { zone: zoneName } } }],
      bind9InstancesFrom: [{ selector: { matchLabels: servedBy } }],
    },
  };
}

export function recordObject(zone: number, record: number): object {
  const metadata = { name: recordNameAt(zone, record), namespace, labels: { zone: zoneNameAt(zone) } };
  const spec = { name: `host-${record}`, ttl: ttlSeconds, ipv4Addresses: [firstAddress] };
  return { apiVersion, kind: "ARecord", metadata, spec };
}
