// Lines as they are written: what an error keeps in them, and what it does not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const module = fileURLToPath(new URL("log.ts", import.meta.url));

function written(script: string): Record<string, unknown> {
  const run = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", `const { createLog } = await import(${JSON.stringify(module)});${script}`],
    { encoding: "utf8" },
  );
  return JSON.parse(run.stdout) as Record<string, unknown>;
}

test("an error with a code is what can be expected: its message and causes, and no stack", () => {
  const line = written(`
    const cause = Object.assign(new Error("nothing listens"), { code: "ECONNREFUSED" });
    const error = Object.assign(new Error("away", { cause }), { code: "API_UNREACHABLE" });
    createLog("info", { pod: "a" }).warn("It failed", { error });`);
  assert.deepEqual(line["error"], {
    type: "Error",
    message: "away",
    code: "API_UNREACHABLE",
    cause: { type: "Error", message: "nothing listens", code: "ECONNREFUSED" },
  });
  assert.deepEqual([line["level"], line["message"], line["pod"]], ["warn", "It failed", "a"]);
});

test("an error without a code, or with one of Node's for a mistake of ours, keeps its stack", () => {
  for (const made of [
    'new TypeError("x")',
    'Object.assign(new TypeError("x"), { code: "ERR_INVALID_ARG_TYPE" })',
  ]) {
    const { error } = written(`createLog("info", {}).error("odd", { error: ${made} });`);
    assert.match(String((error as { stack?: string }).stack), /^TypeError.*\n.* at /);
  }
});
