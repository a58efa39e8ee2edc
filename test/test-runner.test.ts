// The runner of the tests: what it says of words that match nothing in the layer asked for, and how it is repeated.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

function run(
  script: string,
  ...flags: readonly string[]
): { status: number | null; stderr: string; stdout: string } {
  // A run of its own: with all of a test's environment its tests would report to that one.
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { PATH, HOME, ...(TMPDIR === undefined ? {} : { TMPDIR }) };
  return spawnSync(process.execPath, [script, ...flags], { cwd: root, encoding: "utf8", env });
}

test("a word that matches nothing in this layer leads to the one where it does", () => {
  const { status, stderr } = run("scripts/test.ts", "planted-bugs");
  assert.equal(status, 2);
  assert.match(stderr, /^No test file of npm test matches planted-bugs$/m);
  assert.match(stderr, /^test\/exploration\/planted-bugs\.deep\.ts .*: npm run test:deep -- planted-bugs$/m);
});

test("what is repeated is told run by run, and a wrong number is refused", () => {
  const repeated = run("scripts/test-repeat.ts", "--times", "2", "--busy", "1", "bind9/address");
  assert.equal(repeated.status, 0, repeated.stdout + repeated.stderr);
  assert.match(repeated.stdout, /^\| 1 \| [\d.]+ \| [1-9]\d* \| 0 \| green \|\n\| 2 \| .* green \|$/m);
  assert.match(repeated.stdout, /^2 of 2 green, the longest took [\d.]+ s$/m);
  assert.equal(run("scripts/test-repeat.ts", "--times", "0").status, 2);
  assert.equal(run("scripts/test-repeat.ts", "--layer", "e2e").status, 2);
});

test("every file of tests has a layer, and what runs alone has one too", () => {
  const files = globSync(
    "{platform,contract,kubernetes,health,sidecar,gate,operator,api-server,playground,scripts,conformance,test,bench}/**/*.alone.*",
    {
      cwd: root,
    },
  );
  assert.ok(files.length >= 2);
  for (const file of files) assert.match(file, /\.alone\.(test|deep|cluster|e2e)\.ts$/);
});
