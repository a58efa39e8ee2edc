// Results to files: bench/results/ after every run, docs/ when that is asked for. All of it is made from
// the CSV alone, so a test can tell whether the page still says what the samples say.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { dotPlot } from "./dot-plot.ts";
import { measurements } from "./measurements.ts";
import { armTitles, comparisonTable, headerList, requestTable, valuesOf } from "./report.ts";
import { readRunLog } from "./run-log.ts";
import { csvOf, parseSamplesCsv, type BenchEntry, type Sample } from "./samples.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const resultsFolder = join(root, "bench/results");
/** The log of the last side-by-side run. */
export const runLogPath = join(resultsFolder, "side-by-side.jsonl");
const csvName = "side-by-side.csv";
const page = join(root, "docs/benchmarks.md");
const folder = join(root, "docs/benchmarks");
const begin = "<!-- side-by-side: written by npm run bench -- publish -->";
const end = "<!-- end of side-by-side -->";

/** The files of a run, by name: the samples and a plot for each measurement that has one. */
export function resultFiles(csv: string): ReadonlyMap<string, string> {
  const { samples } = parseSamplesCsv(csv);
  const files = new Map([[csvName, csv]]);
  for (const { name, svg } of plots(samples)) files.set(name, svg);
  return files;
}

function plots(samples: readonly Sample[]): readonly { name: string; title: string; svg: string }[] {
  return measurements.flatMap((measurement) => {
    const rows = (["ours", "client-go"] as const).map((arm) => ({
      label: armTitles[arm],
      values: valuesOf(samples, measurement, arm),
    }));
    if (measurement.isPlotted !== true || rows.some(({ values }) => values.length === 0)) return [];
    const { title, unit } = measurement;
    return [{ name: `${measurement.name}.svg`, title, svg: dotPlot({ title, unit, rows }) }];
  });
}

/** What stands between the page's marks. */
export function pageBlock(csv: string): string {
  const { header, samples } = parseSamplesCsv(csv);
  const images = plots(samples).map(({ name, title }) => `![${title}](benchmarks/${name})`);
  return [
    headerList(header),
    comparisonTable(samples),
    requestTable(samples),
    ...images,
    `All samples: [benchmarks/${csvName}](benchmarks/${csvName})`,
  ].join("\n\n");
}

/** The page with its block replaced; throws when the marks are not there. */
export function withBlock(text: string, block: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place for the tables: "${begin}" … "${end}"`);
  return `${text.slice(0, from + begin.length)}\n\n${block}\n\n${text.slice(to)}`;
}

/** Writes a run's files into `into`. */
export function writeResults(csv: string, into: string = resultsFolder): void {
  mkdirSync(into, { recursive: true });
  for (const [name, text] of resultFiles(csv)) writeFileSync(join(into, name), text);
}

/** `npm run bench -- publish`: the last run's samples and plots into docs/benchmarks/, its tables into the page. */
export function publish(): void {
  const log = readRunLog<BenchEntry>(runLogPath);
  if (log === null || log.entries.length === 0) {
    throw new Error(`${runLogPath} has no samples: npm run bench -- side-by-side measures them`);
  }
  const csv = csvOf(log.header, log.entries);
  mkdirSync(dirname(page), { recursive: true });
  const text = withBlock(readFileSync(page, "utf8"), pageBlock(csv));
  writeResults(csv, folder);
  writeFileSync(page, text);
  process.stderr.write(`Written: ${page} and ${folder}\n`);
}
