// The tables of the operator's bench: each figure beside its aim, and what people use instead beside the operator.
import { percentile, type Samples } from "../trials.ts";
import { figure } from "../side-by-side/report.ts";

export interface Figure extends Samples {
  readonly aim?: Aim;
}

export interface Aim {
  readonly text: string;
  isReached(values: readonly number[]): boolean;
}

export function atMost(most: number): Aim {
  return { text: `≤ ${figure(most)}`, isReached: (values) => Math.max(...values) <= most };
}

/** For whole runs, where not every sample must be small. */
export function ninetyNinthAtMost(most: number): Aim {
  return { text: `p99 ≤ ${figure(most)}`, isReached: (values) => percentile(values, 0.99) <= most };
}

/** The same, and for the usual sample. */
export function percentilesAtMost(median: number, ninetyNinth: number): Aim {
  return {
    text: `p50 ≤ ${figure(median)}, p99 ≤ ${figure(ninetyNinth)}`,
    isReached: (values) => percentile(values, 0.5) <= median && percentile(values, 0.99) <= ninetyNinth,
  };
}

export function aimTable(figures: readonly Figure[]): string {
  const lines = figures.map(({ name, unit, values, aim }) => {
    const reached = aim === undefined ? "" : aim.isReached(values) ? "yes" : "**no**";
    const cells = [name, unit, String(values.length), ...shown(values), aim?.text ?? "–", reached];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "| what | unit | samples | p50 | p99 | max | aim | reached |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** `ours` beside each of `others`, and how many times its figure theirs are. */
export function ratioTable(ours: Samples, others: readonly Samples[]): string {
  const ratio = (values: readonly number[], fraction: number): string =>
    figure(percentile(values, fraction) / percentile(ours.values, fraction));
  const rows = [ours, ...others].map(({ name, values }) => {
    const ratios = [0.5, 0.99].map((fraction) => ratio(values, fraction));
    return `| ${[name, String(values.length), ...shown(values), ...ratios].join(" | ")} |`;
  });
  return [
    `| ${ours.unit} | samples | p50 | p99 | max | ÷ ${ours.name}, p50 | p99 |`,
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function shown(values: readonly number[]): readonly string[] {
  return [percentile(values, 0.5), percentile(values, 0.99), Math.max(...values)].map(figure);
}
