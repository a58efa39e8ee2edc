// What came of a world: what broke, if anything, and what happened in it.

export interface Violation {
  /** The invariant's number, and what broke it. */
  readonly what: string;
  readonly atMs: number;
  /** The state of the lease and of every pod at that moment, one line each. */
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

/** What of a world takes place. What is left out changes nothing of the rest: all of it is drawn, only not carried out. */
export interface Excerpt {
  /** The strikes that are carried out, by their ordinals from 1; null: all. */
  readonly strikes: readonly number[] | null;
  /** The pods that ever start, from 0; null: all. */
  readonly pods: readonly number[] | null;
}

export const everything: Excerpt = { strikes: null, pods: null };

export function takesPlace(kept: readonly number[] | null, at: number): boolean {
  return kept === null || kept.includes(at);
}

export interface WorldOutcome {
  readonly violation: Violation | null;
  readonly counts: WorldCounts;
  /** How much there was to take place: strikes drawn until the end, and pods. */
  readonly whole: { readonly strikes: number; readonly pods: number };
  /** Empty unless it was asked for. */
  readonly trace: readonly string[];
}

export interface WorldOptions {
  /** Tell what happens, line by line; it takes several times as long. */
  readonly isTraced?: boolean;
  /** All of it, unless it says otherwise. */
  readonly excerpt?: Excerpt;
}

/** A trace for people who were not there: one line for each thing that happened. */
export function createTrace(nowMs: () => number): {
  readonly lines: readonly string[];
  readonly note: (line: string) => void;
} {
  const lines: string[] = [];
  return { lines, note: (line) => void lines.push(`${(nowMs() / 1000).toFixed(4).padStart(9)}  ${line}`) };
}
