// Aliases that lead back to themselves: the youngest of a loop is left out, and comes back when there is none any more.
import assert from "node:assert/strict";
import { test } from "node:test";
import { aliasType, zone } from "./any-zone-fixture.ts";
import { compiled, delegation, reasons, record } from "./compiled-zone-fixture.ts";
import type { RecordInput } from "./resource-record.ts";
import { atOnce } from "./sorted.ts";
import { draftOptions, readDescription } from "./zone-compiler.ts";
import { createZoneDraft, type DraftResult, type ZoneDraft } from "./zone-draft.ts";

const alias = (id: string, name: string, target: string): RecordInput =>
  record(id, name, [`${target}.example.com.`], { type: aliasType });

function newDraft(): ZoneDraft {
  const description = readDescription(zone);
  assert.ok(description.kind === "description");
  return createZoneDraft(draftOptions(zone, description));
}

test("an alias of its own name is left out, and takes no part in what stands there", () => {
  const { diagnostics, text } = compiled(zone, [alias("1", "c5", "c5"), record("2", "c5", ["192.0.2.9"])]);
  assert.deepEqual(reasons({ diagnostics }), ["1 AliasLoop"]);
  assert.match(diagnostics[0]?.message ?? "", /^target: c5\.example\.com\. is the name of the record itself/);
  assert.match(text, /^c5\.example\.com\. 300 IN A 192\.0\.2\.9$/m);
});

test("of a loop the youngest alias is left out, and names all of it", () => {
  const loop = [alias("3", "a", "b"), alias("1", "b", "c"), alias("2", "c", "a")];
  const into = [alias("0", "before", "b"), alias("4", "elsewhere", "ns1")];
  for (const records of [[...loop, ...into], [...into, ...loop].toReversed()]) {
    const result = compiled(zone, records);
    assert.deepEqual(reasons(result), ["3 AliasLoop"]);
    assert.equal(
      result.diagnostics[0]?.message,
      "target: a.example.com. -> b.example.com. -> c.example.com. -> a.example.com. is a loop, so that none of these names would be answered, and this record came last: write another name",
    );
    assert.equal(result.publishedName("3"), null);
    for (const id of ["0", "1", "2", "4"]) assert.notEqual(result.publishedName(id), null, id);
    assert.doesNotMatch(result.text, /^a\.example\.com\./m);
  }
  const many = Array.from({ length: 9 }, (_, at) => alias(`${at}`, `n${at}`, `n${(at + 1) % 9}`));
  const [told] = compiled(zone, many).diagnostics;
  assert.match(told?.message ?? "", /^target: n8\S+ -> n0\S+ -> n1\S+ -> n2\S+ -> n3\S+ -> \(4 more\) -> n8/);
  const twice = [...loop, { ...alias("5", "a", "b") }];
  assert.deepEqual(reasons(compiled(zone, twice)), ["3 AliasLoop", "5 AliasLoop"], "both that say the same");
});

test("what a delegation hides is in no loop", () => {
  const records = [
    alias("2", "a", "b.sub"),
    alias("3", "b.sub", "a"),
    delegation("1", "sub", ["x.example."]),
  ];
  assert.deepEqual(reasons(compiled(zone, records)), ["3 Occluded"]);
});

test("an alias that was left out is published once the loop is none, and those of the loop are said to be touched", () => {
  const draft = newDraft();
  draft.put(alias("1", "a", "b"));
  draft.put(alias("2", "b", "a"));
  draft.put(record("other", "other", ["192.0.2.9"]));
  assert.deepEqual(reasons(atOnce(draft.bringUpToDate())), ["2 AliasLoop"]);
  draft.put(alias("1", "a", "c"));
  const mended = atOnce(draft.bringUpToDate());
  assert.deepEqual(mended.diagnostics, []);
  assert.deepEqual([...mended.touched].toSorted(), ["1", "2"]);
  assert.equal(draft.publishedName("2"), "b.example.com.");
  draft.put(alias("3", "c", "b"));
  assert.deepEqual(reasons(atOnce(draft.bringUpToDate())), ["3 AliasLoop"], "it closes another one");
});

function stepsOf(draft: ZoneDraft): [number, DraftResult] {
  const running = draft.bringUpToDate();
  for (let count = 0; ; count += 1) {
    const step = running.next();
    if (step.done === true) return [count, step.value];
  }
}

test("an edit walks the way of its alias alone, and a loop through a whole zone is looked at in steps", () => {
  const count = 20_000;
  const draft = newDraft();
  const padded = (at: number): string => String(at).padStart(5, "0");
  for (let at = 0; at < count; at += 1) draft.put(alias(padded(at), `n${at}`, `n${at + 1}`));
  const [whole] = stepsOf(draft);
  draft.put(alias(padded(count - 5), `n${count - 5}`, `n${count - 7}`));
  const [edit, { diagnostics }] = stepsOf(draft);
  assert.deepEqual(reasons({ diagnostics }), [`${padded(count - 5)} AliasLoop`]);
  assert.ok(edit * 100 < whole, `${edit} of ${whole} steps`);
  draft.put(alias(padded(count - 5), `n${count - 5}`, `n${count - 4}`));
  draft.put(alias(padded(count), `n${count}`, "n0"));
  const [closed, result] = stepsOf(draft);
  assert.deepEqual(reasons(result), [`${padded(count)} AliasLoop`]);
  assert.ok(closed > edit + 200, `${closed} steps`);
});
