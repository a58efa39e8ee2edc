// What costs something to make and is asked for by anybody: made once, kept for a while, and never made twice at a time,
// however many ask.
import type { Clock } from "../platform/clock.ts";

/** A Prometheus that asks more often than every second learns nothing from it; nor does a kubelet, whose least is one. */
export const keptMs = 1000;

/** Gives what `make` made last, unless that was more than `keptMs` ago; a failure is kept as well. */
export function createKept<T>(make: () => Promise<T>, clock: Clock): () => Promise<T> {
  let kept: { readonly made: Promise<T>; untilMs: number } | null = null;
  return () => {
    const { waitMs } = clock.now();
    if (kept !== null && waitMs < kept.untilMs) return kept.made;
    const made = make();
    const making = { made, untilMs: Number.POSITIVE_INFINITY };
    kept = making;
    const finish = (): void => {
      making.untilMs = clock.now().waitMs + keptMs;
    };
    made.then(finish, finish);
    return made;
  };
}
