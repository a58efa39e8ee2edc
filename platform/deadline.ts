// A bound in time for anything that takes an AbortSignal.
import type { Clock } from "./clock.ts";

export interface Deadline {
  /** Aborts when the time is up or when the outer signal does. */
  readonly signal: AbortSignal;
  /** True if it was the time that ran out. */
  isOver(): boolean;
  /** Starts the time anew. */
  extend(): void;
  /** Must be called when the work is done. */
  end(): void;
}

/** Starts a deadline `delayMs` from now, of monotonic time. */
export function startDeadline(clock: Clock, delayMs: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  let isOver = false;
  const abort = (): void => controller.abort(outer?.reason);
  const expire = (): void => {
    isOver = true;
    controller.abort(new Error(`no answer within ${Math.round(delayMs)} ms`));
  };
  let cancel = clock.schedule(delayMs, expire);
  if (outer?.aborted) abort();
  else outer?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    isOver: () => isOver,
    extend: () => {
      cancel();
      if (!controller.signal.aborted) cancel = clock.schedule(delayMs, expire);
    },
    end: () => {
      cancel();
      outer?.removeEventListener("abort", abort);
    },
  };
}

/**
 * What `work` comes to, unless `signal` aborts first: its reason is thrown then. Undici heeds an abort only once a request has
 * a connection, and one that still waits for it must not be waited for.
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: abortion, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, abortion]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Waits for `work`, and no longer than `limitMs` of monotonic time. Rejects as `work` does in that time. */
export async function atMost(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([work, clock.sleep(limitMs, over.signal)]);
  } finally {
    // A timer that is left would keep a process that ends here.
    over.abort();
  }
}
