// Shares the event loop. Long work is done in slices, and between two of them the loop turns, so that whatever else lives on it
// is served: sockets, timers, and first of all the gate's conversation with its sidecar. All who work on one loop share one
// pace: together they hold it for one slice, and those who wait for the next go on in the order in which they came.
import type { WorkClock } from "../../platform/work-clock.ts";

export interface Pace {
  /** Whether this turn of the loop has been held long enough. It reads a clock: worth asking every few dozen items, not for each. */
  isOver(): boolean;
  /** Resolves in a later turn of the loop, when it is the caller's to go on. */
  nextTurn(): Promise<void>;
}

// How long work may hold the event loop, on which the gate's conversation lives: an aim of 100 ms, and room for what is in no slice.
const usualSliceMs = 8;

/** Creates a pace; together all who keep to it hold the loop for about `sliceMs` at a time. */
export function createPace(clock: WorkClock, sliceMs = usualSliceMs): Pace {
  const waiting: (() => void)[] = [];
  /** When the work of this turn began; null while it has not. */
  let beganAtMs: number | null = null;

  function isOver(): boolean {
    const nowMs = clock.now().waitMs;
    if (beganAtMs === null) {
      beganAtMs = nowMs;
      // A timer that is due comes after the loop has looked at its sockets.
      clock.schedule(0, () => void begin());
    }
    return nowMs - beganAtMs >= sliceMs;
  }

  async function begin(): Promise<void> {
    beganAtMs = null;
    while (waiting.length > 0 && !isOver()) {
      waiting.shift()?.();
      // It works until it asks again or waits for something else; the next one goes on behind it.
      for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
    }
  }

  return {
    isOver,
    nextTurn() {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push(resolve);
      // Sees to it that a turn is coming.
      isOver();
      return promise;
    },
  };
}

// From a promise to the code behind an await of it is one of them, and one more for each function that hands it on.
const hops = 3;

/** Lets others have the loop, if it has been held long enough. */
export async function turnIfOver(pace: Pace): Promise<void> {
  if (pace.isOver()) await pace.nextTurn();
}

/**
 * Walks through the steps of a computation, and lets the loop turn in between as often as it takes. Where `signal` has aborted meanwhile it
 * throws the reason: a term that is over waits for no computation.
 */
export async function inSlices<T>(pace: Pace, steps: Iterator<void, T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    if (pace.isOver()) await pace.nextTurn();
    signal.throwIfAborted();
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
