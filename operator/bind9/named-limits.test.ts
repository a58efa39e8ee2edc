// What named itself refuses a zone over, which its checker lets pass: how large an RRset may be.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { prepareNamed, startNamed } from "../../test/kit/named.ts";
import type { NamedFixture } from "../../test/kit/named.ts";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { resolve } from "../../test/kit/resolve.ts";
import { recordKinds } from "../resources/record-kinds.ts";
import { txtRecord } from "../resources/txt-record.ts";
import type { RecordObject } from "../resources/record-kind.ts";
import { zone } from "./any-zone-fixture.ts";
import { compiled, reasons } from "./compiled-zone-fixture.ts";
import { nameServerType } from "./resource-record.ts";
import type { RecordInput } from "./resource-record.ts";

/** A real named that was started with these zones. */
async function serve(context: TestContext, zones: Readonly<Record<string, string>>): Promise<NamedFixture> {
  return startNamed(context, async (place) => {
    const folder = dirname(place.zonesConf);
    const clauses: string[] = [];
    for (const [name, text] of Object.entries(zones)) {
      const file = join(folder, `${name}.zone`);
      await writeFile(file, text);
      clauses.push(`zone "${name}" { type primary; file "${file}"; };\n`);
    }
    await writeFile(place.zonesConf, clauses.join(""));
    return prepareNamed(place);
  });
}

function serverRecord(at: number): RecordInput {
  const id = `ns-${String(at).padStart(3, "0")}`;
  const host = `${id}.example.net.`;
  return {
    id,
    age: "1",
    type: nameServerType,
    name: "@",
    ttl: undefined,
    values: [{ text: host, host }],
    refused: [],
  };
}

function textRecord(text: readonly string[]): RecordInput {
  const spec = { name: "text", text };
  const object: RecordObject = { apiVersion: "v1", kind: "TXTRecord", metadata: { name: "x" }, spec };
  const values = txtRecord.valuesOf(object, "example.com.");
  return { id: "text", age: "1", type: txtRecord.type, name: "text", ttl: undefined, ...values };
}

test("named loads the largest RRsets that are compiled, those that the zone itself adds to as well", async (context) => {
  if (!needsProgram(context, "named", "bind9")) return;
  const servers = Array.from({ length: 100 }, (_, at) => serverRecord(at));
  const addresses = Array.from({ length: 120 }, (_, at) => `198.51.100.${at}`);
  const primaryAddresses = [...addresses, ...addresses.map((_, at) => `2001:db8::${at}`), "198.51.100.7"];
  const input = { ...zone, nameServers: [], primaryAddresses };
  const withServers = compiled({ ...input, primaryAddresses: ["192.0.2.1"] }, servers);
  assert.deepEqual(reasons(withServers), ["ns-099 TooManyValues"]);
  assert.equal(withServers.text.match(/ NS /g)?.length, 100);
  assert.match(withServers.text, / NS ns1\.example\.com\.\n/);
  const elsewhere = { ...input, primaryNs: "ns-000.example.net.", primaryAddresses: [] };
  assert.deepEqual(reasons(compiled(elsewhere, servers)), [], "the hundredth may be the zone's own");
  const withAddresses = compiled({ ...input, zoneName: "example.com" }, []);
  assert.deepEqual(reasons(withAddresses), ["null TooManyValues"]);
  assert.match(withAddresses.diagnostics[0]?.message ?? "", /^primaryNs: ns1\.example\.com\. would have/);
  assert.equal(withAddresses.text.match(/ A /g)?.length, 100);
  assert.equal(withAddresses.text.match(/ AAAA /g)?.length, 100);

  const text = Array.from({ length: 14 }, () => "é".repeat(2048));
  const withText = compiled(zone, [textRecord(text)]);
  assert.deepEqual(reasons(withText), [], "56 KiB on the wire");
  assert.deepEqual(reasons(compiled(zone, [textRecord([...text, ...text.slice(0, 1)])])), [
    "text TooManyValues",
  ]);

  for (const [loaded, name, type] of [
    [withServers, "example.com", "NS"],
    [withAddresses, "ns1.example.com", "A"],
    [withAddresses, "ns1.example.com", "AAAA"],
  ] as const) {
    const named = await serve(context, { "example.com": loaded.text });
    assert.equal((await resolve(named, name, type)).length, 100);
    await named.kill();
  }
  const named = await serve(context, { "example.com": withText.text });
  const [answer] = (await resolve(named, "text.example.com", "TXT")) as string[][];
  // node:dns takes each octet for a character.
  const octets = Buffer.from(answer?.join("") ?? "", "latin1");
  assert.ok(octets.equals(Buffer.from(text.join(""))), `${octets.length} octets`);
});

test("a name has fewer types than named lets it have", () => {
  // `max-types-per-name` of BIND 9.18.28 and later; the SOA is one more.
  assert.ok(recordKinds.length + 1 < 100);
});
