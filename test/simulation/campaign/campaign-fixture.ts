// What tests of campaigns share: the program as a process, a folder for its states, and worlds summed up here.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { runWorldOf } from "../worlds.ts";
import { addWorld, emptySummary, type Summary } from "./summary.ts";

export const program = fileURLToPath(new URL("../main.ts", import.meta.url));

/** A path in a folder that lasts as long as the tests of the file that calls this. */
export function useFolder(): (name: string) => string {
  let folder = "";
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "simulate-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** Runs a campaign to its end. */
export function simulate(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, ...args], { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
}

/** The storms of the first `seeds` seeds, as a campaign sums them up. */
export function stormsOf(seeds: number): Summary {
  const summary = emptySummary();
  for (let seed = 1; seed <= seeds; seed += 1) addWorld(summary, "storm", seed, runWorldOf("storm", seed));
  return summary;
}
