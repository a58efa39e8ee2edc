// The clocks of one machine of a world, through the production code that folds them into moments: its own offset and
// rate, a wall clock that people set, and suspends, which its monotonic clock does not notice.
import { createMoments, type Moment, type RawClocks } from "../../platform/clock.ts";
import type { Chance } from "../model/chance.ts";

export interface Machine {
  /** A clock as one process has it: what it gained between two readings, only its own readings show. */
  newClock(): () => Moment;
  /** True milliseconds that pass while `localMs` pass here. */
  trueMs(localMs: number): number;
  setWallClock(byMs: number): void;
  /** From now on, for `forMs` of true time, nothing runs here and monotonic time stands still. */
  suspend(forMs: number): void;
}

export function createMachine(chance: Chance, trueNowMs: () => number): Machine {
  const rate = chance.between(0.97, 1.03);
  const offsetMs = chance.between(0, 1e6);
  let wallOffsetMs = 1.7e12 + chance.between(-1e8, 1e8);
  let sleptMs = 0;
  let asleep: { fromMs: number; untilMs: number } | null = null;

  function read(): RawClocks {
    const nowMs = trueNowMs();
    if (asleep !== null && nowMs >= asleep.untilMs) {
      sleptMs += asleep.untilMs - asleep.fromMs;
      asleep = null;
    }
    const sleepingMs = sleptMs + (asleep === null ? 0 : nowMs - asleep.fromMs);
    const monotonicMs = offsetMs + (nowMs - sleepingMs) * rate;
    const bootMs = offsetMs + nowMs * rate;
    return { monotonicMs, bootMs: Math.floor(bootMs / 10) * 10, wallMs: wallOffsetMs + bootMs };
  }

  return {
    newClock: () => createMoments(read),
    trueMs: (localMs) => localMs / rate,
    setWallClock(byMs) {
      wallOffsetMs += byMs;
    },
    suspend(forMs) {
      read();
      asleep ??= { fromMs: trueNowMs(), untilMs: trueNowMs() + forMs };
    },
  };
}
