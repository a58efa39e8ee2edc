// Time for work that only waits and is timed. It does without boot time, on which a right to act depends and which is read from a
// file each time: of a full pass over twenty thousand objects those readings were a sixth. It cannot be asked for more by its type.
import { performance } from "node:perf_hooks";
import type { Clock, Moment } from "./clock.ts";

export interface WorkClock extends Pick<Clock, "schedule" | "sleep"> {
  now(): Pick<Moment, "waitMs" | "wallMs">;
}

/** This machine's, with the timers of `clock`. */
export function createWorkClock({ schedule, sleep }: Clock): WorkClock {
  return { now: () => ({ waitMs: performance.now(), wallMs: Date.now() }), schedule, sleep };
}
