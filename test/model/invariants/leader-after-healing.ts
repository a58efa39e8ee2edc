// I4: once the faults have ended, a leader within the bound.
//
// The intuition: a pod that never leads breaks no promise, and is of no use. The bound is what the rules add up to at their
// worst: a full lease duration waited out, a settling on top of it, and the backoffs and the grace on the way.
import type { Actor } from "./one-open-gate.ts";
import type { Finding } from "./finding.ts";

/** For a lease duration of 15 s; `healMs` for a longer one. */
const usualHealMs = 75_000;

/** How long after healing (ms) somebody must lead, in a world whose longest lease duration is `longestMs`. */
export function healMs(longestMs: number): number {
  return usualHealMs + 2 * (longestMs - 15_000);
}

export function leaderAfterHealing(actors: readonly Actor[], nowMs: number, longestMs: number): Finding {
  if (actors.some((actor) => actor.openUntilMs() > nowMs)) return null;
  return `I4: no leader ${healMs(longestMs)} ms after healing`;
}
