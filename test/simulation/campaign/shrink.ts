// Makes a failing world small: leaves out strikes and pods as long as the same invariant still breaks. Every strike and
// every pod has its chance from a stream of its own, so what stays is as it was (see Excerpt).
import { everything, type Excerpt, type WorldOutcome } from "../outcome.ts";

/** One that names all that takes place. */
export interface SmallExcerpt {
  readonly strikes: readonly number[];
  readonly pods: readonly number[];
}

export interface Shrunk {
  readonly excerpt: SmallExcerpt;
  /** How many worlds were run to find it. */
  readonly runs: number;
}

/** Enough for a thousand strikes, and an end for a failure that is not repeatable. */
const mostRuns = 5000;

/**
 * The smallest excerpt found of a world that breaks an invariant: without any one of its strikes, or of its pods, the same
 * invariant holds, unless `mostRuns` ended the search. Null where nothing is broken.
 */
export function shrinkWorld(run: (excerpt: Excerpt) => WorldOutcome): Shrunk | null {
  const { violation, whole } = run(everything);
  if (violation === null) return null;
  const broken = invariantOf(violation.what);
  let runs = 1;
  const stillBreaks = (excerpt: Excerpt): boolean => {
    if (runs >= mostRuns) return false;
    runs += 1;
    const found = run(excerpt).violation;
    return found !== null && invariantOf(found.what) === broken;
  };
  let excerpt: SmallExcerpt = {
    strikes: Array.from({ length: whole.strikes }, (_, at) => at + 1),
    pods: Array.from({ length: whole.pods }, (_, at) => at),
  };
  for (let isSmaller = true; isSmaller;) {
    const size = sizeOf(excerpt);
    const { pods } = excerpt;
    const strikes = fewest(excerpt.strikes, (some) => stillBreaks({ strikes: some, pods }));
    excerpt = { strikes, pods: fewest(pods, (some) => stillBreaks({ strikes, pods: some })) };
    isSmaller = sizeOf(excerpt) < size;
  }
  return { excerpt, runs };
}

/** "I1" of "I1: gates open in …". */
function invariantOf(what: string): string {
  return what.slice(0, what.indexOf(":"));
}

function sizeOf({ strikes, pods }: SmallExcerpt): number {
  return strikes.length + pods.length;
}

/** Leaves out halves, then quarters, and so on down to single ones, whenever `isEnough` says that the rest will do. */
function fewest(all: readonly number[], isEnough: (some: readonly number[]) => boolean): readonly number[] {
  let kept = all;
  for (let size = Math.ceil(all.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length;) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (isEnough(rest)) kept = rest;
      else at += size;
    }
  }
  return kept;
}
