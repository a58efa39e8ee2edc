// What a pod's clocks gain in a tick, or when somebody sets its wall clock, as the production code that folds raw clocks into
// moments makes of it. Each gain is taken alone: that code follows every change of the difference between two clocks, so
// what it gains next does not depend on what it has gained before.
import { createMoments, type RawClocks } from "../../platform/clock.ts";
import { baseMs, tickMs } from "./small-world.ts";

export type ClockStep = "tick" | "tick asleep" | "set forward" | "set back";

export interface Gain {
  readonly waitMs: number;
  readonly actMs: number;
}

/** By how far somebody sets a wall clock: a whole validity. */
const setMs = 2 * tickMs;

const raw: Readonly<Record<ClockStep, RawClocks>> = {
  tick: { monotonicMs: tickMs, bootMs: tickMs, wallMs: tickMs },
  "tick asleep": { monotonicMs: 0, bootMs: tickMs, wallMs: tickMs },
  "set forward": { monotonicMs: 0, bootMs: 0, wallMs: setMs },
  "set back": { monotonicMs: 0, bootMs: 0, wallMs: -setMs },
};

const gains = new Map<ClockStep, Gain>();

export function gained(step: ClockStep): Gain {
  const known = gains.get(step);
  if (known) return known;
  let reading: RawClocks = { monotonicMs: baseMs, bootMs: baseMs, wallMs: baseMs };
  const now = createMoments(() => reading);
  const before = now();
  const { monotonicMs, bootMs, wallMs } = raw[step];
  reading = { monotonicMs: baseMs + monotonicMs, bootMs: baseMs + bootMs, wallMs: baseMs + wallMs };
  const after = now();
  const gain = { waitMs: after.waitMs - before.waitMs, actMs: after.actMs - before.actMs };
  gains.set(step, gain);
  return gain;
}
