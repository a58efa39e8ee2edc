// Long walks through what many owners make up together, in slices. What one namespace sets off is done one after the other, so that all its walks
// wait for the loop as one; those of others go on beside it.
import type { Pace } from "./pace.ts";

export interface WalksOptions {
  readonly pace: Pace;
  /** What is walked through instead of more walks of one namespace than are kept. */
  everything(): Iterable<void>;
}

// Each is an object that changed. Beyond so many it is less to look at everything once.
const mostWaiting = 1000;
// Between two looks at the pace: a step may ask all zones of a name.
const stepsPerLook = 10;

/** Walks `steps` to their end: at once where nothing else of the namespace is under way, and as far as the pace allows. */
export type Walk = (namespace: string, steps: Iterable<void>) => void;

/** Creates walks that keep to one pace. */
export function createWalks({ pace, everything }: WalksOptions): Walk {
  /** By the namespaces of which one is under way, what comes after it. */
  const waiting = new Map<string, Iterable<void>[]>();

  async function run(namespace: string, first: Iterable<void>): Promise<void> {
    const next: Iterable<void>[] = [first];
    waiting.set(namespace, next);
    let seen = 0;
    for (let steps = next.shift(); steps !== undefined; steps = next.shift()) {
      for (const _ of steps) {
        seen += 1;
        if (seen % stepsPerLook === 0 && pace.isOver()) await pace.nextTurn();
      }
    }
    waiting.delete(namespace);
  }

  return (namespace, steps) => {
    const next = waiting.get(namespace);
    if (next === undefined) void run(namespace, steps);
    else if (next.length < mostWaiting) next.push(steps);
    else next.splice(0, next.length, everything());
  };
}
