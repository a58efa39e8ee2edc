// A program that ends does end: Node can wait for ever for a thread that compiles (decision 30). It takes many ends at a time on
// too few cores to show, so this runs alone.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const ends = 150;
const atATime = 12;
// The rest of what decision 30 is about, which cannot be set by the programs themselves.
const maglevFlag = "--no-maglev-build-code-on-background";
// One takes half a second of processor time.
const limitMs = 60_000;

for (const [program, flag] of [
  ["operator/agent.ts", "--agent-port"],
  ["sidecar/main.ts", "--leader-port"],
] as const) {
  test(`${program} ends, each of ${ends} times`, async () => {
    let left = ends;
    const codes = new Map<unknown, number>();
    async function runSome(): Promise<void> {
      while (left > 0) {
        left -= 1;
        const child = spawn(process.execPath, [maglevFlag, program, flag, "high"], {
          cwd: root,
          env: {},
          stdio: "ignore",
          signal: AbortSignal.timeout(limitMs),
          killSignal: "SIGKILL",
        });
        child.once("error", () => undefined); // the abort: the exit code below tells of it
        const [code, by] = (await once(child, "close")) as [number | null, string | null];
        codes.set(code ?? by, (codes.get(code ?? by) ?? 0) + 1);
      }
    }
    await Promise.all(Array.from({ length: atATime }, runSome));
    assert.deepEqual([...codes], [[2, ends]]);
  });
}
