// What people write wrongly in zones and records, with the sentence that each is refused with, and what they may write.

const soaRecord = { primaryNs: "ns1.example.com.", adminEmail: "hostmaster.example.com." };

function zone(spec: object): object {
  return { kind: "DNSZone", spec: { zoneName: "example.com", soaRecord, ...spec } };
}

function record(kind: string, spec: object): object {
  return { kind, spec: { name: "www", ...spec } };
}

const server = (more: object): object => zone({ nameServers: [{ hostname: "ns1.example.com.", ...more }] });
const addresses = (...ipv4Addresses: string[]): object => record("ARecord", { ipv4Addresses });
const addresses6 = (...ipv6Addresses: string[]): object => record("AAAARecord", { ipv6Addresses });
const texts = (count: number, text: string): object =>
  record("TXTRecord", { text: Array.from({ length: count }, () => text) });
const selecting = (selector: object): object => zone({ recordsFrom: [{ selector }] });
const authority = (tag: string): object => record("CAARecord", { flags: 0, tag, value: "ca.example" });

/** Of zones and records: what is refused, and what has to be said. */
export const refused: Readonly<Record<string, readonly [object: object, said: RegExp]>> = {
  "a number too large": [
    addresses("192.0.2.256"),
    /ipv4Addresses\[0\].*: write an IPv4 address, four numbers/,
  ],
  "a number too few": [addresses("192.0.2.1", "192.0.2"), /ipv4Addresses\[1\].*: write an IPv4 address/],
  "an address of the other kind": [addresses("2001:db8:1:2:3:4:5:6"), /: write an IPv4 address/],
  "an address of the first kind": [addresses6("192.0.2.1"), /ipv6Addresses\[0\].*: write an IPv6 address/],
  "an address with its interface": [addresses6("fe80::1%eth0"), /: write an IPv6 address/],
  "a tag with a hyphen": [authority("issue-wild"), /tag.*: write a tag of 1 to 15 letters and digits/],
  "a long tag": [authority("x".repeat(16)), /: write a tag of 1 to 15 letters and digits/],
  "an address as a zone": [
    zone({ zoneName: "10.0.0.1" }),
    /write the reverse zone of its network, like 2\.0/,
  ],
  "a network as a zone": [zone({ zoneName: "10.0.0.0/24" }), /write the reverse zone of its network/],
  "a server's wrong address": [server({ ipv4Address: "192.0.2" }), /ipv4Address.*: write an IPv4 address/],
  "a server's other address": [server({ ipv6Address: "192.0.2.1" }), /ipv6Address.*: write an IPv6 address/],
  "a long value of a label": [
    zone({ recordsFrom: [{ selector: { matchLabels: { a: "x".repeat(64) } } }] }),
    /matchLabels\.a: Too long: may not be more than 63/,
  ],
  "a long name of a label": [
    zone({ recordsFrom: [{ selector: { matchLabels: { ["x".repeat(318)]: "" } } }] }),
    /matchLabels.*: write names of at most 317 characters/,
  ],
  "values beside Exists": [
    selecting({ matchExpressions: [{ key: "i", operator: "Exists", values: ["zzz"] }] }),
    /matchExpressions\[0\].*: Exists and DoesNotExist take no values: take them away/,
  ],
  "In without values": [
    selecting({ matchExpressions: [{ key: "i", operator: "In" }] }),
    /matchExpressions\[0\].*: In and NotIn need values: write them/,
  ],
  "NotIn with an empty list": [
    selecting({ matchExpressions: [{ key: "i", operator: "NotIn", values: [] }] }),
    /matchExpressions\[0\].*: In and NotIn need values: write them/,
  ],
  "a value that no label has": [
    selecting({ matchExpressions: [{ key: "i", operator: "In", values: ["a b"] }] }),
    /values\[0\].*: write the value of a label: letters/,
  ],
  "a key that no label has": [
    selecting({ matchExpressions: [{ key: "bad key!", operator: "Exists" }] }),
    /key.*: write the name of a label: up to 63/,
  ],
  "a long domain of a label": [
    selecting({ matchLabels: { [`${"x".repeat(254)}/a`]: "" } }),
    /matchLabels.*: write the name of a label/,
  ],
  "a name that no label has": [
    selecting({ matchLabels: { "bad key!": "a" } }),
    /matchLabels.*: write the name/,
  ],
  "a wrong value of a label": [
    selecting({ matchLabels: { a: "a b" } }),
    /matchLabels.*: write the value of a/,
  ],
  "more text than DNS can carry": [
    texts(14, "é".repeat(2143)),
    /text.*: the strings of one record have room for 60000 octets in all.*: spread them over several names/,
  ],
  "a wrong address by a host": [
    zone({ nameServerIps: { "ns1.example.com.": "192.0.2.1.1.1.1.1" } }),
    /nameServerIps.*: write an IPv4 address/,
  ],
};

export const taken: Readonly<Record<string, object>> = {
  addresses: addresses("0.0.0.0", "255.255.255.255", "192.0.2.1"),
  "addresses of 128 bits": addresses6("::", "2001:DB8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::"),
  "a tag": authority("issuewild"),
  "a long text": texts(14, "é".repeat(2142)),
  "a reverse zone": zone({ zoneName: "2.0.192.in-addr.arpa" }),
  "part of a reverse zone": zone({ zoneName: "0/25.2.0.192.in-addr.arpa" }),
  selectors: selecting({
    matchLabels: { "app.kubernetes.io/name": "a_b.C-d", b: "" },
    matchExpressions: [
      { key: "a", operator: "In", values: ["b", ""] },
      { key: "a", operator: "Exists" },
      { key: "a", operator: "DoesNotExist", values: [] },
    ],
  }),
  "a server of the zone": zone({ nameServers: [{ hostname: "ns2", ipv4Address: "192.0.2.1" }] }),
  "a server without an address": server({ ipv4Address: "", ipv6Address: "" }),
};
