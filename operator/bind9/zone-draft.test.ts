import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { aliasType, zone } from "./any-zone-fixture.ts";
import { addressType, nameServerType } from "./resource-record.ts";
import type { Diagnostic, RecordInput } from "./resource-record.ts";
import { atOnce } from "./sorted.ts";
import { bodyOf, compileZone, draftOptions, readDescription, withSerial } from "./zone-compiler.ts";
import type { ZoneDescription, ZoneInput } from "./zone-compiler.ts";
import { createZoneDraft, type DraftResult } from "./zone-draft.ts";

const nowS = 1;

function descriptionOf(input: ZoneInput): ZoneDescription {
  const description = readDescription(input);
  assert.ok(description.kind === "description");
  return description;
}

// Few names and hosts, so that records meet: delegations come and go above others, servers lose and get their addresses.
const owner = fc.constantFrom("@", "a", "b.a", "ns.b.a", "sub", "ns.sub", "x.sub", "ns1", "*.a", "-");
const host = fc.constantFrom("ns1", "ns.sub", "ns.b.a", "a").map((label) => `${label}.example.com.`);
const content = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("192.0.2.1", "192.0.2.2").map((text) => addressRecord(text)) },
  { weight: 3, arbitrary: host.map((text) => ({ type: nameServerType, values: [{ text, host: text }] })) },
  { weight: 1, arbitrary: host.map((text) => ({ type: aliasType, values: [{ text }] })) },
  { weight: 1, arbitrary: fc.constant({ type: addressType, values: [] }) },
);
const anyRecord = fc.record({
  name: owner,
  content,
  ttl: fc.constantFrom(undefined, 60, 61),
  age: fc.constantFrom("1", "2"),
  refused: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, fc.constant(["not an address"])),
});
const mostIds = 9;
/** One record is another now, or gone. */
const anyEdit = fc.record({ id: fc.nat(mostIds).map(String), record: fc.option(anyRecord, { freq: 4 }) });
const anyEdits = fc.array(fc.array(anyEdit, { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 25 });
const anyInput: fc.Arbitrary<ZoneInput> = fc.constantFrom(
  zone,
  { ...zone, primaryNs: "ns.example.net." },
  { ...zone, nameServers: [], primaryAddresses: ["192.0.2.9", "2001:db8::9"] },
  { ...zone, nameServers: [{ hostname: "ns.sub.example.com." }], primaryAddresses: ["192.0.2.9"] },
);

function addressRecord(text: string): Pick<RecordInput, "type" | "values"> {
  return { type: addressType, values: [{ text }] };
}

test("a draft that is edited is the zone that is compiled from nothing, and names every record that changed", () => {
  let changed = 0;
  fc.assert(
    fc.property(anyInput, anyEdits, (input, edits) => {
      const description = descriptionOf(input);
      const draft = createZoneDraft(draftOptions(input, description));
      const records = new Map<string, RecordInput>();
      let told = new Map<string, unknown>();
      for (const edit of edits) {
        for (const { id, record } of edit) {
          if (record === null) {
            records.delete(id);
            draft.remove(id);
          } else {
            const { content: said, ...rest } = record;
            records.set(id, { ...rest, ...said, id });
            draft.put({ ...rest, ...said, id });
          }
        }
        const result = atOnce(draft.bringUpToDate());
        const body = bodyOf(input, description, draft, result);
        const whole = compileZone(input, [...records.values()], null, nowS);
        assert.equal(body.kind === "body" ? "compiled" : body.kind, whole.kind);
        assert.deepEqual(body.diagnostics, whole.diagnostics);
        const found = new Map(
          [...records.keys()].map((id) => [
            id,
            {
              publishedName: draft.publishedName(id),
              diagnostics: result.diagnostics.filter((diagnostic) => diagnostic.id === id),
            },
          ]),
        );
        for (const [id, outcome] of found) {
          if (result.touched.has(id)) continue;
          assert.deepEqual(outcome, told.get(id), `${id} is not said to be touched`);
        }
        told = found;
        if (body.kind !== "body" || whole.kind !== "compiled") continue;
        const compiled = withSerial(body, null, nowS);
        assert.deepEqual({ ...compiled, publishedName: null }, { ...whole, publishedName: null });
        for (const id of records.keys()) assert.equal(compiled.publishedName(id), whole.publishedName(id));
        changed += 1;
      }
    }),
    { numRuns: 1000 },
  );
  assert.ok(changed > 2000, `only ${changed} of the zones could be served`);
});

function address(id: string, name: string, text: string): RecordInput {
  return { id, age: id, type: addressType, name, ttl: undefined, values: [{ text }], refused: [] };
}

function steps(draft: { bringUpToDate(): Generator<void, DraftResult> }): [number, DraftResult] {
  const running = draft.bringUpToDate();
  for (let count = 0; ; count += 1) {
    const step = running.next();
    if (step.done === true) return [count, step.value];
  }
}

test("an edit is work by the records of its name, in a zone of whatever size", () => {
  const draft = createZoneDraft(draftOptions(zone, descriptionOf(zone)));
  const count = 20_000;
  for (let at = 0; at < count; at += 1) draft.put(address(`${at}`, `host-${at}`, "192.0.2.1"));
  const [whole, { recordsCount }] = steps(draft);
  assert.equal(recordsCount, count + 2);
  draft.put(address("7", "host-7", "192.0.2.2"));
  draft.put({ ...address("new", "host-8", "host-9"), type: aliasType });
  const [edit, { touched, text }] = steps(draft);
  assert.deepEqual([...touched].toSorted(), ["7", "8", "new"]);
  assert.match(text, /\nhost-7\.example\.com\. 300 IN A 192\.0\.2\.2\n/);
  assert.ok(edit * 100 < whole, `${edit} of ${whole} steps`);
});

test("pages are written in order, whatever comes and goes", () => {
  const draft = createZoneDraft(draftOptions(zone, descriptionOf(zone)));
  const count = 3000;
  for (let at = 0; at < count; at += 1) draft.put(address(`${at}`, `h${(at * 7919) % count}`, "192.0.2.1"));
  atOnce(draft.bringUpToDate());
  for (let at = 0; at < count; at += 1) if (at % 3 > 0) draft.remove(`${at}`);
  const { text, recordsCount } = atOnce(draft.bringUpToDate());
  const names = text.split("\n").flatMap((line) => /^h\d+/.exec(line)?.[0] ?? []);
  assert.deepEqual(names, names.toSorted());
  assert.equal(names.length, count / 3);
  assert.equal(recordsCount, count / 3 + 2);
  for (let at = 0; at < count; at += 1) draft.remove(`${at}`);
  const empty = atOnce(draft.bringUpToDate());
  assert.deepEqual([empty.recordsCount, empty.hasNameServer], [2, true]);
  // A delegation has all there is looked at anew.
  draft.put({ ...address("cut", "sub", "ns.example.net."), type: nameServerType });
  const [many, { recordsCount: withCut }] = steps(draft);
  assert.equal(withCut, 3);
  assert.ok(many < count / 200, `${many} steps: what has gone is not forgotten`);
});

test("an RRset of as many objects as a zone may have is worked out, and says of each what became of it", () => {
  const draft = createZoneDraft(draftOptions(zone, descriptionOf(zone)));
  const count = 200_000;
  for (let at = 0; at < count; at += 1)
    draft.put(address(String(at).padStart(6, "0"), "www", `198.${at >> 16}.${(at >> 8) & 255}.${at & 255}`));
  const { recordsCount, diagnostics } = atOnce(draft.bringUpToDate());
  assert.equal(recordsCount, 100 + 2, "as many as named loads");
  assert.equal(diagnostics.length, count - 100);
});

test("of several RRsets that a delegation would hide and that are of one age the same one is named, however they came", () => {
  const delegation = (id: string, name: string, text: string): RecordInput => {
    const values = [{ text, host: text }];
    return { id, age: "1", type: nameServerType, name, ttl: undefined, values, refused: [] };
  };
  // The second leads nowhere before the first does, and is as old as that.
  const first = delegation("1", "ns.sub", "ns1.example.com.");
  const second = delegation("0", "x.sub", "ns.sub.example.com.");
  const late = delegation("2", "sub", "ns1.example.com.");
  const description = descriptionOf(zone);
  for (const order of [
    [first, late, second],
    [second, first, late],
    [late, second, first],
  ]) {
    const draft = createZoneDraft(draftOptions(zone, description));
    let told: readonly Diagnostic[] = [];
    for (const record of order) {
      draft.put(record);
      told = atOnce(draft.bringUpToDate()).diagnostics;
    }
    const conflict = told.find(({ id }) => id === "2");
    assert.match(conflict?.message ?? "", /would hide NS of ns\.sub\.example\.com\.: 1 came first/);
  }
});
