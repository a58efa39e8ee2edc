// A run that is cut off goes on where it was: what is measured stays, what was half written is measured again.
import assert from "node:assert/strict";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { openRunLog, readRunLog } from "./run-log.ts";

interface Entry {
  readonly key: string;
  readonly ms: number;
}

const header = { machine: "two cores" };
let folder = "";
let path = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bindy-run-log-"));
  path = join(folder, "results/run.jsonl");
});

afterEach(() => rmSync(folder, { recursive: true }));

test("resumed, it has what was there, less a line that was cut off", () => {
  const first = openRunLog<Entry>(path, header, false);
  first.add({ key: "a", ms: 1 });
  first.add({ key: "b", ms: 2 });
  appendFileSync(path, '{"key":"c","m');
  const second = openRunLog<Entry>(path, header, true);
  assert.deepEqual(second.entries(), [
    { key: "a", ms: 1 },
    { key: "b", ms: 2 },
  ]);
  assert.equal(second.has("b"), true);
  assert.equal(second.has("c"), false);
  second.add({ key: "c", ms: 3 });
  assert.deepEqual(
    readRunLog<Entry>(path)?.entries.map(({ key }) => key),
    ["a", "b", "c"],
  );
});

test("resumed where nothing is, it begins", () => {
  assert.equal(readRunLog(path), null);
  assert.deepEqual(openRunLog<Entry>(path, header, true).entries(), []);
});

test("begun anew, what was measured is kept beside it", () => {
  openRunLog<Entry>(path, header, false).add({ key: "a", ms: 1 });
  assert.deepEqual(openRunLog<Entry>(path, header, false).entries(), []);
  openRunLog<Entry>(path, header, false);
  assert.ok(existsSync(`${path}.previous`));
  assert.match(readFileSync(`${path}.previous`, "utf8"), /"key":"a"/);
});

test("nothing is measured twice, and a run goes on only with what it began with", () => {
  const log = openRunLog<Entry>(path, header, false);
  log.add({ key: "a", ms: 1 });
  assert.throws(() => log.add({ key: "a", ms: 2 }), /a has been measured already/);
  assert.throws(() => openRunLog<Entry>(path, { machine: "four cores" }, true), /"two cores".*"four cores"/);
});
