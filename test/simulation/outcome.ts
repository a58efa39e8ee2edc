// What came of a world: what broke, if anything, and what happened in it.

export interface Violation {
  /** The invariant's number, and what broke it. */
  readonly what: string;
  readonly atMs: number;
  /** Who had what at that moment, one line each. */
  readonly state: readonly string[];
}

export interface WorldCounts {
  /** Gates opened, and those of another pod than the one before. */
  readonly openings: number;
  readonly takeovers: number;
  readonly effects: number;
  readonly strays: number;
  readonly requests: number;
  /** How often each kind of fault struck. */
  readonly faults: Readonly<Record<string, number>>;
}

export interface WorldOutcome {
  readonly violation: Violation | null;
  readonly counts: WorldCounts;
  /** Empty unless it was asked for. */
  readonly trace: readonly string[];
}

export interface WorldOptions {
  /** Tell what happens, line by line; it takes several times as long. */
  readonly isTraced?: boolean;
}

/** A trace for people who were not there: one line for each thing that happened. */
export function createTrace(nowMs: () => number): {
  readonly lines: readonly string[];
  readonly note: (line: string) => void;
} {
  const lines: string[] = [];
  return { lines, note: (line) => void lines.push(`${(nowMs() / 1000).toFixed(4).padStart(9)}  ${line}`) };
}
