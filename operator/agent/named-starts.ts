// Notices that named has started anew: killed for its memory, say. It reads all files by itself then; whether it serves what it
// read is to be shown again, and until then the pod is not ready.
import type { Clock } from "../../platform/clock.ts";
import type { Troubles } from "../../platform/troubles.ts";
import type { NamedControl } from "./named-control.ts";

export interface NamedStartsOptions {
  readonly named: NamedControl;
  readonly clock: Clock;
  readonly troubles: Troubles;
  /** Told of every start but the first one that is seen. */
  onStart(): void;
}

const lookMs = 1000;
const source = "named";

/** Looks until `signal` aborts; never rejects. */
export async function followStarts(options: NamedStartsOptions, signal: AbortSignal): Promise<void> {
  const { named, clock, troubles, onStart } = options;
  let last: string | null = null;
  while (!signal.aborted) {
    try {
      const start = await named.start();
      if (start !== null && last !== null && start !== last) onStart();
      last = start ?? last;
      troubles.over(source);
    } catch (error) {
      const { code = "", message } = error as NodeJS.ErrnoException;
      troubles.met(source, `named ${code}`, `Whether named runs cannot be read: ${message}`);
    }
    await clock.sleep(lookMs, signal);
  }
}
