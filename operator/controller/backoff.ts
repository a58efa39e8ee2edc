// How long to wait before the next try: doubling, with a limit, and with enough chance in it that many who failed
// together do not return together. Pure but for the chance it is handed.
import type { Random } from "../../platform/random.ts";

export interface Backoff {
  readonly firstMs: number;
  readonly limitMs: number;
}

/** The delay in ms before the try after `failures` failures in a row (1 or more): half of it fixed, half of it chance. */
export function backoffMs({ firstMs, limitMs }: Backoff, failures: number, random: Random): number {
  // Beyond 2³⁰ a delay has long been at any limit, and the power must stay a number.
  const fullMs = Math.min(limitMs, firstMs * 2 ** Math.min(failures - 1, 30));
  const halfMs = Math.floor(fullMs / 2);
  return fullMs - halfMs + random.below(halfMs + 1);
}
