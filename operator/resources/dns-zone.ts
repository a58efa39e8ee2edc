// DNSZone: one zone, the records it takes up and the instances that serve it.
import { conditionsSchema } from "./conditions.ts";
import type { Condition } from "./conditions.ts";
import { customResource, readyColumn, selectorListSchema, ttlSchema } from "./custom-resource.ts";
import type { KubernetesObject, LabelSelector } from "./kubernetes-object.ts";

export interface SoaRecord {
  /** Fully qualified, with the trailing dot. */
  readonly primaryNs: string;
  /** As a domain name: the @ written as a dot. */
  readonly adminEmail: string;
  /** The serial that the zone starts from, and never falls below. */
  readonly serial?: number;
  readonly refresh?: number;
  readonly retry?: number;
  readonly expire?: number;
  readonly negativeTtl?: number;
}

export interface NameServer {
  readonly hostname: string;
  readonly ipv4Address?: string;
  readonly ipv6Address?: string;
}

export interface SelectorSource {
  readonly selector: LabelSelector;
}

export interface DnsZoneSpec {
  readonly zoneName: string;
  readonly soaRecord: SoaRecord;
  readonly ttl?: number;
  readonly nameServers?: readonly NameServer[];
  readonly recordsFrom?: readonly SelectorSource[];
  readonly bind9InstancesFrom?: readonly SelectorSource[];
}

export interface ZoneInstanceStatus {
  readonly name: string;
  readonly namespace: string;
  /** The lowest serial that any of its pods serves; absent while none does. */
  readonly serial?: number;
  readonly status: string;
}

export interface ZoneRecordStatus {
  readonly kind: string;
  readonly name: string;
}

export interface DnsZoneStatus {
  readonly conditions?: readonly Condition[];
  readonly observedGeneration?: number;
  readonly serial?: number;
  /** The first hundred of the records in the zone; `recordsCount` counts them all. */
  readonly records?: readonly ZoneRecordStatus[];
  readonly recordsCount?: number;
  readonly bind9Instances?: readonly ZoneInstanceStatus[];
  readonly bind9InstancesCount?: number;
}

export interface DnsZone extends KubernetesObject {
  readonly spec: DnsZoneSpec;
  readonly status?: DnsZoneStatus;
}

const seconds = { type: "integer", format: "int32", minimum: 0, maximum: 2_147_483_647 };
const serial = { type: "integer", format: "int64", minimum: 0, maximum: 4_294_967_295 };
// A slash stands in the names of delegated reverse zones (RFC 2317), an underscore in many private ones.
const zoneNamePattern =
  "^[A-Za-z0-9_/]([A-Za-z0-9_/-]*[A-Za-z0-9_/])?(\\.[A-Za-z0-9_/]([A-Za-z0-9_/-]*[A-Za-z0-9_/])?)*$";
const hostPattern = "^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+$";
const hostNamePattern =
  "^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*\\.?$";
const mailboxPattern = "^([A-Za-z0-9_+-]|\\\\\\.)+(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+\\.?$";

export const dnsZone = customResource({
  kind: "DNSZone",
  plural: "dnszones",
  singular: "dnszone",
  shortNames: ["zone", "zones", "dz", "dzs"],
  description: "A DNS zone: what is in it, and which instances serve it.",
  spec: {
    type: "object",
    required: ["zoneName", "soaRecord"],
    properties: {
      zoneName: {
        type: "string",
        minLength: 1,
        maxLength: 253,
        pattern: zoneNamePattern,
        description: "Name of the zone, without a trailing dot.",
        "x-kubernetes-validations": [{ rule: "self == oldSelf", message: "zoneName cannot be changed" }],
      },
      soaRecord: {
        type: "object",
        required: ["primaryNs", "adminEmail"],
        properties: {
          primaryNs: { type: "string", maxLength: 255, pattern: hostPattern },
          adminEmail: { type: "string", maxLength: 255, pattern: mailboxPattern },
          serial,
          refresh: { ...seconds, default: 3600 },
          retry: { ...seconds, default: 600 },
          expire: { ...seconds, default: 604_800 },
          negativeTtl: { ...seconds, default: 300 },
        },
        "x-kubernetes-validations": [
          {
            rule: "!has(self.expire) || !has(self.refresh) || self.expire > self.refresh",
            message: "expire must be longer than refresh, or secondaries drop the zone between two refreshes",
          },
        ],
      },
      ttl: { ...ttlSchema, default: 3600 },
      nameServers: {
        type: "array",
        maxItems: 32,
        description: "Name servers of the zone and, where they lie in it, their addresses.",
        items: {
          type: "object",
          required: ["hostname"],
          properties: {
            hostname: { type: "string", maxLength: 254, pattern: hostNamePattern },
            ipv4Address: { type: "string", maxLength: 15 },
            ipv6Address: { type: "string", maxLength: 45 },
          },
        },
      },
      recordsFrom: selectorListSchema("Records of this namespace that belong to the zone, by their labels."),
      bind9InstancesFrom: selectorListSchema("Instances that serve the zone, by their labels."),
    },
  },
  status: {
    type: "object",
    properties: {
      conditions: conditionsSchema,
      observedGeneration: { type: "integer", format: "int64" },
      serial,
      records: {
        type: "array",
        items: {
          type: "object",
          required: ["kind", "name"],
          properties: { kind: { type: "string" }, name: { type: "string" } },
        },
      },
      recordsCount: { type: "integer", format: "int32" },
      bind9Instances: {
        type: "array",
        items: {
          type: "object",
          required: ["name", "namespace", "status"],
          properties: {
            name: { type: "string" },
            namespace: { type: "string" },
            serial,
            status: { type: "string" },
          },
        },
      },
      bind9InstancesCount: { type: "integer", format: "int32" },
    },
  },
  columns: [
    { name: "Zone", type: "string", jsonPath: ".spec.zoneName" },
    { name: "Records", type: "integer", jsonPath: ".status.recordsCount" },
    { name: "Instances", type: "integer", jsonPath: ".status.bind9InstancesCount" },
    { name: "TTL", type: "integer", jsonPath: ".spec.ttl" },
    { name: "Serial", type: "integer", jsonPath: ".status.serial" },
    readyColumn,
  ],
});

/** The name of the zone: lower case, without the dot of the root. */
export function zoneNameOf(zone: DnsZone): string {
  return zone.spec.zoneName.toLowerCase().replace(/\.$/, "");
}
