// One candidate's knowledge of the record: what it says, and when its last change was *received* here. A takeover is
// timed by that alone, never by the times in the record (rule 2).
import type { LeaseRecord } from "./lease-record.ts";
import { isSameRecord } from "./lease-record.ts";

export interface Observation {
  /** null: there is no Lease. */
  readonly record: LeaseRecord | null;
  /** Monotonic ms at which the last change was received. */
  readonly changedAtMs: number;
  /** A GET has failed while the record stood still: we may be the ones who are cut off. */
  readonly isBlind: boolean;
  /** Monotonic ms before which the incumbent of this unchanged record is left alone; null while that was not needed. */
  readonly graceUntilMs: number | null;
}

/** Takes in a reading. An unchanged record keeps its age, and only its resourceVersion is renewed. */
export function observed(
  previous: Observation | null,
  record: LeaseRecord | null,
  receivedAtMs: number,
): Observation {
  if (previous !== null && isSameRecord(previous.record, record)) return { ...previous, record };
  return { record, changedAtMs: receivedAtMs, isBlind: false, graceUntilMs: null };
}

/** A GET has failed. */
export function blinded(observation: Observation): Observation {
  return observation.isBlind || observation.graceUntilMs !== null
    ? observation
    : { ...observation, isBlind: true };
}

/** A GET has succeeded: a blind spell is followed by one grace, once per unchanged record. */
export function unblinded(observation: Observation, nowMs: number, graceMs: number): Observation {
  return observation.isBlind
    ? { ...observation, isBlind: false, graceUntilMs: nowMs + graceMs }
    : observation;
}
