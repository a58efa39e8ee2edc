// docs/benchmarks.md says what its samples say, and its commands are commands.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readBenchArguments } from "../arguments.ts";
import { pageBlock, resultFiles, withBlock } from "./publish.ts";

const docs = fileURLToPath(new URL("../../docs", import.meta.url));
const page = readFileSync(join(docs, "benchmarks.md"), "utf8");

test("tables and plots are those of the published samples", () => {
  const csv = readFileSync(join(docs, "benchmarks/side-by-side.csv"), "utf8");
  assert.equal(withBlock(page, pageBlock(csv)), page, "npm run bench -- publish writes it anew");
  for (const [name, text] of resultFiles(csv)) {
    const path = join(docs, "benchmarks", name);
    assert.ok(existsSync(path), `${path} is missing`);
    assert.equal(readFileSync(path, "utf8"), text, path);
  }
});

test("every command of the pages is one that the bench takes", () => {
  const operatorPage = readFileSync(join(docs, "operator-bench.md"), "utf8");
  const commands = [page, operatorPage].map((text) =>
    [...text.matchAll(/`npm run bench(?: -- ([^`]*))?`/g)].map(([, given = ""]) => given),
  );
  assert.ok(commands.every(({ length }) => length >= 5));
  for (const command of commands.flat()) {
    const args = command.split(" ").filter((word) => word !== "");
    assert.notEqual(readBenchArguments(args).kind, "wrong", command);
  }
});

test("what the README quotes stands in the page's tables", () => {
  const readme = readFileSync(join(docs, "../README.md"), "utf8").replaceAll("\n", " ");
  const quoted = [
    ...readme.matchAll(/([\d.,]+) times sooner/g),
    ...readme.matchAll(/([\d.,]+) times an hour instead of/g),
    ...readme.matchAll(/times an hour instead of ([\d.,]*\d)/g),
  ].map(([, value = ""]) => value);
  assert.equal(quoted.length, 4);
  for (const value of quoted) assert.ok(page.includes(`| ${value} |`), value);
});
