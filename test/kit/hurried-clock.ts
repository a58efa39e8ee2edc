// A clock by which long waits pass quickly while the test hurries it, for what takes minutes of waiting alone: a backoff that
// grows to its limit. Short waits stay as they are, since something has to happen in them: an answer has to come.
import type { Clock } from "../../platform/clock.ts";

export interface HurriedClock extends Clock {
  /** From now on time passes so many times as fast. */
  hurry(factor: number): void;
}

const longMs = 2000;

export function createHurriedClock(clock: Clock): HurriedClock {
  let factor = 1;
  let gainedMs = 0;
  let sinceMs = clock.now().waitMs;

  function passedMs(nowMs: number): number {
    return gainedMs + (nowMs - sinceMs) * (factor - 1);
  }

  return {
    hurry(by) {
      const nowMs = clock.now().waitMs;
      gainedMs = passedMs(nowMs);
      sinceMs = nowMs;
      factor = by;
    },
    now() {
      const moment = clock.now();
      const aheadMs = passedMs(moment.waitMs);
      return { ...moment, waitMs: moment.waitMs + aheadMs, actMs: moment.actMs + aheadMs };
    },
    schedule: (delayMs, callback) => clock.schedule(shortened(delayMs), callback),
    sleep: (delayMs, signal) => clock.sleep(shortened(delayMs), signal),
  };

  function shortened(delayMs: number): number {
    return delayMs < longMs ? delayMs : delayMs / factor;
  }
}
