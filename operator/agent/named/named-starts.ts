// Notices that named has started anew: killed for its memory, say. It reads all files by itself then; whether it serves what it
// read is to be shown again, and until then the pod is not ready.
import type { Clock } from "../../../platform/clock.ts";
import type { Troubles } from "../../../platform/troubles.ts";
import type { NamedControl } from "./named-control.ts";

export interface NamedStartsOptions {
  readonly named: Pick<NamedControl, "start">;
  readonly clock: Clock;
  readonly troubles: Troubles;
  /** Told of every start but the first one that is seen. */
  onStart(): void;
  /** Told at each look at which none runs, with for how long none has, in ms. One that ends at once does not count as one that ran. */
  onAway?(awayMs: number): void;
}

const lookMs = 1000;
const source = "named";

/** Looks until `signal` aborts; never rejects. */
export async function followStarts(options: NamedStartsOptions, signal: AbortSignal): Promise<void> {
  const { named, clock, troubles, onStart, onAway = () => {} } = options;
  let last: string | null = null;
  let ranMs = clock.now().waitMs;
  while (!signal.aborted) {
    try {
      const start = await named.start();
      if (start !== null && last !== null && start !== last) onStart();
      if (start !== null && start === last) ranMs = clock.now().waitMs;
      if (start === null) onAway(clock.now().waitMs - ranMs);
      last = start ?? last;
      troubles.over(source);
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      troubles.met(source, `named ${code}`, `Whether named runs cannot be read: ${message}`);
    }
    await clock.sleep(lookMs, signal);
  }
}
