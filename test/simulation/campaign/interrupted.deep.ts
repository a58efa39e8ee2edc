// A campaign that was interrupted and resumed has seen exactly what an uninterrupted one sees.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { program, simulate, stormsOf, useFolder } from "./campaign-fixture.ts";
import type { CampaignState } from "./state.ts";
import type { Summary } from "./summary.ts";

const fileOf = useFolder();

test("a campaign that is interrupted keeps its state; resumed, it has seen what one in one piece sees", async () => {
  const state = fileOf("campaign.json");
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
  const whole = stormsOf(seeds);
  for (const [name, value] of Object.entries(whole)) {
    assert.deepEqual(seen[name as keyof Summary], value, name);
  }
  assert.equal(existsSync(`${state}.new`), false);

  writeFileSync(state, JSON.stringify({ ...kept, sources: "of another day" }));
  const stale = simulate("--resume", "--state", state);
  assert.equal(stale.status, 2);
  assert.match(stale.stderr, /is of other sources than these; begin anew with --seeds/);
});
