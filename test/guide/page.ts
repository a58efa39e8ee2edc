// docs/guide-conformance.md from one walk through the guide: a table for each section, a line for each row. What a line promises (its
// first three cells) follows from the rows alone, so that a page that is behind them is found without a cluster.
import { readableTime, type Finding, type Verdict } from "./finding.ts";
import { printedOrder, type Chapter, type PlacedRow } from "./row.ts";

export interface Result {
  readonly finding: Finding;
  readonly tookMs: number;
}

export interface Surroundings {
  /** Of the API server. */
  readonly version: string;
  readonly nodes: number;
  readonly processors: number;
  /** Of the whole walk. */
  readonly tookMs: number;
}

const heads = [
  "command or claim",
  "what the guide says",
  "what is looked at",
  "what came out",
  "took",
  "verdict",
];
const promisedCells = 3;
const outputLength = 260;
const meanings: Readonly<Record<Exclude<Verdict, "red">, string>> = {
  "as said": "what came out is what the guide says",
  better: "it is what the guide says, and sooner or safer; the row says why",
  differs: "we knowingly do it otherwise; the row says why, and what holds instead was looked at",
  "not available": "this cluster lacks what the command needs",
};

/** What a row is known by. */
export function keyOf({ chapter, section, printed }: PlacedRow): string {
  return `${chapter}: ${section}: ${printed}`;
}

/** The page; throws if a row has no result, or a red one. */
export function renderPage(
  chapters: readonly Chapter[],
  results: ReadonlyMap<string, Result>,
  surroundings: Surroundings,
): string {
  const rows = printedOrder(chapters);
  const red = rows.filter((row) => (results.get(keyOf(row))?.finding.verdict ?? "red") === "red");
  if (red.length > 0) throw new Error(`no page of red rows: ${red.map(keyOf).join("; ")}`);
  const parts = chapters.map(({ title, sections }) => {
    const tables = sections.map(({ title: section }) => {
      const lines = rows
        .filter((row) => row.chapter === title && row.section === section)
        .map((row) => line([...promiseOf(row), ...resultCells(results.get(keyOf(row)))]));
      const heading = section === title ? "" : `### ${section}\n\n`;
      return `${heading}${line(heads)}\n${line(heads.map(() => "---"))}\n${lines.join("\n")}`;
    });
    return `## ${title}\n\n${tables.join("\n\n")}`;
  });
  return `${introduction(rows, results, surroundings)}\n\n${parts.join("\n\n")}\n`;
}

function introduction(
  rows: readonly PlacedRow[],
  results: ReadonlyMap<string, Result>,
  { version, nodes, processors, tookMs }: Surroundings,
): string {
  const legend = Object.entries(meanings).map(([verdict, meaning]) => {
    const count = rows.filter((row) => results.get(keyOf(row))?.finding.verdict === verdict).length;
    return line([verdict, String(count), meaning]);
  });
  return `# The HA guide, row by row

<!-- Written by \`npm run test:e2e -- guide\` with E2E_GUIDE_PAGE=docs/guide-conformance.md -->

Every command and every claim of the guide "Operator High Availability", in its order, as ${rows.length} rows. They were put to Bindy as
\`helm install\` installs it, on Kubernetes ${version} with ${counted(nodes, "node")} and ${counted(processors, "processor")}, by
\`npm run test:e2e -- guide\`, which prints the same and fails on a row that is not so. The verdict is computed from what came out. The
rows stand in \`test/guide/\`, and \`npm test\` finds a page that is behind them.

Times are of one run, which took ${readableTime(tookMs)} in all; they include what the row waits for, and a row that reads what an earlier one has
seen takes none.
The guide's manifests (Configuration, Best Practices, Custom Lease Namespace) were run before our chart was installed; what sums up
other rows was run after them. What is long is shortened.

${line(["verdict", "rows", "meaning"])}
${line(["---", "---", "---"])}
${legend.join("\n")}`;
}

/** The cells of a row that follow from the guide. */
export function promiseOf({ kind, printed, says, lookedAt }: PlacedRow): readonly string[] {
  const first = kind === "claim" ? plain(printed) : `<pre>${exact(printed)}</pre>`;
  return [first, plain(says), described(lookedAt)];
}

function resultCells(result: Result | undefined): readonly string[] {
  if (result === undefined) return ["", "", ""];
  const { cameOut, verdict, why } = result.finding;
  const said = why === undefined ? verdict : `**${verdict}**: ${described(why)}`;
  return [plain(shortened(cameOut, outputLength)), readableTime(result.tookMs), said];
}

/** The promised cells of every row of a page. */
export function promisesOn(page: string): readonly (readonly string[])[] {
  const header = line(heads);
  const lines = page.split("\n");
  return lines.flatMap((text, index) => {
    if (text !== header) return [];
    const after = lines.slice(index + 2);
    const end = after.findIndex((each) => !each.startsWith("| "));
    return after
      .slice(0, end === -1 ? after.length : end)
      .map((each) => each.slice(2, -2).split(" | ").slice(0, promisedCells));
  });
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

export function shortened(text: string, length: number): string {
  const trimmed = text.trim();
  return trimmed.length <= length ? trimmed : `${trimmed.slice(0, length - 2).trimEnd()} …`;
}

/** Text in which every character stands for itself, in a cell. */
function plain(text: string): string {
  return text.replaceAll(/[&<>|\\`*_[\]~]/g, entity).replaceAll(/\s*\n\s*/g, "<br>");
}

/** The same with its lines and its spaces. */
function exact(text: string): string {
  return text.replaceAll(/[&<>|\\`*_[\]~]/g, entity).replaceAll("\n", "&#10;");
}

/** Our own words, in which code is marked. */
function described(text: string): string {
  return text.replaceAll(/[&<>|]/g, entity);
}

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}
