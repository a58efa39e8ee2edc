// The observer: what counts as an overlap, and that no line is lost or read twice.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createEffectLedger, openEffectFile, parseEffect, type Effect } from "./effects.ts";

function effect(who: string, token: string, atMs: number): Effect {
  return { who, token, atMs };
}

test("an effect of an older holder after the first of a newer one is an overlap, and no other is", () => {
  const ledger = createEffectLedger();
  assert.equal(ledger.newest(), null);
  for (const given of [effect("a", "9", 1), effect("a", "9", 2), effect("b", "10", 3)]) ledger.add(given);
  assert.deepEqual(ledger.overlaps(), []);
  const third = effect("b", "10", 3);
  assert.deepEqual(ledger.newest(), { token: "10", first: third, last: third, before: effect("a", "9", 2) });
  ledger.add(effect("a", "9", 4));
  ledger.add(effect("b", "10", 5));
  assert.deepEqual(ledger.overlaps(), [effect("a", "9", 4)]);
  assert.equal(ledger.lastOf("a")?.atMs, 4);
  assert.equal(ledger.lastOf("c"), null);
  assert.equal(ledger.count(), 5);
  assert.equal(ledger.newest()?.last.atMs, 5);
});

test("two that act under one token overlap", () => {
  const ledger = createEffectLedger();
  ledger.add(effect("a", "9", 1));
  ledger.add(effect("b", "9", 2));
  assert.deepEqual(ledger.overlaps(), [effect("b", "9", 2)]);
});

test("the file is read as it grows, whole lines only", () => {
  const folder = mkdtempSync(join(tmpdir(), "bindy-effects-"));
  const file = openEffectFile(join(folder, "effects"));
  try {
    assert.deepEqual(file.read(), []);
    const [one, two] = [effect("a", "9", 1.5), effect("a", "9", 2.5)];
    appendFileSync(file.path, `${JSON.stringify(one)}\n${JSON.stringify(two).slice(0, 9)}`);
    assert.deepEqual(file.read(), [one]);
    appendFileSync(file.path, `${JSON.stringify(two).slice(9)}\n`);
    assert.deepEqual(file.read(), [two]);
    assert.deepEqual(file.read(), []);
    const many = Array.from({ length: 3000 }, (_, at) => effect("some-pod-with-a-name", "10", at));
    appendFileSync(file.path, many.map((each) => `${JSON.stringify(each)}\n`).join(""));
    assert.deepEqual(file.read(), many);
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
});

test("what is not an effect is an error that shows the line", () => {
  assert.throws(() => parseEffect('{"who":"a","token":9,"atMs":1}'), /no effect: \{"who":"a"/);
});
