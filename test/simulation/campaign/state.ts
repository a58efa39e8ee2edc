// A campaign's state on disk: what it set out to do, what of it is done, and what it has seen. Written whole to a file
// beside it and moved into place, so that it is never half a state.
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CampaignRange } from "./arguments.ts";
import type { Summary } from "./summary.ts";
import { worldSources } from "../../model/sources.ts";

export interface CampaignState {
  /** Of the code that ran, and of the simulation: sums of different code mean nothing. */
  readonly sources: string;
  readonly range: CampaignRange;
  /** Every seed from `range.from` on and before this one is done. */
  readonly nextSeed: number;
  /** Time spent on what is done, all runs together. */
  readonly seconds: number;
  readonly summary: Summary;
}

/** Where the state lies, from the project's root; ignored by git. */
export const stateFile = "test-results/simulation/campaign.json";

/** A hash of everything that decides what a seed means and what is asked of its world. */
export function hashSources(root: string): string {
  const hash = createHash("sha256");
  const files = worldSources
    .flatMap((path) => globSync(path.endsWith(".ts") ? path : `${path}/**/*.ts`, { cwd: root }))
    .filter((file) => !/(\.test|\.deep|-fixture)\.ts$/.test(file));
  for (const file of files.toSorted()) hash.update(`${file}\n${readFileSync(join(root, file), "utf8")}\n`);
  return hash.digest("hex");
}

export function writeState(path: string, state: CampaignState): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(unfinished, path);
}

/** The state to go on with, or why there is none. */
export function readState(path: string, sources: string): CampaignState | { readonly problem: string } {
  if (!existsSync(path)) return { problem: `--resume: there is no ${path}; begin with --seeds` };
  let state: CampaignState;
  try {
    state = JSON.parse(readFileSync(path, "utf8")) as CampaignState;
  } catch (error) {
    return {
      problem: `--resume: ${path} is no state (${(error as Error).message}); begin anew with --seeds`,
    };
  }
  if (state.sources !== sources) {
    return { problem: `--resume: ${path} is of other sources than these; begin anew with --seeds` };
  }
  return state;
}
