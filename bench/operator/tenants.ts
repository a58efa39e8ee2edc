// Tenants of one operator: a small one whose changes are timed, and those who stand beside it with more than they should have.
import type { Applied } from "../../operator/kubernetes/client.ts";
import { apiVersion } from "../../operator/resources/kubernetes-object.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";
import type { MemoryApi } from "./memory-api.ts";

/** What stands beside the small tenant. */
export interface Crowd {
  readonly name: string;
  readonly zones: number;
  /** All in one namespace, and each selected by all of its zones. */
  readonly records: number;
  readonly isServed: boolean;
  /** A label in the names of its zones. */
  readonly zoneLabel?: string;
  /** What its records are, in place of addresses. */
  readonly record?: { readonly kind: string; readonly spec: object };
}

export const smallTenant = "small";
export const crowdNamespace = "crowd";

/** Makes one tenant: its instance with a pod, if it has one, its zones, and records that all of its zones select. */
export function makeTenant(
  api: MemoryApi,
  namespace: string,
  { zones, records, isServed, zoneLabel = namespace, record }: Omit<Crowd, "name">,
): void {
  const labels = labelsOf(namespace);
  if (isServed) {
    api.put({ apiVersion, kind: "Bind9Instance", metadata: { namespace, name: "dns", labels }, spec: {} });
    const podLabels = { [instanceLabel]: "dns" };
    api.put({ apiVersion: "v1", kind: "Pod", metadata: { namespace, name: "dns-0", labels: podLabels } });
  }
  for (let index = 0; index < records; index += 1) {
    const usual = aRecord(namespace, index, "192.0.2.1");
    const { kind = usual.kind, spec = {} } = record ?? {};
    api.put({ ...usual, kind, spec: { ...(usual["spec"] as object), ...spec } });
  }
  for (let index = 0; index < zones; index += 1) api.put(aZone(namespace, index, isServed, zoneLabel));
}

/** A zone that selects all records of its tenant. */
export function aZone(namespace: string, index: number, isServed: boolean, label = namespace): Applied {
  const selector = { matchLabels: labelsOf(namespace) };
  return {
    apiVersion,
    kind: "DNSZone",
    metadata: { namespace, name: `zone-${index}` },
    spec: {
      zoneName: `zone-${index}.${label}.example`,
      soaRecord: { primaryNs: "ns.example.net.", adminEmail: "admin.example.net." },
      recordsFrom: [{ selector }],
      ...(isServed ? { bind9InstancesFrom: [{ selector }] } : {}),
    },
  };
}

function labelsOf(namespace: string): Record<string, string> {
  return { tenant: namespace };
}

export function makeCrowd(api: MemoryApi, crowd: Crowd): void {
  makeTenant(api, crowdNamespace, crowd);
}

/** Changes one of the crowd's records. */
export function editCrowd(api: MemoryApi, { records }: Crowd, edit: number): void {
  api.put(aRecord(crowdNamespace, edit % records, addressOf(edit)));
}

export function aRecord(namespace: string, index: number, address: string): Applied {
  const metadata = { namespace, name: `host-${index}`, labels: labelsOf(namespace) };
  const spec = { name: `host-${index}`, ipv4Addresses: [address] };
  return { apiVersion, kind: "ARecord", metadata, spec };
}

/** An address that no other edit of less than 65,000 has. */
export function addressOf(edit: number): string {
  return `198.18.${Math.floor(edit / 250) % 256}.${(edit % 250) + 1}`;
}

/** Every pod loads what is written for it, a moment later, and says so. */
export function startAgents(api: MemoryApi): void {
  api.onWritten((object) => {
    if (object.kind !== "ZoneFile") return;
    const { namespace = "", name } = object.metadata;
    const { serial } = object["spec"] as { serial: number };
    setTimeout(() => api.putStatus("ZoneFile", `${namespace}/${name}`, { loaded: { "dns-0": serial } }), 5);
  });
}
