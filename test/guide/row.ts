// What the HA guide prints is kept here row by row, in the guide's order: a command exactly as it is printed, an example, or a
// claim. Each row says what the guide says of it, what is looked at, and finds out on a real cluster what comes out.
import type { Finding } from "./finding.ts";
import type { Walk } from "./walk.ts";

export interface Row {
  readonly kind: "command" | "example" | "claim";
  /** The command or the example exactly as the guide prints it, or the words that it makes a claim about. */
  readonly printed: string;
  /** What the guide says of it. */
  readonly says: string;
  /** What of the cluster is looked at, and how a reader of the guide gets there where the guide leaves it open. */
  readonly lookedAt: string;
  /** When it is run, if that is not where it is printed. */
  readonly phase?: Phase;
  /** Runs it before so many rows that are printed before it. */
  readonly ahead?: number;
  readonly prove: (walk: Walk, printed: string) => Promise<Finding>;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** A chapter of the guide. */
export interface Chapter {
  readonly title: string;
  readonly sections: readonly Section[];
}

/**
 * In this order: what permits the election; the guide's manifests, without our chart; the installation by our chart, which most rows
 * are about; and the rows that sum up what others have seen.
 */
export const phases = ["permissions", "manifests", "release", "summary"] as const;
export type Phase = (typeof phases)[number];

export interface PlacedRow extends Row {
  readonly chapter: string;
  readonly section: string;
  readonly phase: Phase;
}

export const command = (printed: string, row: Omit<Row, "kind" | "printed">): Row => ({
  kind: "command",
  printed,
  ...row,
});

export const example = (printed: string, row: Omit<Row, "kind" | "printed">): Row => ({
  kind: "example",
  printed,
  ...row,
});

export const claim = (printed: string, row: Omit<Row, "kind" | "printed">): Row => ({
  kind: "claim",
  printed,
  ...row,
});

/** All rows of the chapters as they are printed. */
export function printedOrder(chapters: readonly Chapter[]): readonly PlacedRow[] {
  return chapters.flatMap(({ title: chapter, sections }) =>
    sections.flatMap(({ title: section, rows }) =>
      rows.map((row) => ({ ...row, chapter, section, phase: row.phase ?? "release" })),
    ),
  );
}

/** All rows as they are run: phase by phase, and as they are printed within a phase but for those that run ahead. */
export function runOrder(chapters: readonly Chapter[]): readonly PlacedRow[] {
  const placed = printedOrder(chapters).map((row, index) => ({
    row,
    phase: phases.indexOf(row.phase),
    // Between two rows that are printed one after the other.
    place: index - (row.ahead === undefined ? 0 : row.ahead + 0.5),
  }));
  return placed
    .toSorted((one, other) => one.phase - other.phase || one.place - other.place)
    .map(({ row }) => row);
}
