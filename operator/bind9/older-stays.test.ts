// Of what cannot stand together the older object stays, and a younger one takes nothing away.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aliasType, anyHost, anyRecords, anyZone, serverType, zone } from "./any-zone-fixture.ts";
import { compiled, delegation, nowS, reasons, record } from "./compiled-zone-fixture.ts";
import { absoluteName } from "./domain-name.ts";
import { namesUpFrom } from "./late-delegations.ts";
import { addressType, recordType } from "./resource-record.ts";
import type { RecordInput } from "./resource-record.ts";
import { compileZone } from "./zone-compiler.ts";
import type { CompiledZone, ZoneInput } from "./zone-compiler.ts";

test("no record takes a server of the zone itself away, or has the zone not served", () => {
  let served = 0;
  fc.assert(
    fc.property(anyZone, anyRecords, (candidate, records) => {
      const bare = compileZone(candidate, [], null, nowS);
      if (bare.kind === "unservable") return;
      served += 1;
      const lines = new Set(servedLines(compiled(candidate, records)));
      const servers = servedLines(bare).filter((line) => line.includes(" IN NS "));
      assert.deepEqual(
        servers.filter((line) => !lines.has(line)),
        [],
      );
    }),
    { numRuns: 600 },
  );
  assert.ok(served > 200, `only ${served} of the zones could be served`);
});

test("at a name with an alias the side with the oldest object stays, and the others name it", () => {
  const alias = record("2-alias", "www", ["other.example.com."], { type: aliasType });
  const text = record("1-text", "www", ['"x"'], { type: recordType("TXT") });
  const address = record("3-address", "www", ["192.0.2.9"]);
  const [first, second] = [compiled(zone, [alias, address]), compiled(zone, [alias, address, text])];
  assert.deepEqual(reasons(first), ["3-address Conflict"]);
  assert.equal(
    first.diagnostics[0]?.message,
    "name: A cannot stand beside CNAME at www.example.com.: 2-alias came first; give it another name, or delete one of the two",
  );
  assert.match(first.text, /www\.example\.com\. 300 IN CNAME other\.example\.com\.\n$/);
  assert.deepEqual(reasons(second), ["2-alias Conflict"]);
  assert.match(
    second.diagnostics[0]?.message ?? "",
    /beside A, TXT at www\.example\.com\.: 1-text came first/,
  );
  assert.match(
    second.text,
    /www\.example\.com\. 300 IN A 192\.0\.2\.9\nwww\.example\.com\. 300 IN TXT "x"\n$/,
  );
  const wildcard = [
    { ...alias, name: "*" },
    { ...address, name: "*" },
    { ...text, name: "x" },
  ];
  assert.deepEqual(reasons(compiled(zone, wildcard)), ["3-address Conflict"]);
  const others = [alias, { ...alias, id: "3-alias", age: "3", values: [{ text: "one.example.com." }] }];
  assert.match(compiled(zone, others).diagnostics[0]?.message ?? "", /2-alias came first with another/);
});

test("a server of the zone cannot be an alias, whoever came first", () => {
  const alias = record("alias", "ns1", ["other.example.com."], { type: aliasType, age: "" });
  const text = record("text", "ns1", ['"x"'], { type: recordType("TXT") });
  const bare = { ...zone, nameServers: [], primaryAddresses: ["198.51.100.1"] };
  const beside = { ...bare, nameServers: [{ hostname: "ns.example.net." }] };
  for (const input of [zone, bare, beside]) {
    const result = compiled(input, [alias, text]);
    assert.match(result.text, /^example\.com\. 300 IN NS ns1\.example\.com\.$/m);
    assert.match(result.text, /^ns1\.example\.com\. 300 IN A /m);
    assert.match(result.text, /^ns1\.example\.com\. 300 IN TXT "x"$/m);
    assert.deepEqual(reasons(result), ["alias Conflict"]);
    assert.match(result.diagnostics[0]?.message ?? "", /ns1\.example\.com\. is a name server of the zone/);
  }
  // With an address that came later, too.
  const address = record("young", "ns2", ["192.0.2.2"]);
  const named = { ...zone, nameServers: [...zone.nameServers, { hostname: "ns2" }] };
  const second = compiled(named, [{ ...alias, name: "ns2" }, address]);
  assert.match(second.text, /NS ns2\.example\.com\.\n(.*\n)*ns2\.example\.com\. 300 IN A 192\.0\.2\.2\n/);
});

test("a delegation hides what lies below it, but for the addresses that lead there", () => {
  const result = compiled(zone, [
    delegation("1-cut", "sub", ["ns.sub.example.com.", "ns.example.net.", "gone.example.com."]),
    record("glue", "ns.sub", ["192.0.2.53"]),
    record("at", "sub", ["192.0.2.9"]),
    record("below", "www.sub", ["192.0.2.9"]),
    delegation("deeper", "x.sub", ["ns.example.net."]),
    delegation("lost", "lost", ["ns.lost.example.com."]),
    record("beside", "subway", ["192.0.2.9"]),
  ]);
  assert.deepEqual(reasons(result).toSorted(), [
    "1-cut NameServerWithoutAddress",
    "at Occluded",
    "below Occluded",
    "deeper Occluded",
    "glue Glue",
    "lost NameServerWithoutAddress",
  ]);
  assert.ok(result.text.includes("ns.sub.example.com. 300 IN A 192.0.2.53"));
  assert.ok(result.text.includes("subway.example.com."));
  assert.equal(result.text.includes("gone"), false);
});

test("a name server below another delegation needs no address here, where that leads somewhere", () => {
  const elsewhere = delegation("other", "other", ["ns.example.net."]);
  const sibling = delegation("sub", "sub", ["ns.other.example.com."]);
  const chained = delegation("third", "third", ["ns.sub.example.com."]);
  const all = compiled(zone, [chained, sibling, elsewhere]);
  assert.deepEqual(reasons(all), []);
  for (const name of ["sub", "other", "third"]) assert.match(all.text, new RegExp(`^${name}\\..* NS `, "m"));
  const without = compiled(zone, [chained, sibling]);
  assert.deepEqual(reasons(without), ["sub NameServerWithoutAddress", "third NameServerWithoutAddress"]);
  const circle = [sibling, delegation("other", "other", ["ns.sub.example.com."])];
  assert.equal(compiled(zone, circle).diagnostics.length, 2, "two that lead to each other alone");
  const below = delegation("deep", "sub", ["ns.x.sub.example.com."]);
  const deeper = delegation("x", "x.sub", ["ns.example.net."]);
  assert.ok(reasons(compiled(zone, [below, deeper])).includes("deep NameServerWithoutAddress"));
});

test("a name server of the zone itself may lie below a delegation, unless that is left out", () => {
  const named = { ...zone, nameServers: [...zone.nameServers, { hostname: "ns2.other.example.com." }] };
  const elsewhere = delegation("5", "other", ["ns.example.net."]);
  const { diagnostics, text } = compiled(named, [elsewhere]);
  assert.deepEqual(reasons({ diagnostics }), []);
  assert.match(text, /^example\.com\. 300 IN NS ns2\.other\.example\.com\.$/m);
  const late = compiled(named, [elsewhere, record("4", "www.other", ["192.0.2.9"])]);
  assert.deepEqual(reasons(late).toSorted(), ["5 Conflict", "null NameServerWithoutAddress"]);
  assert.ok(!late.text.includes("ns2.other"));
});

test("a delegation that would hide something older is refused, and nothing is hidden", () => {
  const late = { ...delegation("late", "sub", ["ns.example.net."]), age: "5" };
  const ownServer = { ...delegation("late", "sub", ["ns.sub.example.com."]), age: "5" };
  const of = (age: string, name: string, more: Partial<RecordInput> = {}): RecordInput => ({
    ...record(`${name} ${age}`, name, ["192.0.2.9"]),
    age,
    ...more,
  });
  const told = (...records: RecordInput[]): string[] => reasons(compiled(zone, [late, ...records]));
  assert.deepEqual(told(of("4", "www.sub")), ["late Conflict"]);
  assert.deepEqual(told(of("4", "sub"), of("6", "www.sub")), ["late Conflict"]);
  assert.deepEqual(told(of("6", "sub"), of("6", "*.sub")), ["*.sub 6 Occluded", "sub 6 Occluded"]);
  assert.deepEqual(told(of("4", "ns.sub")), ["late Conflict"]);
  const leads = compiled(zone, [ownServer, of("4", "ns.sub")]);
  assert.deepEqual(reasons(leads), ["ns.sub 4 Glue"], "the address of its own server leads there");
  assert.deepEqual(told(of("4", "subway")), []);
  const { diagnostics, text } = compiled(zone, [late, of("4", "www.sub"), of("3", "b.sub")]);
  assert.equal(
    diagnostics[0]?.message,
    "name: the delegation of sub.example.com. would hide A of b.sub.example.com.: b.sub 3 came first; delete what it would hide, or delegate another name",
  );
  assert.match(text, /b\.sub\.example\.com\. 300 IN A/);
  assert.ok(!text.includes("sub.example.com. 300 IN NS"));

  const deeper = { ...delegation("deeper", "x.sub", ["ns.example.net."]), age: "4" };
  assert.deepEqual(told(deeper), ["late Conflict"], "a delegation is something older too");
  assert.deepEqual(told(deeper, of("3", "y.x.sub")), ["deeper Conflict", "late Conflict"]);
  const above = { ...delegation("above", "sub", ["ns.example.net."]), age: "1" };
  const hidden = { ...delegation("hidden", "x.sub", ["ns.example.net."]), age: "5" };
  assert.deepEqual(reasons(compiled(zone, [above, hidden, of("3", "y.x.sub")])), [
    "hidden Occluded",
    "y.x.sub 3 Occluded",
  ]);
  const sibling = { ...delegation("sibling", "other", ["ns.x.sub.example.com."]), age: "2" };
  assert.deepEqual(told(sibling, of("4", "ns.x.sub")), ["late Conflict"], "it was answered by itself, too");
  assert.deepEqual(told(sibling, of("6", "ns.x.sub")), ["ns.x.sub 6 Glue"]);
  assert.deepEqual(told({ ...sibling, age: "6" }, of("4", "ns.x.sub")), ["late Conflict"]);
});

/** What is served, without its TTLs. */
function servedLines({ text }: CompiledZone): string[] {
  const [, ...lines] = text.trimEnd().split("\n");
  return lines.map((line) => line.replace(/ \d+ IN /, " IN "));
}

/** Whether a record of name servers names this one, or the SOA does. */
function isServer(
  name: string,
  { zoneName, primaryNs }: ZoneInput,
  records: readonly RecordInput[],
): boolean {
  const read = absoluteName(name, `${zoneName.toLowerCase()}.`);
  if (read.kind === "name" && read.name === primaryNs) return true;
  return records.some(({ values }) => values.some(({ host }) => read.kind === "name" && host === read.name));
}

/** Of what is served, what is answered: all but what lies at or below the name of a delegation. */
function answeredLines(zoneName: string, lines: readonly string[]): string[] {
  const origin = `${zoneName.toLowerCase()}.`;
  const cuts = new Set(lines.flatMap((line) => /^(\S+) IN NS /.exec(line)?.[1] ?? []));
  cuts.delete(origin);
  return lines.filter((line) => {
    const [name = "", , type] = line.split(" ");
    return namesUpFrom(name, origin).every((at) => !cuts.has(at) || (at === name && type === "NS"));
  });
}

test("a younger object takes nothing away that is served, nor what is answered, whatever it is", () => {
  let conflicts = 0;
  fc.assert(
    fc.property(anyZone, anyRecords, fc.nat(), anyHost, (candidate, records, at, host) => {
      const before = compileZone(candidate, records, null, nowS);
      const like = records[at % Math.max(1, records.length)];
      if (before.kind === "unservable" || like === undefined) return;
      for (const [type, text] of [
        [aliasType, "x.example.net."],
        [addressType, "192.0.2.77"],
        [serverType, "x.example.net."],
        [serverType, host],
      ] as const) {
        // It may be the address that an older delegation has waited for, or that stands for those of the Services.
        if (type.isAddress && isServer(like.name, candidate, records)) continue;
        const values = [type.isAddress ? { text } : { text, host: text }];
        const youngest = { ...like, id: "youngest", age: "4", type, values };
        const after = compiled(candidate, [...records, youngest]);
        const lines: readonly string[] = servedLines(after);
        const answered = new Set(answeredLines(candidate.zoneName, lines));
        const linesBefore: readonly string[] = servedLines(before);
        assert.deepEqual(
          linesBefore.filter((line) => !lines.includes(line)),
          [],
        );
        const lost = answeredLines(candidate.zoneName, linesBefore).filter((line) => !answered.has(line));
        // What lies below a name that is handed over, and is the address of a server there, is given beside the delegation.
        const isGlue = (line: string): boolean => type === serverType && line.startsWith(`${host} IN A`);
        assert.deepEqual(
          lost.filter((line) => !isGlue(line)),
          [],
        );
        if (reasons(after).includes("youngest Conflict")) conflicts += 1;
      }
    }),
    { numRuns: 600 },
  );
  assert.ok(conflicts > 30, `only ${conflicts} conflicts`);
});
