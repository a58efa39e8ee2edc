import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { bindChecker } from "../../test/kit/bind-checker.ts";
import { isWarning, recordType } from "./resource-record.ts";
import type { RecordInput } from "./resource-record.ts";
import { aliasType, anyRecords, anyZone, zone } from "./any-zone-fixture.ts";
import { compiled, delegation, nowS, reasons, record } from "./compiled-zone-fixture.ts";
import { compileZone } from "./zone-compiler.ts";
import type { ZoneInput } from "./zone-compiler.ts";

test("a zone is its SOA, its name servers with glue, and its records in order", () => {
  const records = [
    record("b", "www", ["192.0.2.9", "192.0.2.10"]),
    record("a", "@", ["192.0.2.8"], { ttl: 60 }),
  ];
  const expected = [
    "example.com. 300 IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 604800 300",
    "example.com. 300 IN NS ns1.example.com.",
    "example.com. 60 IN A 192.0.2.8",
    "ns1.example.com. 300 IN A 192.0.2.1",
    "www.example.com. 300 IN A 192.0.2.10",
    "www.example.com. 300 IN A 192.0.2.9",
    "",
  ].join("\n");
  const result = compiled(zone, records);
  assert.equal(result.text, expected);
  assert.equal(compiled(zone, records.toReversed()).text, expected, "the order of the objects means nothing");
  assert.equal(result.recordsCount, 6);
  assert.deepEqual(["a", "b", "c"].map(result.publishedName), ["example.com.", "www.example.com.", null]);
});

test("objects of one name and type merge; the lowest TTL that is asked for holds for all", () => {
  const { text, diagnostics } = compiled(zone, [
    record("1", "www", ["192.0.2.9"]),
    record("2", "WWW.example.com.", ["192.0.2.9", "192.0.2.10"], { ttl: 60 }),
    record("3", "www", ["192.0.2.11"], { ttl: 61 }),
  ]);
  assert.match(
    text,
    /www\.example\.com\. 60 IN A 192\.0\.2\.10\nwww\.example\.com\. 60 IN A 192\.0\.2\.11\nwww\.example\.com\. 60 IN A 192\.0\.2\.9\n$/,
  );
  assert.deepEqual(reasons({ diagnostics }), ["1 TtlConflict", "2 TtlConflict", "3 TtlConflict"]);
  assert.match(diagnostics[0]?.message ?? "", /TTLs 60, 61, 300 \(the zone's own\), .* with 60, as 2 asks;/);
  assert.ok(diagnostics.every(isWarning), "all of it is served");
});

test("the TTLs in effect are compared: one that asks for none has the zone's", () => {
  const records = [record("1", "www", ["192.0.2.9"]), record("2", "www", ["192.0.2.10"], { ttl: 86_400 })];
  const { text, diagnostics } = compiled(zone, records);
  assert.deepEqual(reasons({ diagnostics }), ["1 TtlConflict", "2 TtlConflict"]);
  assert.match(diagnostics[0]?.message ?? "", /TTLs 300 \(the zone's own\), 86400, .* served with 300;/);
  assert.match(
    text,
    /www\.example\.com\. 300 IN A 192\.0\.2\.10\nwww\.example\.com\. 300 IN A 192\.0\.2\.9\n$/,
  );
  const same = [records[0] as RecordInput, { ...(records[1] as RecordInput), ttl: 300 }];
  assert.deepEqual(compiled(zone, same).diagnostics, []);
  const server = { ...delegation("ns", "@", ["ns.example.net."]), ttl: 86_400 };
  const beside = compiled({ ...zone, nameServers: [], primaryNs: "ns.example.org." }, [server]);
  assert.deepEqual(reasons(beside), ["ns TtlConflict"], "that of the server that the SOA names counts too");
  assert.match(beside.text, / 300 IN NS ns\.example\.net\.\n/);
});

test("the zone is told where a record lowers the TTL of what it says itself, and by whom", () => {
  const server = { ...delegation("ns", "@", ["ns.example.net."]), ttl: 50 };
  const glue = record("glue", "ns1", ["192.0.2.9"], { ttl: 60 });
  const { text, diagnostics } = compiled(zone, [server, glue]);
  assert.deepEqual(reasons({ diagnostics }), [
    "null TtlConflict",
    "null TtlConflict",
    "glue TtlConflict",
    "ns TtlConflict",
  ]);
  assert.match(text, /^example\.com\. 50 IN NS ns1\.example\.com\.$/m);
  assert.deepEqual(
    diagnostics.slice(0, 2).map(({ message }) => message),
    [
      "ttl: the records of example.com. NS have the TTLs 50, 300 (the zone's own), and one RRset has one: it is served with 50, as ns asks; give all of them the same ttl",
      "ttl: the records of ns1.example.com. A have the TTLs 60, 300 (the zone's own), and one RRset has one: it is served with 60, as glue asks; give all of them the same ttl",
    ],
  );
});

test("what cannot be served is left out, and the rest is served", () => {
  const many = Array.from({ length: 99 }, (_, index) => `198.51.100.${index}`);
  const result = compiled(
    {
      ...zone,
      nameServers: [...zone.nameServers, { hostname: "ns.example.net.", ipv4Address: "192.0.2.2" }],
    },
    [
      record("outside", "www.example.org.", ["192.0.2.9"]),
      record("nested", "www.notexample.com.", ["192.0.2.9"]),
      record("empty-label", "a..b", ["192.0.2.9"]),
      record("underscore", "_sip", ["192.0.2.9"]),
      record("long", "a".repeat(64), ["192.0.2.9"]),
      record("quote", 'a" IN A 1.2.3.4 ; "', ["192.0.2.9"]),
      record("newline", "a\nb", ["192.0.2.9"]),
      record("invalid", "half", ["192.0.2.9"], { refused: ['"300.1.1.1" is not an IPv4 address'] }),
      record("many-1", "many", many),
      record("many-2", "many", ["192.0.2.1", "192.0.2.2"]),
      record("huge", "huge", ["x".repeat(60_000)], { type: recordType("TXT") }),
      record("older", "www", ["192.0.2.9"]),
      record("younger-alias", "www", ["other.example.com."], { type: aliasType }),
      record("z1", "twice", ["one.example.com."], { type: aliasType }),
      record("z2", "twice", ["two.example.com."], { type: aliasType }),
    ],
  );
  assert.deepEqual(reasons(result).toSorted(), [
    "empty-label InvalidName",
    "huge TooManyValues",
    "invalid InvalidValue",
    "long InvalidName",
    "many-2 TooManyValues",
    "nested OutsideZone",
    "newline InvalidName",
    "null GlueOutsideZone",
    "outside OutsideZone",
    "quote InvalidName",
    "underscore InvalidName",
    "younger-alias Conflict",
    "z2 Conflict",
  ]);
  for (const line of [
    "NS ns.example.net.",
    "half.example.com. 300 IN A",
    "www.example.com. 300 IN A",
    "twice.example.com. 300 IN CNAME one",
  ]) {
    assert.ok(result.text.includes(line), line);
  }
  assert.equal(result.publishedName("younger-alias"), null);
});

test("a name server without address is left out; without any the zone cannot be served", () => {
  const lame = { ...zone, nameServers: [{ hostname: "ns1.example.com." }, { hostname: "ns2.example.com." }] };
  assert.equal(compileZone(lame, [], null, nowS).kind, "unservable");
  const { text, diagnostics } = compiled(lame, [record("ns2", "ns2", ["192.0.2.2"])]);
  assert.deepEqual(text.match(/NS \S+/g), ["NS ns2.example.com."]);
  assert.deepEqual(reasons({ diagnostics }), ["null NameServerWithoutAddress"]);
  const pair = compiled(zone, [
    delegation("good", "sub", ["ns.example.net."]),
    delegation("lost", "sub", ["gone.example.com."]),
  ]);
  assert.deepEqual(reasons(pair), ["lost NameServerWithoutAddress"], "only of the one that was left out");
  assert.match(pair.text, /sub\.example\.com\. 300 IN NS ns\.example\.net\.\n/);
  const bare = { ...zone, nameServers: [], primaryNs: "ns.example.net." };
  assert.match(compiled(bare, []).text, /IN NS ns\.example\.net\.\n/);
});

test("the names of servers are read as the targets of records are", () => {
  const named = (hostname: string): ZoneInput => ({
    ...zone,
    nameServers: [...zone.nameServers, { hostname }],
  });
  assert.match(compiled(named("ns2.dns."), []).text, / NS ns2\.dns\.\n/);
  const [primary] = zone.nameServers;
  assert.equal(primary?.hostname, "ns1.example.com.");
  const inside = { ...zone, nameServers: [{ ...primary, hostname: "NS1.example.com" }] };
  assert.equal(
    compiled(inside, []).text,
    compiled(zone, []).text,
    "what lies in the zone is not meant twice",
  );
  const outside = { ...zone, primaryNs: "ns.example.net.", nameServers: [{ hostname: "ns.example.net" }] };
  assert.deepEqual(compiled(outside, []).diagnostics, [], "the server that the SOA names");
  for (const hostname of ["ns2.dns", "ns2.example.net", "."]) {
    const { text, diagnostics } = compiled(named(hostname), []);
    assert.equal(text.match(/ NS /g)?.length, 1, hostname);
    assert.deepEqual(reasons({ diagnostics }), ["null InvalidValue"]);
    assert.match(
      diagnostics[0]?.message ?? "",
      /^nameServers or nameServerIps: ".*" (could mean|is not a server)/,
    );
  }
  const unread = { primaryNs: "ns1.dns", zoneName: "10.0.0.1" };
  for (const [field, value] of Object.entries(unread)) {
    const { kind, diagnostics } = compileZone({ ...zone, [field]: value }, [], null, nowS);
    assert.equal(kind, "unservable");
    assert.match(diagnostics[0]?.message ?? "", new RegExp(`^${field}: "${value}" `));
  }
});

test("the first name server has the instances' addresses, where nothing else gives it one", () => {
  const bare = {
    ...zone,
    nameServers: [],
    primaryAddresses: ["198.51.100.1", "2001:db8::1", "lb.example.net"],
  };
  const { text } = compiled(bare, []);
  assert.match(text, /^example\.com\. 300 IN NS ns1\.example\.com\.$/m);
  assert.match(
    text,
    /^ns1\.example\.com\. 300 IN A 198\.51\.100\.1\nns1\.example\.com\. 300 IN AAAA 2001:db8::1$/m,
  );
  const own = compiled(bare, [record("a", "ns1", ["192.0.2.9"])]).text;
  assert.ok(own.includes("IN A 192.0.2.9") && !own.includes("198.51.100.1"), "its own address stands alone");
  assert.equal(compileZone({ ...bare, primaryAddresses: [] }, [], null, nowS).kind, "unservable");
  const named = {
    ...bare,
    primaryAddresses: ["lb.example.net"],
    nameServers: [{ hostname: "ns.example.net." }],
  };
  const { text: without, diagnostics } = compiled(named, []);
  assert.ok(!without.includes("NS ns1"));
  assert.deepEqual(reasons({ diagnostics }), ["null NameServerWithoutAddress"]);
  assert.match(
    diagnostics[0]?.message ?? "",
    /^primaryNs: ns1\.example\.com\. .* \(lb\.example\.net\).* give it an ARecord/,
  );
  assert.deepEqual(compiled(named, [record("a", "ns1", ["192.0.2.9"])]).diagnostics, []);
  const elsewhere = { ...zone, primaryNs: "ns.example.net.", primaryAddresses: ["198.51.100.1"] };
  const beside = compiled(elsewhere, []).text;
  assert.deepEqual(beside.match(/NS \S+/g), ["NS ns.example.net.", "NS ns1.example.com."]);
  assert.ok(!beside.includes("198.51.100.1"));
});

test("what says that there is none of its type stands alone, and the older stays", () => {
  const type = recordType("MX", { needsHostOwner: true });
  const none = { ...record("1", "@", []), type, values: [{ text: "0 .", isAlone: true as const }] };
  const server = record("2", "@", ["10 mail.example.com."], { type });
  const first = compiled(zone, [none, server, { ...none, id: "3" }]);
  assert.deepEqual(reasons(first), ["2 Conflict"]);
  assert.match(first.text, /^example\.com\. 300 IN MX 0 \.\n/m);
  assert.equal(
    first.diagnostics[0]?.message,
    'name: example.com. MX "0 ." says that there is none, and stands beside no other value, and 1 came first: delete one of the two',
  );
  assert.deepEqual(reasons(compiled(zone, [{ ...none, id: "3", age: "3" }, server])), ["3 Conflict"]);
});

test("whatever is told of a record or of the zone names the field, or the values, and a remedy", () => {
  const remedy = /(: |; |, or )(write|give|delete|take|shorten|have|delegate|spread) /;
  const seen = new Set<string>();
  function check(input: ZoneInput, records: readonly RecordInput[]): void {
    for (const { reason, message } of compileZone(input, records, null, nowS).diagnostics) {
      seen.add(reason);
      if (reason === "Glue") continue; // it is served as it is asked for
      assert.match(message, remedy);
      if (reason === "InvalidZone") assert.match(message, /primaryNs|nameServers/);
      else if (reason !== "TooManyValues")
        assert.match(message, /^(name|nameserver|target|ttl|primaryNs|nameServers or nameServerIps): /);
    }
  }
  fc.assert(fc.property(anyZone, anyRecords, check), { numRuns: 600 });
  const many = Array.from({ length: 101 }, (_, index) => `198.51.100.${index}`);
  const servers = [
    { hostname: "ns.example.net.", ipv4Address: "x", ipv6Address: "::1" },
    { hostname: "lost" },
  ];
  check({ ...zone, nameServers: [] }, []);
  check({ ...zone, nameServers: [...zone.nameServers, ...servers] }, [
    record("huge", "huge", ["x".repeat(60_000)], { type: recordType("TXT") }),
    record("many", "many", many),
    record("outside", "www.example.org.", ["192.0.2.9"]),
    record("underscore", "_sip", ["192.0.2.9"]),
    delegation("wildcard", "*", ["ns.example.net."]),
    record("1", "www", ["192.0.2.9"]),
    record("2", "www", ["192.0.2.10"], { ttl: 60 }),
    record("3", "www", ["other.example.com."], { type: aliasType }),
    delegation("4", "www", ["ns.example.net."]),
    delegation("5", "sub", ["ns.example.net.", "ns.sub.example.com.", "gone.example.com."]),
    record("6", "a.sub", ["192.0.2.9"]),
    record("7", "ns.sub", ["192.0.2.9"]),
    record("8", "own", ["own.example.com."], { type: aliasType }),
    record("9", "there", ["back.example.com."], { type: aliasType }),
    record("90", "back", ["there.example.com."], { type: aliasType }),
  ]);
  assert.deepEqual([...seen].toSorted(), [
    "AliasLoop",
    "Conflict",
    "Glue",
    "GlueOutsideZone",
    "InvalidName",
    "InvalidValue",
    "InvalidZone",
    "NameServerWithoutAddress",
    "Occluded",
    "OutsideZone",
    "TooManyValues",
    "TtlConflict",
  ]);
});

test("a serial that cannot be reached in one step is named, and the zone goes on", () => {
  const published = { serial: 10, text: null };
  const { serial, diagnostics } = compiled({ ...zone, leastSerial: 2 ** 31 + 100 }, [], published);
  assert.equal(serial, 11);
  assert.deepEqual(reasons({ diagnostics }), ["null SerialOutOfReach"]);
  assert.ok(diagnostics.every(isWarning));
});

test("the serial grows exactly when the content changes, and never falls", () => {
  const first = compiled(zone, []);
  assert.equal(first.serial, 1);
  assert.equal(compiled(zone, [], first).text, first.text);
  const second = compiled(zone, [record("a", "www", ["192.0.2.9"])], first);
  assert.equal(second.serial, 2);
  assert.equal(compiled(zone, [], second).serial, 3);
  assert.equal(compiled({ ...zone, leastSerial: 2025 }, [], second).serial, 2025);
  assert.equal(compiled({ ...zone, leastSerial: 2025 }, [], { serial: 3000, text: null }).serial, 3001);
  assert.equal(compiled(zone, [], { serial: 2 ** 32 - 1, text: "other" }).serial, 1, "it wraps around 0");
});

test("named loads whatever is compiled, and whatever it was compiled from", (context) => {
  const checker = bindChecker(context, "named-checkzone");
  if (checker === null) return;
  let loaded = 0;
  fc.assert(
    fc.property(anyZone, anyRecords, (candidate, records) => {
      const result = compileZone(candidate, records, null, nowS);
      if (result.kind === "unservable") return;
      loaded += 1;
      const file = join(checker.folder, "zone");
      writeFileSync(file, result.text);
      const args = ["-k", "fail", "-n", "fail", "-i", "full-sibling", candidate.zoneName.toLowerCase(), file];
      const output = checker.check(...args);
      assert.match(output, /loaded serial 1\b/);
      const again = compileZone(candidate, records.toReversed(), result, nowS);
      assert.deepEqual({ ...again, publishedName: null }, { ...result, publishedName: null });
    }),
    { numRuns: 150 },
  );
  assert.ok(loaded > 50, `only ${loaded} of the zones could be served`);
});
