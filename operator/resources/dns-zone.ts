// DNSZone: one zone, the records it takes up and the instances that serve it.
import type { Condition, KeptStatus } from "./conditions.ts";
import {
  customResource,
  integerSchema,
  ipv4Schema,
  ipv6Schema,
  mapSchema,
  matching,
  objectName,
  orEmpty,
  readyColumn,
  referenceSchemas,
  rulesKey,
  selectorListSchema,
  statusSchema,
  textSchema,
  ttlSchema,
} from "./custom-resource.ts";
import type { Schema, ValidationRule } from "./custom-resource.ts";
import type { KubernetesObject, LabelSelector } from "./kubernetes-object.ts";
import { policyName } from "./unused-schemas.ts";

export interface SoaRecord {
  /** Fully qualified, with the trailing dot. */
  readonly primaryNs: string;
  /** As a domain name: the @ written as a dot. */
  readonly adminEmail: string;
  /** The serial that the zone starts from; later ones do not come before it (RFC 1982). */
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
  /** A Bind9Cluster of the namespace, all instances of which serve the zone. */
  readonly clusterRef?: string;
  /** A ClusterBind9Provider, all instances of which serve the zone. */
  readonly clusterProviderRef?: string;
  readonly nameServers?: readonly NameServer[];
  /** As `nameServers`: IPv4 addresses by host name. */
  readonly nameServerIps?: Readonly<Record<string, string>>;
  readonly dnssecPolicy?: string;
  readonly recordsFrom?: readonly SelectorSource[];
  readonly bind9InstancesFrom?: readonly SelectorSource[];
}

export interface ZoneInstanceStatus {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** The lowest serial that any of its pods serves; absent while none does. */
  readonly serial?: number;
  readonly status: string;
}

export interface ZoneRecordStatus {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface DnsZoneStatus {
  readonly conditions?: readonly Condition[];
  readonly observedGeneration?: number;
  readonly serial?: number;
  /** The first hundred of the records that it selects, those that are left out among them; `recordsCount` counts them all. */
  readonly records?: readonly ZoneRecordStatus[];
  readonly recordsCount?: number;
  /** The first hundred of those that it goes to; `bind9InstancesCount` counts them all. */
  readonly bind9Instances?: readonly ZoneInstanceStatus[];
  readonly bind9InstancesCount?: number;
}

export interface DnsZone extends KubernetesObject {
  readonly spec: DnsZoneSpec;
  readonly status?: KeptStatus;
}

/** How many instances a status lists. */
export const mostListedInstances = 100;

const mostSerial = 4_294_967_295;
const serial = { type: "integer", format: "int64", minimum: 0, maximum: mostSerial };

function seconds(usual: number, description: string): Schema {
  return { ...integerSchema(0, 2_147_483_647, `${description}, in seconds.`), default: usual };
}

// Letters beyond ASCII are let in, and refused by a condition: it can name the xn-- form to write, which no rule of admission can work out.
const beyond = "[^\\x00-\\x7f]";
const label = `([A-Za-z0-9]|${beyond})(([A-Za-z0-9-]|${beyond})*([A-Za-z0-9]|${beyond}))?`;
// A slash stands in the names of delegated reverse zones (RFC 2317), an underscore in many private ones.
const wideLabel = `([A-Za-z0-9_/]|${beyond})(([A-Za-z0-9_/-]|${beyond})*([A-Za-z0-9_/]|${beyond}))?`;

const zoneName = matching(
  253,
  `^${wideLabel}([.]${wideLabel})*$`,
  "write the name of the zone without a final dot, in letters, digits, hyphens, _ and /",
  "Name of the zone, without a final dot; one with letters beyond ASCII in its xn-- form. It cannot be changed.",
);
const primaryNs = matching(
  255,
  `^(${label}[.])+$`,
  "write the name of the host with its final dot, like ns1.example.com.",
  "The first name server (MNAME of the SOA), with its final dot. One that lies in the zone and has no address there gets that of the instances' Services.",
);
const adminEmail = matching(
  255,
  `^([A-Za-z0-9_+-]|\\\\[.])+([.]${label})+[.]?$`,
  "write the @ as a dot, like hostmaster.example.com. (a dot before the @ as \\.)",
  "The mailbox of the person responsible (RNAME of the SOA), its @ written as a dot.",
);
const hostname = matching(
  254,
  `^${label}([.]${label})*[.]?$`,
  "write the name of a host with its final dot, in letters, digits and hyphens, like ns2.example.com., or one label for a host of the zone, like ns2",
  "Name of the server, with its final dot. A single label is relative to the zone.",
);
const reference = referenceSchemas("the object");

const soaRecord: Schema = {
  type: "object",
  required: ["primaryNs", "adminEmail"],
  description: "The SOA record.",
  properties: {
    primaryNs,
    adminEmail,
    serial: integerSchema(
      0,
      mostSerial,
      "The serial to begin with; later ones do not come before it (RFC 1982), as long as the zone is at one of its instances.",
    ),
    refresh: seconds(3600, "How often secondaries ask for the serial"),
    retry: seconds(600, "How soon they ask again where that failed"),
    expire: seconds(604_800, "How long they serve the zone without an answer"),
    negativeTtl: seconds(300, "How long resolvers remember that there is no such name"),
  },
  "x-kubernetes-validations": [
    {
      rule: "!has(self.expire) || !has(self.refresh) || self.expire > self.refresh",
      message: "expire must be longer than refresh, or secondaries drop the zone between two refreshes",
    },
  ],
};

export const dnsZone = customResource({
  kind: "DNSZone",
  plural: "dnszones",
  singular: "dnszone",
  shortNames: ["zone", "zones", "dz", "dzs"],
  description: "A DNS zone: what is in it, and which instances serve it.",
  spec: {
    type: "object",
    required: ["zoneName", "soaRecord"],
    description: "What is to be served.",
    properties: {
      zoneName: {
        ...zoneName,
        [rulesKey]: [
          ...(zoneName[rulesKey] as readonly ValidationRule[]),
          {
            rule: "!self.matches('^[0-9]+([.][0-9]+){3}(/[0-9]+)?$')",
            message:
              "an address is not the name of a zone: write the reverse zone of its network, like 2.0.192.in-addr.arpa for 192.0.2.0/24",
          },
          {
            rule: "self == oldSelf",
            message: "zoneName cannot be changed: make a second DNSZone, and delete this one then",
          },
        ],
      },
      soaRecord,
      ttl: {
        ...ttlSchema,
        default: 3600,
        description: "Time to live of records that have none, in seconds.",
      },
      clusterRef: orEmpty(
        objectName("Bind9Cluster", "A Bind9Cluster of this namespace: all of its instances serve the zone."),
      ),
      clusterProviderRef: orEmpty(
        objectName("ClusterBind9Provider", "A ClusterBind9Provider: all of its instances serve the zone."),
      ),
      nameServers: {
        type: "array",
        maxItems: 32,
        description: "Name servers of the zone and, where they lie in it, their addresses.",
        items: {
          type: "object",
          required: ["hostname"],
          properties: {
            hostname,
            ipv4Address: orEmpty(ipv4Schema("Its address, where it lies in the zone.")),
            ipv6Address: orEmpty(ipv6Schema("Its address, where it lies in the zone.")),
          },
        },
      },
      nameServerIps: mapSchema(
        32,
        254,
        orEmpty(ipv4Schema("Its address, where it lies in the zone.")),
        "Name servers as nameServers has them, in the older form: IPv4 address by host name, with its final dot.",
      ),
      recordsFrom: selectorListSchema("Records of this namespace that belong to the zone, by their labels."),
      bind9InstancesFrom: selectorListSchema("Instances that serve the zone, by their labels."),
      dnssecPolicy: orEmpty(
        policyName("Zones are not signed yet: accepted, and not acted on, as a condition says."),
      ),
    },
  },
  status: statusSchema({
    serial: { ...serial, description: "The serial that was published last." },
    records: {
      type: "array",
      maxItems: 100,
      description:
        "The first hundred of the records that it selects, with those that are left out: whether one is served it says itself.",
      items: { type: "object", required: ["kind", "name"], properties: reference },
    },
    recordsCount: { type: "integer", format: "int32", description: "How many records it selects." },
    bind9Instances: {
      type: "array",
      maxItems: mostListedInstances,
      description: "The first hundred of the instances that the zone goes to.",
      items: {
        type: "object",
        required: ["name", "namespace", "status"],
        properties: {
          ...reference,
          serial: { ...serial, description: "The lowest serial that any of its pods serves." },
          status: textSchema(
            63,
            "Loaded, Pending, Failed, Refusing, PodsNotReady, ScaledToZero, NoPods, Duplicate or NotAdmitted.",
          ),
        },
      },
    },
    bind9InstancesCount: { type: "integer", format: "int32", description: "How many instances there are." },
  }),
  columns: [
    { name: "Zone", type: "string", jsonPath: ".spec.zoneName" },
    { name: "Provider", type: "string", jsonPath: ".spec.clusterProviderRef", priority: 1 },
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
