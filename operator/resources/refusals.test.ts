// What people write wrongly, put to an API server: each is refused with a sentence that says the remedy, and never with a pattern alone.
import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import fc from "fast-check";
import { startFixture, type Fixture } from "../../api-server/server-fixture.ts";
import { isIpv6 } from "../bind9/address.ts";
import { refused, taken } from "./refusals-fixture.ts";
import { customResourceDefinitions } from "./definitions.ts";
import { apiVersion } from "./kubernetes-object.ts";

describe("an API server with the kinds", () => {
  let fixture: Fixture;

  async function put(object: object): Promise<{ status: number; said: string }> {
    const { kind } = object as { kind: string };
    const body = { apiVersion, metadata: { generateName: "x-" }, ...object };
    const place = kind === "ClusterBind9Provider" ? "" : "namespaces/default/";
    const path = `/apis/${apiVersion}/${place}${kind.toLowerCase()}s`;
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
