// Samples and what is said of them.

export interface Samples {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** The value below which `fraction` of the samples lie (nearest rank). */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  const rank = Math.max(1, Math.ceil(fraction * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** One row for each set of samples: how many, median, 99th percentile, largest. */
export function markdownTable(rows: readonly (Samples & { readonly wanted: string })[]): string {
  const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
  const lines = rows.map(({ name, unit, values, wanted }) => {
    const figures = [percentile(values, 0.5), percentile(values, 0.99), Math.max(...values)].map(round);
    return `| ${name} | ${unit} | ${values.length} | ${figures.join(" | ")} | ${wanted} |`;
  });
  return [
    "| what | unit | trials | p50 | p99 | max | aim |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

export function csv(rows: readonly Samples[]): string {
  const lines = rows.flatMap(({ name, unit, values }) => values.map((value) => `"${name}",${unit},${value}`));
  return `${["what,unit,value", ...lines].join("\n")}\n`;
}
