// True time, and what happens at which moment of it. Equal moments keep the order in which they were scheduled.

export interface Schedule {
  readonly nowMs: () => number;
  at(timeMs: number, run: () => void): void;
  /** Runs everything up to `untilMs`, or until `isOver` says so, which is asked after each thing that happened. */
  runUntil(untilMs: number, isOver: () => boolean): void;
}

interface Entry {
  readonly timeMs: number;
  readonly order: number;
  readonly run: () => void;
}

export function createSchedule(): Schedule {
  const heap: Entry[] = [];
  let nowMs = 0;
  let order = 0;

  function isBefore(one: Entry, other: Entry): boolean {
    return one.timeMs < other.timeMs || (one.timeMs === other.timeMs && one.order < other.order);
  }

  function push(entry: Entry): void {
    heap.push(entry);
    for (let at = heap.length - 1; at > 0;) {
      const above = (at - 1) >> 1;
      if (!isBefore(heap[at] as Entry, heap[above] as Entry)) return;
      [heap[at], heap[above]] = [heap[above] as Entry, heap[at] as Entry];
      at = above;
    }
  }

  function pop(): Entry {
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return first;
    heap[0] = last;
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = at;
      if (left < heap.length && isBefore(heap[left] as Entry, heap[least] as Entry)) least = left;
      if (right < heap.length && isBefore(heap[right] as Entry, heap[least] as Entry)) least = right;
      if (least === at) return first;
      [heap[at], heap[least]] = [heap[least] as Entry, heap[at] as Entry];
      at = least;
    }
  }

  return {
    nowMs: () => nowMs,
    at(timeMs, run) {
      push({ timeMs: Math.max(timeMs, nowMs), order: (order += 1), run });
    },
    runUntil(untilMs, isOver) {
      while (heap.length > 0 && (heap[0] as Entry).timeMs <= untilMs) {
        const entry = pop();
        nowMs = entry.timeMs;
        entry.run();
        if (isOver()) return;
      }
      nowMs = untilMs;
    },
  };
}
