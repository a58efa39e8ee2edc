// The clocks of one machine of a world, through the production code that folds them into moments: its own offset and
// rate, a wall clock that people set, and suspends, which its monotonic clock does not notice.
import { createMoments, type Moment, type RawClocks } from "../../platform/clock.ts";
import type { Chance } from "./chance.ts";

export interface Machine {
  now(): Moment;
  /** True milliseconds that pass while `localMs` pass here. */
  trueMs(localMs: number): number;
  setWallClock(byMs: number): void;
}

export function createMachine(chance: Chance, trueNowMs: () => number): Machine {
  const rate = chance.between(0.97, 1.03);
  const offsetMs = chance.between(0, 1e6);
  let wallOffsetMs = 1.7e12 + chance.between(-1e8, 1e8);
  function read(): RawClocks {
    const monotonicMs = offsetMs + trueNowMs() * rate;
    return { monotonicMs, bootMs: Math.floor(monotonicMs / 10) * 10, wallMs: wallOffsetMs + monotonicMs };
  }
  return {
    now: createMoments(read),
    trueMs: (localMs) => localMs / rate,
    setWallClock(byMs) {
      wallOffsetMs += byMs;
    },
  };
}
