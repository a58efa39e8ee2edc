// A campaign that was interrupted and resumed has seen exactly what an uninterrupted one sees.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { runWorldOf } from "../worlds.ts";
import type { CampaignState } from "./state.ts";
import { addWorld, emptySummary, type Summary } from "./summary.ts";

const program = fileURLToPath(new URL("../main.ts", import.meta.url));
let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "simulate-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function simulate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
}

function worldsOf(seeds: number): Summary {
  const summary = emptySummary();
  for (let seed = 1; seed <= seeds; seed += 1) addWorld(summary, "storm", seed, runWorldOf("storm", seed));
  return summary;
}

test("a campaign that is interrupted keeps its state; resumed, it has seen what one in one piece sees", async () => {
  const state = join(folder, "campaign.json");
  const seeds = 400;
  const child = spawn(
    process.execPath,
    [program, "--seeds", String(seeds), "--world", "storm", "--workers", "2", "--state", state],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = once(child, "close") as Promise<[number | null]>;
  await once(child.stderr, "data");
  child.kill("SIGINT");
  assert.deepEqual((await ended)[0], 130);
  assert.match(output, /^seeds +\d+ of 400, from 1, worlds: storm$/m);
  const kept = JSON.parse(readFileSync(state, "utf8")) as CampaignState;
  assert.ok(kept.nextSeed > 1 && kept.nextSeed <= seeds, `interrupted at seed ${kept.nextSeed}`);
  assert.equal(kept.summary.worlds, kept.nextSeed - 1);

  const resumed = simulate("--resume", "--state", state, "--json");
  assert.equal(resumed.status, 0, resumed.stderr);
  const seen = JSON.parse(resumed.stdout) as Summary & { isDone: boolean };
  assert.equal(seen.isDone, true);
  const whole = worldsOf(seeds);
  for (const [name, value] of Object.entries(whole)) {
    assert.deepEqual(seen[name as keyof Summary], value, name);
  }
  assert.equal(existsSync(`${state}.new`), false);

  writeFileSync(state, JSON.stringify({ ...kept, sources: "of another day" }));
  const stale = simulate("--resume", "--state", state);
  assert.equal(stale.status, 2);
  assert.match(stale.stderr, /is of other sources than these; begin anew with --seeds/);
});
