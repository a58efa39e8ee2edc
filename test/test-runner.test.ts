// The runner of the tests: what it says of words that match nothing in the layer asked for, and how it is repeated.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

test("a file that something keeps alive ends all the same, and none of its tests is lost", () => {
  const folder = mkdtempSync(join(tmpdir(), "ended-file-"));
  const code = [
    'import { test } from "node:test";',
    'import { createServer } from "node:net";',
    "for (let at = 0; at < 200; at += 1) test(`test ${at}`, () => undefined);",
    'test("leaves a server", () => void createServer().listen(0, "127.0.0.1"));',
    'test("fails", () => { throw new Error("as it should"); });',
  ];
  writeFileSync(join(folder, "kept.test.mjs"), code.join("\n"));
  const runner = ["--import", `${root}scripts/ended-file.mjs`, "--test", join(folder, "kept.test.mjs")];
  const { PATH, HOME } = process.env;
  const { status, stdout } = spawnSync(process.execPath, runner, { encoding: "utf8", env: { PATH, HOME } });
  rmSync(folder, { recursive: true, force: true });
  assert.equal(status, 1);
  assert.match(stdout, /^ℹ pass 201$/m);
  assert.match(stdout, /^ℹ fail 1$/m);
  assert.match(stdout, /kept\.test\.mjs was ended: TCPServerWrap kept it alive$/m);
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
