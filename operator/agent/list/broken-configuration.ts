// For how long a configuration that named does not take at all is left alone: somebody mends it, and waits for that.
import type { Clock } from "../../../platform/clock.ts";
import type { Log } from "../../../platform/log.ts";

export interface BrokenConfiguration {
  /** Why named does not take it; null where it is to be tried, or is not known to be broken. */
  why(): string | null;
  /** In how many ms it is to be tried again; Infinity where it is not known to be broken. */
  leftMs(): number;
  /** Notes that named did not take it; each time in a row it is left alone for longer. */
  met(why: string): void;
  /** Has it tried at once; `isTaken`: named has taken it. */
  over(isTaken: boolean): void;
}

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

export function createBrokenConfiguration(clock: Clock, log: Log): BrokenConfiguration {
  let pauseMs = 0;
  let met: { readonly why: string; readonly untilMs: number } | null = null;
  const nowMs = (): number => clock.now().waitMs;
  const leftMs = (): number => (met === null ? Infinity : Math.max(0, met.untilMs - nowMs()));

  return {
    why: () => (met !== null && leftMs() > 0 ? met.why : null),
    leftMs,
    met(why) {
      pauseMs = Math.min(longestPauseMs, Math.max(firstPauseMs, 2 * pauseMs));
      if (met?.why !== why) log.error("named takes no list of zones, also not the last one", { reason: why });
      met = { why, untilMs: nowMs() + pauseMs };
    },
    over(isTaken) {
      met = null;
      if (isTaken) pauseMs = 0;
    },
  };
}
