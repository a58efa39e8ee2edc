// Keys that are not to be worked on before a server said so. Whatever changes meanwhile is worked on with them then: a record
// that changes a thousand times a minute is otherwise a thousand requests to a server that asked for none.
import type { WorkClock } from "../../platform/work-clock.ts";

export interface Holds {
  /** Holds a key back for `forMs`; for 0 not at all. */
  hold(key: string, forMs: number): void;
  /** How long a key has to wait still, in ms; 0 for one that is not held. */
  leftMs(key: string): number;
}

export function createHolds(clock: WorkClock): Holds {
  const untilMs = new Map<string, number>();
  return {
    hold(key, forMs) {
      if (forMs > 0) untilMs.set(key, clock.now().waitMs + forMs);
    },
    leftMs(key) {
      const until = untilMs.get(key);
      if (until === undefined) return 0;
      const leftMs = until - clock.now().waitMs;
      if (leftMs > 0) return leftMs;
      untilMs.delete(key);
      return 0;
    },
  };
}
