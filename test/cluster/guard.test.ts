// What is under guard ends with the process that started it, even one that is killed and can do nothing about it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../../platform/clock.ts";

const program = fileURLToPath(new URL("guarded-program-fixture.ts", import.meta.url));
const clock = createSystemClock();

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // the question was whether it is there
  }
}

for (const signal of ["SIGKILL", "SIGINT"] as const) {
  test(`${signal} of a test leaves neither its children nor their folder`, async () => {
    const directory = mkdtempSync(join(tmpdir(), "bindy-guard-"));
    const parent = spawn(process.execPath, [program, directory], { stdio: ["ignore", "pipe", "inherit"] });
    const [printed] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(printed.toString());
    assert.ok(isThere(pid));
    parent.kill(signal);
    await once(parent, "exit");
    const startedMs = clock.now().waitMs;
    while (isThere(pid) || existsSync(directory)) {
      assert.ok(clock.now().waitMs - startedMs < 30_000, "it is still there");
      await clock.sleep(20);
    }
  });
}
