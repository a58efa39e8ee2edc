// What is tried again later, by name. One try at a time: a zone that changes all the while has no more of them than any other.
import type { Clock } from "../../platform/clock.ts";

/** For a text that named refused: it will mostly be refused again; but what was in its way may have been something else. */
export const failedRetryMs = 60_000;

export interface Retries {
  /** Calls `act` after a while, in place of what was to be called under this name. */
  after(name: string, delayMs: number, act: () => void): void;
  cancel(name: string): void;
  /** Calls off everything. */
  close(): void;
}

export function createRetries(clock: Clock): Retries {
  /** By name, what calls off the next try. */
  const waiting = new Map<string, () => void>();

  function cancel(name: string): void {
    waiting.get(name)?.();
    waiting.delete(name);
  }

  return {
    after(name, delayMs, act) {
      cancel(name);
      const callOff = clock.schedule(delayMs, () => {
        waiting.delete(name);
        act();
      });
      waiting.set(name, callOff);
    },
    cancel,
    close() {
      for (const callOff of waiting.values()) callOff();
      waiting.clear();
    },
  };
}
