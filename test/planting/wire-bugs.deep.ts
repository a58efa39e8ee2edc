// Bugs of the wire, and of single lines, are caught by the tests beside them: each is planted in a copy of the sources, and the
// file of tests that is named for it must fail there, as it must not without it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { plantIn } from "./plant.ts";
import { wireBugs } from "./wire-bugs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
// Process tests and the conformance program start programs of all of these.
const copied = [
  "api-server",
  "conformance",
  "contract",
  "examples",
  "gate",
  "health",
  "kubernetes",
  "operator",
  "platform",
  "playground",
  "sidecar",
  "test",
  "package.json",
];
let folder = "";

before(() => {
  folder = mkdtempSync(join(tmpdir(), "wire-bugs-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function copySources(name: string): string {
  const tree = join(folder, name);
  for (const path of copied) cpSync(join(root, path), join(tree, path), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  return tree;
}

function run(tree: string, file: string): string {
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--test", "--test-reporter=dot", "--test-timeout=60000", "--test-force-exit", join(tree, file)],
    {
      cwd: tree,
      encoding: "utf8",
      env,
    },
  );
  return status === 0 ? "" : stdout;
}

test("without a bug, every file of tests that is to find one is green in a copy", () => {
  const tree = copySources("sound");
  for (const file of new Set(wireBugs.map((bug) => bug.test))) assert.equal(run(tree, file), "", file);
});

for (const [at, bug] of wireBugs.entries()) {
  test(`${bug.what}: ${bug.test}`, () => {
    const tree = copySources(String(at));
    plantIn(bug, tree);
    assert.notEqual(run(tree, bug.test), "", "the tests are as green as without it");
    rmSync(tree, { recursive: true });
  });
}
