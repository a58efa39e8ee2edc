// Time, as everything here reads it. Two kinds of question are asked of a clock and they want different answers
// (protocol, rule 4): what ends our *right to act* must also count time during which this machine slept, what ends
// a *wait* for somebody else must never be shortened by a clock that jumps. So a moment carries both.
import { performance } from "node:perf_hooks";
import { createBootClock } from "./boot-clock.ts";

/** One reading of all clocks. Only differences of `waitMs` and of `actMs` mean anything. */
export interface Moment {
  /** Monotonic time, in ms: for waits (a lease that must run out, a promise given to somebody else). */
  readonly waitMs: number;
  /** Time that ends a right to act, in ms: never behind monotonic, boot or wall-clock time, and never goes back. */
  readonly actMs: number;
  /** Wall-clock time since the epoch, in ms. For records that people read; never compared with anything. */
  readonly wallMs: number;
}

/** What the operating system offers, in ms each. */
export interface RawClocks {
  readonly monotonicMs: number;
  readonly bootMs: number;
  readonly wallMs: number;
}

export interface Clock {
  now(): Moment;
  /** Calls back once after `delayMs` of monotonic time; the returned function calls it off. */
  schedule(delayMs: number, callback: () => void): () => void;
  /** Resolves after `delayMs`, or at once when `signal` aborts; it never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

// Boot time advances in steps of 10 ms; an excess within two steps is its grain and not a suspend.
const grainMs = 20;
// The longest delay setTimeout takes; anything longer fires at once.
const longestTimeoutMs = 2 ** 31 - 1;

/**
 * Folds raw readings into moments. The act clock is monotonic time plus all that another clock ever gained on it:
 * a suspend (boot time gains) or a wall clock set forward moves it on, one set back does not move it back.
 */
export function createMoments(read: () => RawClocks): () => Moment {
  const first = read();
  let gainedMs = 0;
  let bootLeadMs = first.bootMs - first.monotonicMs;
  let wallLeadMs = first.wallMs - first.monotonicMs;
  return () => {
    const { monotonicMs, bootMs, wallMs } = read();
    const bootGainMs = bootMs - monotonicMs - bootLeadMs;
    const wallGainMs = wallMs - monotonicMs - wallLeadMs;
    gainedMs += Math.max(0, bootGainMs, wallGainMs);
    bootLeadMs = followed(bootLeadMs, bootGainMs);
    wallLeadMs = followed(wallLeadMs, wallGainMs);
    return { waitMs: monotonicMs, actMs: monotonicMs + gainedMs, wallMs };
  };
}

/** A lead goes up with every gain, and down only when the loss is more than the grain of a clock. */
function followed(leadMs: number, gainMs: number): number {
  return gainMs > 0 || gainMs < -grainMs ? leadMs + gainMs : leadMs;
}

// One for the process, however many clocks it makes.
const readBootMs = createBootClock();

/** The clock of this machine. */
export function createSystemClock(): Clock {
  const now = createMoments(() => ({
    monotonicMs: performance.now(),
    bootMs: readBootMs(),
    wallMs: Date.now(),
  }));
  function schedule(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), longestTimeoutMs));
    return () => clearTimeout(timer);
  }
  function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal?.aborted) return Promise.resolve();
    const finish = (): void => {
      cancel();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = schedule(delayMs, finish);
    signal?.addEventListener("abort", finish, { once: true });
    return promise;
  }
  return { now, schedule, sleep };
}
