// What an observer makes of what it has seen: the safety of the whole, judged from outside.
import type { Effect } from "./fault-proxy.ts";

/** A stretch of time during which a pod's gate was open; `toMs` is null while it still is. */
export interface Opening {
  readonly pod: string;
  readonly fromMs: number;
  toMs: number | null;
}

// Between the moment of a write and its arrival here lies the scheduling of two processes on a busy machine. What it may
// not come near is the margin between the renew deadline and the lease's duration, 5 s at the guide's times.
const arrivalMs = 1000;

/** Sentences, one for each thing that must never happen and did. */
export function violationsOf(openings: readonly Opening[], effects: readonly Effect[]): readonly string[] {
  return [...overlapsOf(openings), ...interleavingsOf(effects), ...latecomersOf(effects)];
}

function overlapsOf(openings: readonly Opening[]): string[] {
  const found: string[] = [];
  for (const [at, one] of openings.entries()) {
    for (const other of openings.slice(at + 1)) {
      const isApart = ends(one) <= other.fromMs || ends(other) <= one.fromMs;
      if (one.pod !== other.pod && !isApart) {
        found.push(`two gates open: ${JSON.stringify(one)} and ${JSON.stringify(other)}`);
      }
    }
  }
  return found;
}

function ends(opening: Opening): number {
  return opening.toMs ?? Number.POSITIVE_INFINITY;
}

function interleavingsOf(effects: readonly Effect[]): string[] {
  let largest = 0n;
  const found: string[] = [];
  for (const { fencingToken, pod, wallMs } of effects) {
    if (fencingToken < largest)
      found.push(`${pod} wrote under ${fencingToken} after ${largest}, at ${wallMs}`);
    if (fencingToken > largest) largest = fencingToken;
  }
  return found;
}

function latecomersOf(effects: readonly Effect[]): string[] {
  return effects
    .filter(({ wallMs, promiseUntilMs }) => !(wallMs <= promiseUntilMs + arrivalMs))
    .map(
      ({ pod, wallMs, promiseUntilMs }) =>
        `${pod} wrote at ${wallMs} under a promise until ${promiseUntilMs}`,
    );
}
