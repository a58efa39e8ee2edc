import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { bindChecker } from "../../test/kit/bind-checker.ts";
import { zone } from "../bind9/any-zone-fixture.ts";
import type { RecordInput } from "../bind9/resource-record.ts";
import { compileZone } from "../bind9/zone-compiler.ts";
import { recordsText } from "../agent/zone-text.ts";
import { apiVersion } from "./kubernetes-object.ts";
import { recordKinds } from "./record-kinds.ts";
import type { RecordKind, RecordObject } from "./record-kind.ts";

const origin = "example.com.";

function kindOf(kind: string): RecordKind {
  const found = recordKinds.find(({ resource }) => resource.kind === kind);
  assert.ok(found, kind);
  return found;
}

function objectOf(kind: string, spec: object): RecordObject {
  return { apiVersion, kind, metadata: { name: "x" }, spec: { name: "x", ...spec } };
}

function textsOf(kind: string, spec: object, at = origin): string[] {
  return kindOf(kind)
    .valuesOf(objectOf(kind, spec), at)
    .values.map(({ text }) => text);
}

function refusedOf(kind: string, spec: object): string {
  const { values, refused } = kindOf(kind).valuesOf(objectOf(kind, spec), origin);
  assert.deepEqual(values, []);
  return refused.join("\n");
}

test("each kind writes its values as a zone file has them", () => {
  assert.deepEqual(textsOf("ARecord", { ipv4Addresses: ["192.0.2.1", "192.0.2.256"] }), ["192.0.2.1"]);
  assert.deepEqual(textsOf("AAAARecord", { ipv6Addresses: ["2001:DB8::1"] }), ["2001:db8::1"]);
  assert.deepEqual(textsOf("CNAMERecord", { target: "www" }), ["www.example.com."]);
  assert.deepEqual(textsOf("CNAMERecord", { target: "x._domainkey.example.NET." }), [
    "x._domainkey.example.net.",
  ]);
  assert.deepEqual(textsOf("MXRecord", { priority: 10, mailServer: "mail" }), ["10 mail.example.com."]);
  assert.deepEqual(textsOf("MXRecord", { priority: 0, mailServer: "." }), ["0 ."]);
  assert.deepEqual(textsOf("NSRecord", { nameserver: "ns.example.net." }), ["ns.example.net."]);
  const service = { priority: 1, weight: 2, port: 389, target: "ldap" };
  assert.deepEqual(textsOf("SRVRecord", service), ["1 2 389 ldap.example.com."]);
  assert.deepEqual(textsOf("CAARecord", { flags: 0, tag: "Issue", value: 'ca.example; a="b"' }), [
    String.raw`0 issue "ca.example; a=\"b\""`,
  ]);
  assert.deepEqual(textsOf("PTRRecord", { target: "www.example.com." }, "2.0.192.in-addr.arpa."), [
    "www.example.com.",
  ]);
  assert.deepEqual(textsOf("PTRRecord", { target: "_http" }), ["_http.example.com."]);
});

test("text is split into strings of 255 octets, and what is not plain is escaped", () => {
  assert.deepEqual(textsOf("TXTRecord", { text: ["v=spf1 -all"] }), ['"v=spf1 -all"']);
  assert.deepEqual(textsOf("TXTRecord", { text: ["", "b"] }), ['"" "b"']);
  assert.deepEqual(textsOf("TXTRecord", { text: ["x".repeat(600)] }), [
    `"${"x".repeat(255)}" "${"x".repeat(255)}" "${"x".repeat(90)}"`,
  ]);
  assert.deepEqual(textsOf("TXTRecord", { text: ['"\\\n;ü'] }), [String.raw`"\"\\\010;\195\188"`]);
});

test("a value that cannot be served is refused with its field, itself and the remedy", () => {
  assert.match(
    refusedOf("ARecord", { ipv4Addresses: ["1.2.3"] }),
    /^ipv4Addresses: "1\.2\.3" is not an IPv4/,
  );
  assert.match(refusedOf("AAAARecord", { ipv6Addresses: ["::g"] }), /^ipv6Addresses: "::g" is not an IPv6/);
  for (const [kind, field, more] of [
    ["CNAMERecord", "target", {}],
    ["MXRecord", "mailServer", { priority: 1 }],
    ["NSRecord", "nameserver", {}],
    ["SRVRecord", "target", { priority: 1, weight: 1, port: 1 }],
    ["PTRRecord", "target", {}],
  ] as const) {
    const said = refusedOf(kind, { ...more, [field]: "www.example.com" });
    assert.match(said, new RegExp(`^${field}: "www\\.example\\.com" could mean www\\.example\\.com\\. or`));
  }
  assert.match(refusedOf("MXRecord", { priority: 1, mailServer: "_x" }), /is not a host name/);
  assert.match(refusedOf("NSRecord", { nameserver: "." }), /"\." is not a server: write its name$/);
  assert.match(refusedOf("CAARecord", { flags: 0, tag: "a b", value: "" }), /^tag: "a b" .*: write /);
  assert.match(
    refusedOf("CAARecord", { flags: 0, tag: "issue", value: "x".repeat(2001) }),
    /^value: .*: shorten it$/,
  );
});

test("a target that says that there is none stands alone", () => {
  const isAlone = (kind: string, spec: object): boolean =>
    kindOf(kind)
      .valuesOf(objectOf(kind, spec), origin)
      .values.some((value) => value.isAlone === true);
  for (const [server, isNone] of [
    [".", true],
    ["mail", false],
  ] as const) {
    assert.equal(isAlone("MXRecord", { priority: 0, mailServer: server }), isNone);
    assert.equal(isAlone("SRVRecord", { priority: 0, weight: 0, port: 0, target: server }), isNone);
  }
});

const label = fc.constantFrom(
  "a",
  "b",
  "www",
  "ns1",
  "sub",
  "*",
  "_tcp",
  "gc._msdcs",
  "a-",
  "x".repeat(63),
  "ü",
);
const name = fc.oneof(
  fc.constantFrom("@", "www.example.com.", "www.example.com", "ns.example.net.", '"', "$ORIGIN", "(", "\\"),
  fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join(".")),
);
const target = fc.oneof(
  name,
  fc.constantFrom(".", "ns1.example.com.", "www.sub.example.com.", "mail.example.net."),
);
const number = fc.integer({ min: 0, max: 65_535 });
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.string({ maxLength: 40 }),
  fc.constantFrom('"', "\\", "\n", ";", "x".repeat(4096), "ü".repeat(400)),
);
const specs: Readonly<Record<string, fc.Arbitrary<object>>> = {
  ARecord: fc.record({ ipv4Addresses: fc.array(fc.oneof(fc.ipV4(), text), { maxLength: 3 }) }),
  AAAARecord: fc.record({ ipv6Addresses: fc.array(fc.oneof(fc.ipV6(), text), { maxLength: 3 }) }),
  CNAMERecord: fc.record({ target }),
  MXRecord: fc.record({ priority: number, mailServer: target }),
  TXTRecord: fc.record({ text: fc.array(text, { minLength: 1, maxLength: 4 }) }),
  NSRecord: fc.record({ nameserver: target }),
  SRVRecord: fc.record({ priority: number, weight: number, port: number, target }),
  CAARecord: fc.record({
    flags: fc.integer({ min: 0, max: 255 }),
    tag: fc.oneof(fc.constantFrom("issue", "issuewild", "iodef"), text),
    value: text,
  }),
  PTRRecord: fc.record({ target }),
};

const origins = fc.constantFrom("example.com.", "2.0.192.in-addr.arpa.", "0/25.2.0.192.in-addr.arpa.");

function inputs(at: string): fc.Arbitrary<RecordInput[]> {
  const anyInput = fc.constantFrom(...recordKinds).chain((kind) =>
    fc
      .record({ name, ttl: fc.option(fc.constantFrom(0, 60), { nil: undefined }), own: specOf(kind) })
      .map(({ name: owner, ttl, own }) => {
        const object = { ...objectOf(kind.resource.kind, own), spec: { ...own, name: owner } };
        return { age: "1", type: kind.type, name: owner, ttl, ...kind.valuesOf(object, at) };
      }),
  );
  return fc
    .array(anyInput, { maxLength: 25 })
    .map((records) => records.map((record, index) => ({ ...record, id: String(index) })));
}

function specOf(kind: RecordKind): fc.Arbitrary<object> {
  const found = specs[kind.resource.kind];
  assert.ok(found, `no arbitrary for ${kind.resource.kind}`);
  return found;
}

test("named loads whatever is made of objects of all kinds, and each object is published or named", (context) => {
  const checker = bindChecker(context, "named-checkzone");
  if (checker === null) return;
  const types = new Set<string>();
  const cases = origins.chain((at) => fc.record({ at: fc.constant(at), records: inputs(at) }));
  fc.assert(
    fc.property(cases, ({ at, records }) => {
      const zoneName = at.slice(0, -1);
      const servers = { primaryNs: "ns.example.org.", nameServers: [{ hostname: "ns.example.org." }] };
      const result = compileZone({ ...zone, ...servers, zoneName }, records, null, 1);
      assert.ok(result.kind === "compiled");
      const file = join(checker.folder, "zone");
      writeFileSync(file, result.text);
      const args = [
        "-k",
        "fail",
        "-n",
        "fail",
        "-M",
        "ignore",
        "-S",
        "ignore",
        "-i",
        "full-sibling",
        zoneName,
        file,
      ];
      assert.match(checker.check(...args), /loaded serial 1\b/);
      assert.equal(recordsText(result).text, result.text, "an agent takes it");
      for (const { id, values } of records) {
        const isNamed = result.diagnostics.some((diagnostic) => diagnostic.id === id);
        assert.ok(
          isNamed || values.length === 0 || result.publishedName(id) !== null,
          `${id} has gone in silence`,
        );
      }
      for (const [, type = ""] of result.text.matchAll(/ IN ([A-Z]+) /g)) types.add(type);
    }),
    { numRuns: 150 },
  );
  for (const { type } of recordKinds) assert.ok(types.has(type.name), `no ${type.name} was served`);
});
