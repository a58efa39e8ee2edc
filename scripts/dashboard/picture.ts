// The dashboard as a picture: its panels, each in its place, drawn from what Prometheus answered. It is not Grafana, and says so; but
// titles, queries, units, legends and colours of states are the dashboard's own. An SVG, readable on light and on dark.
import type { Panel } from "../../test/monitoring/dashboard.ts";

export interface Line {
  readonly name: string;
  /** Seconds since the epoch, and the value then. */
  readonly values: readonly (readonly [atS: number, value: number])[];
}

export interface Filled {
  readonly panel: Panel;
  readonly lines: readonly Line[];
}

export interface Span {
  readonly fromS: number;
  readonly toS: number;
  readonly stepS: number;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const columnWidth = 50;
const rowHeight = 27;
const gap = 8;
const titleHeight = 26;
const legendHeight = 16;
const captionHeight = 34;
const letterWidth = 6.3;
const widestMinute = 10 * letterWidth;
const colours = 8;

/** The SVG's text. */
export function pictureOf(filled: readonly Filled[], span: Span, caption: string): string {
  const bottom = Math.max(...filled.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h));
  const [width, height] = [24 * columnWidth, bottom * rowHeight + captionHeight];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(caption)}">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${width}" height="${height}"/>`,
    ...filled.flatMap((one) => drawPanel(one, span)),
    `<text class="small" x="${gap}" y="${height - 12}">${escaped(caption)}</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ panel, lines }: Filled, span: Span): readonly string[] {
  const { x, y, w, h } = panel.gridPos;
  const frame: Box = {
    x: x * columnWidth + gap / 2,
    y: y * rowHeight + gap / 2,
    width: w * columnWidth - gap,
    height: h * rowHeight - gap,
  };
  const inner: Box = {
    x: frame.x + 10,
    y: frame.y + titleHeight + 6,
    width: frame.width - 20,
    height: frame.height - titleHeight - 12,
  };
  const draw = { stat: drawStat, "state-timeline": drawStates, timeseries: drawSeries }[panel.type];
  return [
    `<rect class="frame" x="${frame.x}" y="${frame.y}" width="${frame.width}" height="${frame.height}" rx="3"/>`,
    `<text class="title" x="${frame.x + 10}" y="${frame.y + 18}">${escaped(panel.title)}</text>`,
    ...(lines.length === 0
      ? [text("small", inner.x + inner.width / 2, inner.y + inner.height / 2, "No data", "middle")]
      : draw({ panel, lines }, inner, span)),
  ];
}

function drawStat({ panel, lines }: Filled, box: Box): readonly string[] {
  const said = lines.map(({ name, values }) => name || shown(values.at(-1)?.[1] ?? 0, panel));
  return [text("stat", box.x + box.width / 2, box.y + box.height / 2 + 8, said.join(", "), "middle")];
}

function drawStates({ panel, lines }: Filled, box: Box, span: Span): readonly string[] {
  const labelWidth = Math.max(...lines.map(({ name }) => name.length)) * letterWidth + 10;
  const plot = plotIn(box, labelWidth, span);
  const states = panel.fieldConfig.defaults.mappings?.[0]?.options ?? {};
  const rowTall = plot.height / lines.length;
  const rows = lines.flatMap(({ name, values }, row) => {
    const top = plot.y + row * rowTall;
    const bars = runsOf(values, span.stepS).map(({ fromS, toS, value }) => {
      const [left, right] = [plot.at(fromS), Math.min(plot.at(toS), plot.x + plot.width)];
      const colour = stateColour(states[String(value)]?.color);
      return `<rect x="${tenth(left)}" y="${tenth(top + rowTall * 0.12)}" width="${tenth(right - left)}" height="${tenth(rowTall * 0.76)}" fill="${colour}"/>`;
    });
    return [...bars, text("small", plot.x - 6, top + rowTall / 2 + 4, name, "end")];
  });
  const entries = Object.values(states).map(({ text: name, color }) => ({
    name,
    colour: stateColour(color),
  }));
  return [...rows, ...timeAxis(plot, span), ...legend(entries, box)];
}

function drawSeries({ panel, lines }: Filled, box: Box, span: Span): readonly string[] {
  const highest = Math.max(0, ...lines.flatMap(({ values }) => values.map(([, value]) => value)));
  const ticks = ticksTo(highest, panel.fieldConfig.defaults.decimals === 0 ? 1 : 0);
  const top = ticks.at(-1) ?? 1;
  const plot = plotIn(box, 52, span);
  const level = (value: number): number => plot.y + plot.height * (1 - value / top);
  const grid = ticks.flatMap((value) => [
    `<line class="grid" x1="${plot.x}" x2="${plot.x + plot.width}" y1="${tenth(level(value))}" y2="${tenth(level(value))}"/>`,
    text("small", plot.x - 6, level(value) + 4, shown(value, panel), "end"),
  ]);
  const isBars = panel.fieldConfig.defaults.custom?.drawStyle === "bars";
  const drawn = lines.flatMap(({ values }, at) => {
    if (isBars) {
      const wide = Math.max(1, plot.at(span.fromS + span.stepS) - plot.at(span.fromS));
      return values
        .filter(([, value]) => value > 0)
        .map(([atS, value]) => {
          const y = level(value);
          return `<rect class="fill${at % colours}" x="${tenth(plot.at(atS))}" y="${tenth(y)}" width="${tenth(wide)}" height="${tenth(plot.y + plot.height - y)}"/>`;
        });
    }
    return piecesOf(values, span.stepS).map((piece) => {
      const points = piece.map(([atS, value]) => `${tenth(plot.at(atS))},${tenth(level(value))}`);
      return `<polyline class="line${at % colours}" points="${points.join(" ")}"/>`;
    });
  });
  const entries = lines.map(({ name }, at) => ({ name, css: `fill${at % colours}` }));
  return [...grid, ...drawn, ...timeAxis(plot, span), ...legend(entries, box)];
}

interface Plot extends Box {
  at(timeS: number): number;
}

function plotIn(box: Box, left: number, { fromS, toS }: Span): Plot {
  const plot = { ...box, x: box.x + left, width: box.width - left, height: box.height - legendHeight - 18 };
  return { ...plot, at: (timeS) => plot.x + ((timeS - fromS) / (toS - fromS)) * plot.width };
}

/** Minutes from the beginning: when it was is of no interest in a picture. */
function timeAxis(plot: Plot, { fromS, toS }: Span): readonly string[] {
  const minutes = Math.floor((toS - fromS) / 60);
  // Where there is no room for the words of each minute, every second one.
  const every = plot.width / Math.max(1, minutes) < widestMinute ? 2 : 1;
  return Array.from({ length: Math.floor(minutes / every) + 1 }, (_, index) => {
    const minute = index * every;
    const x = plot.at(fromS + minute * 60);
    const isAtEnd = x + 20 > plot.x + plot.width;
    const anchor = minute === 0 ? "start" : isAtEnd ? "end" : "middle";
    return text("small", x, plot.y + plot.height + 14, `${minute} min`, anchor);
  });
}

interface Entry {
  readonly name: string;
  readonly colour?: string;
  readonly css?: string;
}

/** One line below the plot; what does not fit is counted. */
function legend(entries: readonly Entry[], box: Box): readonly string[] {
  const y = box.y + box.height - 3;
  const parts: string[] = [];
  let x = box.x;
  for (const [at, { name, colour, css }] of entries.entries()) {
    const rest = `and ${entries.length - at} more`;
    const isLast = at === entries.length - 1;
    const needed = 24 + name.length * letterWidth + (isLast ? 0 : rest.length * letterWidth);
    if (x + needed > box.x + box.width) return [...parts, text("small", x, y, rest)];
    const paint = colour === undefined ? `class="${css}"` : `fill="${colour}"`;
    parts.push(`<rect ${paint} x="${tenth(x)}" y="${y - 9}" width="10" height="10"/>`);
    parts.push(text("small", x + 14, y, name));
    x += 24 + name.length * letterWidth;
  }
  return parts;
}

/** Pieces without gaps: where a value is missing, nothing is drawn. */
function piecesOf(values: Line["values"], stepS: number): Line["values"][] {
  const pieces: (readonly [number, number])[][] = [];
  for (const point of values) {
    const piece = pieces.at(-1);
    const last = piece?.at(-1);
    if (piece === undefined || last === undefined || point[0] - last[0] > stepS * 1.5) pieces.push([point]);
    else piece.push(point);
  }
  return pieces;
}

/** Stretches of one value. */
function runsOf(
  values: Line["values"],
  stepS: number,
): { readonly fromS: number; readonly toS: number; readonly value: number }[] {
  const runs: { fromS: number; toS: number; value: number }[] = [];
  for (const [atS, value] of values) {
    const run = runs.at(-1);
    if (run?.value === value && atS - run.toS < stepS / 2) run.toS = atS + stepS;
    else runs.push({ fromS: atS, toS: atS + stepS, value });
  }
  return runs;
}

/** From zero in steps of 1, 2 or 5 of a power of ten, `leastStep` or more, to the first one that is not below `highest`. */
export function ticksTo(highest: number, leastStep = 0): readonly number[] {
  if (highest <= 0) return [0, 1];
  const rough = highest / 4;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const round = decade * ([1, 2, 5, 10].find((times) => times * decade >= rough) ?? 10);
  const step = Math.max(round, leastStep);
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, at) => Number((at * step).toPrecision(6)));
}

/** A value with the panel's unit. */
export function shown(value: number, { fieldConfig }: Pick<Panel, "fieldConfig">): string {
  const { unit, decimals } = fieldConfig.defaults;
  const plain = decimals === undefined ? Number(value.toPrecision(3)) : Number(value.toFixed(decimals));
  if (unit === "s")
    return value > 0 && value < 1 ? `${Number((value * 1000).toPrecision(3))} ms` : `${plain} s`;
  return unit === "ops" || unit === "reqps" ? `${plain}/s` : String(plain);
}

/** Grafana's names for colours, as far as the dashboard uses them. */
function stateColour(name = "#888"): string {
  return { green: "#56a64b", red: "#e02f44", blue: "#3274d9" }[name] ?? name;
}

function text(css: string, x: number, y: number, words: string, anchor = "start"): string {
  return `<text class="${css}" x="${tenth(x)}" y="${tenth(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

const tenth = (value: number): string => String(Number(value.toFixed(1)));

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

const palette = ["#56a64b", "#f2cc0c", "#3274d9", "#ff780a", "#e02f44", "#a352cc", "#37872d", "#8ab8ff"];
const style = [
  ".paper{fill:#f4f5f5}.frame{fill:#fff;stroke:#d8dee4}.title{font:600 13px sans-serif;fill:#1f2328}",
  ".small{font:11px sans-serif;fill:#57606a}.stat{font:600 22px sans-serif;fill:#1f2328}.grid{stroke:#e4e7eb}",
  ...palette.map((hue, at) => `.line${at}{fill:none;stroke:${hue};stroke-width:1.5}.fill${at}{fill:${hue}}`),
  "@media(prefers-color-scheme:dark){.paper{fill:#0d1117}.frame{fill:#161b22;stroke:#30363d}.title,.stat{fill:#e6edf3}",
  ".small{fill:#9198a1}.grid{stroke:#30363d}}",
].join("");
