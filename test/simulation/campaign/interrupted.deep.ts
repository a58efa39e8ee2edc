// A campaign that was interrupted and resumed has seen exactly what an uninterrupted one sees.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { eventually } from "../../kit/eventually.ts";
import { startProgram } from "../../kit/program.ts";
import { program, simulate, stormsOf, useFolder } from "./campaign-fixture.ts";
import type { CampaignState } from "./state.ts";
import type { Summary } from "./summary.ts";

const fileOf = useFolder();

test("a campaign that is interrupted keeps its state; resumed, it has seen what one in one piece sees", async () => {
  const state = fileOf("campaign.json");
  const seeds = 400;
  const flags = ["--seeds", String(seeds), "--world", "storm", "--workers", "2", "--state", state];
  const { child, output, exited } = startProgram([program, ...flags]);
  await eventually(() => output() !== "", "it says how far it is");
  child.kill("SIGINT");
  assert.equal(await exited, 130);
  assert.match(output(), /^seeds +\d+ of 400, from 1, worlds: storm$/m);
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
