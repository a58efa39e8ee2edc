// What people write wrongly, put to an API server: each is refused with a sentence that says the remedy, and never with a pattern alone.
import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import fc from "fast-check";
import { startFixture, type Fixture } from "../../api-server/server-fixture.ts";
import { isIpv6 } from "../bind9/address.ts";
import { customResourceDefinitions } from "./definitions.ts";
import { apiVersion } from "./kubernetes-object.ts";

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
const authority = (tag: string): object => record("CAARecord", { flags: 0, tag, value: "ca.example" });

const refused: Readonly<Record<string, readonly [object: object, said: RegExp]>> = {
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
  "a server that could be two": [
    zone({ nameServers: [{ hostname: "ns2.dns" }] }),
    /write the name of a host with its final dot/,
  ],
  "a server's wrong address": [server({ ipv4Address: "192.0.2" }), /ipv4Address.*: write an IPv4 address/],
  "a server's other address": [server({ ipv6Address: "192.0.2.1" }), /ipv6Address.*: write an IPv6 address/],
  "a wrong address by a host": [
    zone({ nameServerIps: { "ns1.example.com.": "192.0.2.1.1.1.1.1" } }),
    /nameServerIps.*: write an IPv4 address/,
  ],
};

const taken: Readonly<Record<string, object>> = {
  addresses: addresses("0.0.0.0", "255.255.255.255", "192.0.2.1"),
  "addresses of 128 bits": addresses6("::", "2001:DB8::1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7::"),
  "a tag": authority("issuewild"),
  "a reverse zone": zone({ zoneName: "2.0.192.in-addr.arpa" }),
  "part of a reverse zone": zone({ zoneName: "0/25.2.0.192.in-addr.arpa" }),
  "a server of the zone": zone({ nameServers: [{ hostname: "ns2", ipv4Address: "192.0.2.1" }] }),
  "a server without an address": server({ ipv4Address: "", ipv6Address: "" }),
};

describe("an API server with the kinds", () => {
  let fixture: Fixture;

  async function put(object: object): Promise<{ status: number; said: string }> {
    const { kind } = object as { kind: string };
    const body = { apiVersion, metadata: { generateName: "x-" }, ...object };
    const path = `/apis/${apiVersion}/namespaces/default/${kind.toLowerCase()}s`;
    const { status, body: reply } = await fixture.call("POST", path, { body });
    return { status, said: JSON.stringify(reply["message"] ?? "") };
  }

  before(async () => {
    fixture = await startFixture();
    for (const body of customResourceDefinitions) {
      const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      assert.equal((await fixture.call("POST", path, { body })).status, 201);
    }
  });
  after(() => fixture.close());

  for (const [what, [object, said]] of Object.entries(refused)) {
    it(`${what} is refused with the remedy`, async () => {
      const reply = await put(object);
      assert.equal(reply.status, 422);
      assert.match(reply.said, said);
      assert.doesNotMatch(reply.said, /should match '/);
    });
  }

  for (const [what, object] of Object.entries(taken)) {
    it(`${what}: taken`, async () => {
      assert.deepEqual(await put(object), { status: 201, said: '""' });
    });
  }
});

test("no schema has a pattern without a sentence", () => {
  for (const { spec, metadata } of customResourceDefinitions) {
    if (/zonefiles|bind9/.test(metadata.name)) continue;
    assert.doesNotMatch(JSON.stringify(spec), /"pattern":/, metadata.name);
  }
});

test("whatever is an IPv6 address passes the schema", () => {
  const definition = JSON.stringify(customResourceDefinitions);
  const [, pattern = ""] = /self\.matches\('(\^\[0-9A-Fa-f\][^']+)'\)/.exec(definition) ?? [];
  const group = fc.constantFrom("", "0", "db8", "ffff", "192.0.2.255");
  const text = fc.oneof(
    fc.ipV6(),
    fc.array(group, { maxLength: 10 }).map((groups) => groups.join(":")),
  );
  fc.assert(
    fc.property(text, (address) => assert.ok(!isIpv6(address) || new RegExp(pattern).test(address), address)),
    { numRuns: 2000 },
  );
});
