// `npm test` that is told to end leaves neither files nor processes behind.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "./kit/sidecar-cluster.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

test("a run that is ended in the middle", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bindy-ended-run-"));
  const child = spawn(process.execPath, ["scripts/test.ts", "test/process/early-end"], {
    cwd: root,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: folder },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  await eventually(() => programsOf(folder).length > 0, "it has started a program");
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [130, null]);
  assert.deepEqual(readdirSync(folder), []);
  await eventually(() => programsOf(folder).length === 0, "its programs have ended");
  rmSync(folder, { recursive: true });
});

/** The processes whose arguments speak of a file in `folder`: on Linux; elsewhere the folder itself is what is seen. */
function programsOf(folder: string): readonly string[] {
  if (process.platform !== "linux") return globSync(join(folder, "*", "bindy-early-end-*"));
  return readdirSync("/proc").filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, "utf8").includes(folder);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}
