// When a lease that is not ours may be taken. The safety of the whole project rests on these few lines: rules 2, 7, 8
// and 9 of the protocol.
import type { Election } from "./election.ts";
import { incumbentGraceMs, type ElectionSettings } from "./settings.ts";

export type Freedom =
  /** May be taken from that moment on (monotonic ms); Infinity: not while the record stays as it is. */
  { readonly atMs: number; readonly how: "missing" | "created-empty" | "released" | "own" | "expired" };

/** Judges the last record seen, for a candidate that does not hold it. Null before the first reading. */
export function freedomOf(election: Election, settings: ElectionSettings): Freedom | null {
  const { observation, longestDurationMs, isOwnFromBefore, wasEverHeld } = election;
  if (observation === null) return null;
  const { record, changedAtMs, isBlind, graceUntilMs } = observation;
  // A candidate that creates a lease settles first, so safety asks for no wait. But where there was a holder, it may be the
  // incumbent's to put back, and that one need not settle: it learns of the deletion by its next renewal.
  if (record === null) {
    return { atMs: changedAtMs + (wasEverHeld ? incumbentGraceMs(settings) : 0), how: "missing" };
  }
  if (record.isCoordinated) return { atMs: Number.POSITIVE_INFINITY, how: "expired" };
  if (isOwnFromBefore) return { atMs: changedAtMs, how: "own" };
  if (record.holder === "" && record.isCreatedEmpty && !wasEverHeld) {
    return { atMs: changedAtMs, how: "created-empty" };
  }
  if (record.holder === "" && record.mark?.isReleased && !record.mark.isSettling) {
    return { atMs: changedAtMs, how: "released" };
  }
  if (isBlind) return { atMs: Number.POSITIVE_INFINITY, how: "expired" };
  return { atMs: Math.max(changedAtMs + longestDurationMs, graceUntilMs ?? 0), how: "expired" };
}

/** Whether a term that begins on this record must settle before it may lead (rule 8). */
export function mustSettle(election: Election): boolean {
  const record = election.observation?.record ?? null;
  return record === null || record.mark?.isSettling === true;
}
