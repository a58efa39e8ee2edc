// Sorting in steps: for lists so long that to sort them at once would hold the event loop. The one that drives it decides how
// many steps are done at a time.

/** Items between two steps of whatever goes through a list: some tenths of a millisecond. */
export const itemsPerStep = 200;

/** The items in order; equal ones stay as they stood. */
export function* sorted<T>(
  items: readonly T[],
  compare: (left: T, right: T) => number,
): Generator<void, readonly T[]> {
  let runs: (readonly T[])[] = [];
  for (let at = 0; at < items.length; at += itemsPerStep) {
    runs.push(items.slice(at, at + itemsPerStep).toSorted(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: (readonly T[])[] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* mergedRuns(runs[at] ?? [], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergedRuns<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (left: T, right: T) => number,
): Generator<void, readonly T[]> {
  const merged: T[] = [];
  for (let at = 0, other = 0; at < left.length || other < right.length;) {
    const isLeft =
      other >= right.length || (at < left.length && compare(left[at] as T, right[other] as T) <= 0);
    merged.push((isLeft ? left[at++] : right[other++]) as T);
    if (merged.length % (4 * itemsPerStep) === 0) yield;
  }
  return merged;
}

/** All steps at once. */
export function atOnce<T>(steps: Iterator<void, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** A step for every so many items that were `seen`. */
export function* pause(seen: number): Generator<void, void> {
  if (seen % itemsPerStep === itemsPerStep - 1) yield;
}
