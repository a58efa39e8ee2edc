// Delegations beside what came before them: one that is younger takes nothing away that is answered, in whatever order the others came.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aliasType, serverType, zone } from "./any-zone-fixture.ts";
import { compiled, delegation, nowS, reasons, record } from "./compiled-zone-fixture.ts";
import { namesUpFrom } from "./late-delegations.ts";
import { addressType } from "./resource-record.ts";
import type { RecordInput } from "./resource-record.ts";
import { compileZone, type ZoneInput } from "./zone-compiler.ts";

const origin = "example.com.";
const elsewhere = "ns.example.net.";

/** The lines that are answered: all but what lies at or below the name of a delegation. */
function answeredOf(text: string): Set<string> {
  const [, ...lines] = text.trimEnd().split("\n");
  const cuts = new Set(lines.flatMap((line) => /^(\S+) \d+ IN NS /.exec(line)?.[1] ?? []));
  cuts.delete(origin);
  const isAnswered = (line: string): boolean => {
    const [name = "", , , type] = line.split(" ");
    return namesUpFrom(name, origin).every((at) => !cuts.has(at) || (at === name && type === "NS"));
  };
  return new Set(lines.filter(isAnswered));
}

// So few names that nearly all records meet.
const owner = fc.constantFrom("@", "sub", "ns.sub", "x.sub", "y.x.sub", "www");
const host = fc.constantFrom("ns.sub", "y.x.sub", "sub", "www").map((label) => `${label}.${origin}`);
const content = fc.oneof(
  { weight: 3, arbitrary: fc.constant({ type: addressType, values: [{ text: "192.0.2.7" }] }) },
  {
    weight: 4,
    arbitrary: fc.oneof(host, fc.constant(elsewhere)).map((text) => ({
      type: serverType,
      values: [{ text, host: text }],
    })),
  },
  { weight: 1, arbitrary: host.map((text) => ({ type: aliasType, values: [{ text }] })) },
);
const ofPrimary = { ...zone, nameServers: [], primaryAddresses: ["192.0.2.9"] };
const anyInput: fc.Arbitrary<ZoneInput> = fc.constantFrom(
  zone,
  { ...zone, nameServers: [{ hostname: "ns.sub.example.com." }], primaryAddresses: ["192.0.2.9"] },
  { ...zone, nameServers: [{ hostname: "ns.sub.example.com.", ipv4Address: "192.0.2.3" }] },
  { ...ofPrimary, primaryNs: "ns.sub.example.com." },
);
const anyHistory = fc
  .array(fc.record({ name: owner, content }), { minLength: 1, maxLength: 6 })
  .map((records) =>
    records.map(({ name, content: { type, values } }, at): RecordInput => {
      const id = String(at);
      return { id, age: id, name, type, values, ttl: undefined, refused: [] };
    }),
  );

const hostsOf = ({ values }: RecordInput): string[] => values.flatMap(({ host: named }) => named ?? []);

test("the youngest of all takes nothing away, and who is told that it is published is answered", () => {
  fc.assert(
    fc.property(anyInput, anyHistory, (input, records) => {
      const older = records.slice(0, -1);
      const youngest = records.at(-1) as RecordInput;
      const before = compileZone(input, older, null, nowS);
      if (before.kind === "unservable") return;
      const after = compiled(input, records);
      const answered = answeredOf(after.text);
      const at = youngest.name === "@" ? origin : `${youngest.name}.${origin}`;
      // An address that an older delegation has waited for lets that one begin.
      const isAwaited = youngest.type.isAddress && older.some((one) => hostsOf(one).includes(at));
      for (const line of isAwaited || at === input.primaryNs ? [] : answeredOf(before.text)) {
        if (answered.has(line)) continue;
        const [name = "", , , type] = line.split(" ");
        const isOfZone = before.text.includes(`\n${origin} 300 IN NS ${name}\n`);
        const isGlue = type === "A" && name !== at && hostsOf(youngest).includes(name) && !isOfZone;
        assert.ok(isGlue && after.text.includes(`\n${line}\n`), `${line} is gone from\n${after.text}`);
      }
      for (const { id, type, values } of records) {
        const name = after.publishedName(id);
        if (name === null || after.diagnostics.some((told) => told.id === id)) continue;
        for (const { text } of values)
          assert.ok(answered.has(`${name} 300 IN ${type.name} ${text}`), `${name} ${text}: ${after.text}`);
      }
    }),
    { numRuns: 6000 },
  );
});

test("an address at the name that is delegated, or of the zone's own server, stays answered by itself", () => {
  const told = (input: ZoneInput, ...records: RecordInput[]): string[] => reasons(compiled(input, records));
  const www = record("1", "www", ["192.0.2.9"]);
  assert.deepEqual(told(zone, www, delegation("2", "www", ["www.example.com."])), ["2 Conflict"]);
  assert.deepEqual(told(zone, www, delegation("0", "www", ["www.example.com."])), ["1 Glue"]);
  const apex = delegation("2", "@", ["www.example.com."]);
  assert.deepEqual(told(zone, www, apex, delegation("3", "www", [elsewhere])), ["3 Conflict"]);
  // Beside the zone's own servers named gives nothing that is cut off.
  assert.deepEqual(told(zone, www, apex, delegation("0", "www", [elsewhere])), ["1 Occluded"]);
  const own = compiled(zone, [delegation("1", "ns1", [elsewhere])]);
  assert.deepEqual(
    own.diagnostics.map(({ message }) => message),
    [
      "name: the delegation of ns1.example.com. would hide A of ns1.example.com.: the zone itself came first; " +
        "delegate another name, or give the zone a name server of another one",
    ],
  );
  const below = { ...zone, nameServers: [{ hostname: "ns.sub.example.com.", ipv4Address: "192.0.2.3" }] };
  for (const server of [elsewhere, "ns.sub.example.com."])
    assert.deepEqual(told(below, delegation("1", "sub", [server])), ["1 Conflict"]);
  // The zone would give its first server the addresses of the instances, so that the name is its own.
  const late = delegation("1", "ns1", [elsewhere]);
  assert.deepEqual(told(ofPrimary, late), ["1 Conflict"]);
  assert.deepEqual(told(ofPrimary, late, record("2", "ns1", ["192.0.2.9"])), ["1 Conflict"]);
});

test("a delegation begins with the record from which on it hides nothing older", () => {
  const glue = record("1", "ns.sub", ["192.0.2.9"]);
  const late = delegation("2", "sub", [elsewhere]);
  const leading = delegation("4", "sub", ["ns.sub.example.com."]);
  assert.deepEqual(reasons(compiled(zone, [glue, late])), ["2 Conflict"]);
  assert.deepEqual(reasons(compiled(zone, [glue, late, leading])), ["1 Glue"]);
  const between = compiled(zone, [glue, late, leading, record("3", "www.sub", ["192.0.2.9"])]);
  assert.deepEqual(reasons(between), ["2 Conflict", "4 Conflict"]);
  // A server of the zone since then: it was given beside the delegation before.
  const apex = delegation("5", "@", ["ns.sub.example.com."]);
  assert.deepEqual(reasons(compiled(zone, [glue, leading, apex])), ["1 Glue"]);
  assert.deepEqual(reasons(compiled(zone, [glue, leading, { ...apex, age: "3" }])), ["4 Conflict"]);
  // What cuts nothing itself is in nobody's way.
  const deeper = delegation("2", "x.sub", [elsewhere]);
  const address = record("1", "ns.x.sub", ["192.0.2.9"]);
  const above = delegation("3", "sub", ["ns.x.sub.example.com."]);
  assert.deepEqual(reasons(compiled(zone, [deeper, address, above])), ["1 Glue", "2 Conflict"]);
  const later = delegation("4", "x.sub", ["ns.x.sub.example.com."]);
  assert.deepEqual(reasons(compiled(zone, [address, deeper, above, later])), [
    "1 Glue",
    "2 Occluded",
    "4 Occluded",
  ]);
  assert.match(
    compiled(zone, [glue, leading]).diagnostics[0]?.message ?? "",
    /^ns\.sub\.example\.com\. A is given beside the delegation of sub\.example\.com\., .* sent to the servers of sub\.example\.com\.$/,
  );
});
