// Zones and records of every kind that may be written down, for tests of what is compiled of them: names that are none, name
// servers without addresses, delegations, aliases beside other records.
import fc from "fast-check";
import { ipv4Value } from "./address.ts";
import { addressType, nameServerType, recordType } from "./resource-record.ts";
import type { RecordInput, RecordType } from "./resource-record.ts";
import type { ZoneInput } from "./zone-compiler.ts";

export const zone: ZoneInput = {
  zoneName: "example.com",
  primaryNs: "ns1.example.com.",
  adminEmail: "hostmaster.example.com.",
  leastSerial: undefined,
  refreshSeconds: 3600,
  retrySeconds: 600,
  expireSeconds: 604_800,
  negativeTtlSeconds: 300,
  ttlSeconds: 300,
  nameServers: [{ hostname: "ns1.example.com.", ipv4Address: "192.0.2.1" }],
  primaryAddresses: [],
};

export const aliasType: RecordType = recordType("CNAME", { isExclusive: true });
export const serverType: RecordType = nameServerType;

const label = fc.constantFrom(
  "a",
  "b",
  "ns",
  "ns1",
  "sub",
  "*",
  "_x",
  "a-b",
  "-",
  "",
  "x".repeat(63),
  "x".repeat(64),
  "0",
);
const name = fc.oneof(
  fc.constantFrom("@", "www.example.com.", "example.com.", "ns.example.net.", '"', "\\", ";"),
  fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join(".")),
);
export const anyHost = fc.constantFrom(
  "ns1.example.com.",
  "ns.sub.example.com.",
  "a.example.com.",
  "ns.example.net.",
  "b.a.example.com.",
);
const ttl = fc.option(fc.constantFrom(0, 60, 2 ** 31 - 1), { nil: undefined });
const address = fc.ipV4().map((text) => ipv4Value(text) ?? { text: "192.0.2.1" });
const addresses = fc.record({
  type: fc.constant(addressType),
  values: fc.array(address, { maxLength: 3 }),
});
const servers = fc.record({
  type: fc.constant(serverType),
  values: fc.array(
    anyHost.map((text) => ({ text, host: text })),
    { maxLength: 3 },
  ),
});
const aliases = fc.record({
  type: fc.constant(aliasType),
  values: fc.array(
    anyHost.map((text) => ({ text })),
    { maxLength: 2 },
  ),
});
const content = fc.oneof({ weight: 4, arbitrary: addresses }, { weight: 2, arbitrary: servers }, aliases);
const anyRecord = fc
  .record({ name, ttl, content, age: fc.constantFrom("1", "2", "3") })
  .map(({ content: { type, values }, ...rest }) => ({ ...rest, type, values, refused: [] }));
export const anyZone = fc.record({
  ...Object.fromEntries(Object.entries(zone).map(([key, value]) => [key, fc.constant(value)])),
  zoneName: fc.constantFrom("example.com", "EXAMPLE.com", "0/25.2.0.192.in-addr.arpa", "_tcp.example.com"),
  adminEmail: fc.constantFrom("hostmaster.example.com.", "john\\.doe.example.com"),
  primaryAddresses: fc.constantFrom([], ["192.0.2.9", "2001:db8::9"], ["lb.example.net"]),
  nameServers: fc.array(
    fc.record(
      { hostname: anyHost, ipv4Address: fc.ipV4(), ipv6Address: fc.ipV6() },
      { requiredKeys: ["hostname"] },
    ),
    { maxLength: 3 },
  ),
}) as unknown as fc.Arbitrary<ZoneInput>;

export const anyRecords: fc.Arbitrary<RecordInput[]> = fc
  .array(anyRecord, { maxLength: 25 })
  .map((records) => records.map((record, index) => ({ ...record, id: String(index) })));
