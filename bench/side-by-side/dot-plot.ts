// A plot of all samples of one measurement as SVG: a dot each, a line at the median, a row for each
// contestant. Drawn by hand, since a page that shows it must need nothing else; readable on light and on
// dark.
import { percentile } from "../trials.ts";

export interface DotPlot {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const width = 760;
const left = 110;
const right = 30;
const top = 46;
const rowHeight = 62;
const bottom = 58;
// Where the largest value is this many times the smallest, a linear axis would show one of the two as a line at zero.
const logarithmicFrom = 20;

/** The SVG's text; throws when there is nothing to draw. */
export function dotPlot({ title, unit, rows }: DotPlot): string {
  const axis = axisFor(rows.flatMap(({ values }) => values));
  const height = top + rows.length * rowHeight + bottom;
  const floor = height - bottom;
  const grid = axis.ticks.map(({ at, label }) => {
    const x = place(at);
    return (
      `<line class="grid" x1="${x}" y1="${top}" x2="${x}" y2="${floor}"/>` +
      `<text class="tick" x="${x}" y="${floor + 18}" text-anchor="middle">${label}</text>`
    );
  });
  const drawn = rows.map(({ label, values }, row) => {
    const middle = top + (row + 0.5) * rowHeight;
    const dots = values.map((value, at) => {
      // Apart by their order alone: the same samples always make the same picture.
      const y = middle + (((at * 7) % 11) - 5) * 3;
      return `<circle class="row${row}" cx="${place(axis.share(value))}" cy="${y}" r="4"/>`;
    });
    const median = percentile(values, 0.5);
    const x = place(axis.share(median));
    return [
      `<text class="label" x="${left - 12}" y="${middle + 4}" text-anchor="end">${escaped(label)}</text>`,
      ...dots,
      `<line class="median" x1="${x}" y1="${middle - 24}" x2="${x}" y2="${middle + 24}">` +
        `<title>median ${median}</title></line>`,
    ].join("\n");
  });
  const scale = axis.isLogarithmic ? ", logarithmic" : "";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `role="img" aria-label="${escaped(title)}">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    `<text class="title" x="${left}" y="26">${escaped(title)}</text>`,
    ...grid,
    ...drawn,
    `<text class="tick" x="${(left + width - right) / 2}" y="${height - 14}" text-anchor="middle">` +
      `${escaped(unit)}${scale}; a dot is a sample, the line the median</text>`,
    "</svg>",
    "",
  ].join("\n");
}

const style = [
  ".paper{fill:#fff}.title{font:600 15px sans-serif;fill:#1f2328}.label{font:14px sans-serif;fill:#1f2328}",
  ".tick{font:12px sans-serif;fill:#57606a}.grid{stroke:#d8dee4}.median{stroke:#1f2328;stroke-width:2}",
  ".row0{fill:#0969da;fill-opacity:.6}.row1{fill:#bc4c00;fill-opacity:.6}",
  "@media(prefers-color-scheme:dark){.paper{fill:#0d1117}.title,.label{fill:#e6edf3}.tick{fill:#9198a1}",
  ".grid{stroke:#30363d}.median{stroke:#e6edf3}.row0{fill:#58a6ff}.row1{fill:#f0883e}}",
].join("");

function place(share: number): string {
  return (left + share * (width - left - right)).toFixed(1);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

interface Axis {
  readonly isLogarithmic: boolean;
  /** Of the axis's length, from 0 to 1. */
  share(value: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** An axis that holds all `values`: logarithmic where they are far apart and above zero, else linear from zero. */
export function axisFor(values: readonly number[]): Axis {
  if (values.length === 0) throw new Error("a plot needs samples");
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least > 0 && most / least >= logarithmicFrom ? logarithmic(least, most) : linear(least, most);
}

function logarithmic(least: number, most: number): Axis {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const share = (value: number): number => (Math.log10(value) - from) / (to - from);
  const decades = Array.from({ length: to - from + 1 }, (_, at) => 10 ** (from + at));
  return {
    isLogarithmic: true,
    share,
    ticks: decades.map((value) => ({ at: share(value), label: value.toLocaleString("en-US") })),
  };
}

function linear(least: number, most: number): Axis {
  const [low, high] = [Math.min(0, least), Math.max(0, most)];
  const rough = (high - low || 1) / 5;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = decade * ([1, 2, 5, 10].find((times) => times * decade >= rough) ?? 10);
  const [from, to] = [Math.floor(low / step), Math.ceil(high / step) || 1];
  const share = (value: number): number => (value / step - from) / (to - from);
  return {
    isLogarithmic: false,
    share,
    ticks: Array.from({ length: to - from + 1 }, (_, at) => {
      const value = Number(((from + at) * step).toPrecision(6));
      return { at: share(value), label: value.toLocaleString("en-US") };
    }),
  };
}
