// The kinds of worlds, by the name that the command line and the summary use.
import { runCalmWorld } from "./calm-world.ts";
import type { WorldOptions, WorldOutcome } from "./outcome.ts";
import { runWorld } from "./world.ts";

export type WorldKind = "storm" | "calm";

export const worldKinds: readonly WorldKind[] = ["storm", "calm"];

/** Runs one world: the same one every time for the same kind and seed. */
export function runWorldOf(kind: WorldKind, seed: number, options: WorldOptions = {}): WorldOutcome {
  return kind === "storm" ? runWorld(seed, options) : runCalmWorld(seed, options);
}
