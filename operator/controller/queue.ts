// The keyed queue in front of one reconciler. A key is in it at most once and is worked on by one worker at most,
// whatever happens meanwhile: a key added while it is being worked on comes again afterwards. While the gate is
// closed keys are taken up and nothing is handed out.
//
// Keys are in groups, those of one namespace say, and groups take turns: a key waits for one key of each other group, and not
// for all keys that came before it. A group never has all workers, and does not fill the queue for the others.
import type { WorkClock } from "../../platform/work-clock.ts";
import { noKeys, takeFirst, type FirstKey, type WaitingKeys } from "./waiting-keys.ts";

export interface QueueOptions {
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  /** Whether one key alone is worked on for now; asked whenever a key could be handed out. Absent: never. */
  givesWay?(): boolean;
  /** How many keys may wait; more are dropped, and `onOverflow` is told once, until there is room again. */
  readonly limit: number;
  /** Without it all keys are of one group. */
  readonly groups?: QueueGroups;
  readonly clock: WorkClock;
  /** Works on a key. Must not reject. */
  work(key: string): Promise<void>;
  onOverflow(): void;
  /** Told where keys were dropped, once half of those that wait beside them have been handed out. */
  onRoom?(): void;
  /** Told whenever the number of waiting keys changes. */
  onDepth(depth: number): void;
  readonly meter?: QueueMeter;
}

/** What is measured of a queue. */
export interface QueueMeter {
  /** A key waits that did not wait; of one that is put off this is told when its time has come. */
  added(): void;
  /** A key is handed out. It waited for `waitedMs`, in whole milliseconds, while the queue was open. */
  taken(waitedMs: number): void;
  /** A key is done with, after `workedMs`. */
  worked(workedMs: number): void;
}

export interface QueueGroups {
  groupOf(key: string): string;
  /** How many keys of one group are worked on at once, at most. */
  readonly concurrency: number;
  /** How many keys of one group may wait, and as many again for a later time. */
  readonly limit: number;
}

export interface Queue {
  /** Adds a key, at once or after `afterMs`; a key that is added for an earlier moment keeps the earlier one. */
  add(key: string, afterMs?: number): void;
  /** Starts handing keys out. */
  open(): void;
  /** Stops handing keys out; what is being worked on goes on. */
  close(): void;
  /** How many keys are being worked on. */
  running(): number;
  /** For how long each of these has been. */
  runningMs(): number[];
  /** Resolves when nothing is being worked on any more; new work may start later if the queue is open. */
  idle(): Promise<void>;
}

/** Creates a closed queue. */
export function createQueue(options: QueueOptions): Queue {
  const { concurrency, limit, clock } = options;
  const groups = options.groups ?? { groupOf: () => "", concurrency, limit };
  /** By group; the one whose turn it is comes first. */
  const waiting = new Map<string, WaitingKeys>();
  /** Since when each key is worked on. */
  const running = new Map<string, number>();
  const runningOf = createTally();
  const delayed = new Map<string, { afterMs: number; dueMs: number; cancel: () => void }>();
  const delayedOf = createTally();
  const idleListeners: (() => void)[] = [];
  let depth = 0;
  let isOpen = false;
  const bornMs = Math.trunc(clock.now().waitMs);
  let openedMs = 0;
  /** The groups of which keys were dropped. */
  const overflowed = new Set<string>();

  /** In whole milliseconds, so that it is a small integer, for which nothing is made. */
  function ageMs(): number {
    return Math.trunc(clock.now().waitMs) - bornMs;
  }

  function add(key: string, afterMs = 0): void {
    if (afterMs > 0) addLater(key, afterMs);
    else addNow(key);
  }

  function addLater(key: string, afterMs: number): void {
    const group = groups.groupOf(key);
    if (waiting.get(group)?.all.has(key)) return;
    const known = delayed.get(key);
    // Without a look at the clock: one key may be put off by hundreds of others.
    if (known !== undefined && known.afterMs <= afterMs) return;
    const dueMs = clock.now().waitMs + afterMs;
    if (known !== undefined && known.dueMs <= dueMs) return;
    const isFull = delayed.size >= limit || delayedOf.count(group) >= groups.limit;
    if (known === undefined && isFull) return overflow(group);
    callOff(key, group);
    delayed.set(key, { afterMs, dueMs, cancel: clock.schedule(afterMs, () => addNow(key)) });
    delayedOf.add(group);
  }

  function callOff(key: string, group: string): void {
    const known = delayed.get(key);
    if (known === undefined) return;
    known.cancel();
    delayed.delete(key);
    delayedOf.remove(group);
  }

  function addNow(key: string): void {
    const group = groups.groupOf(key);
    callOff(key, group);
    const together = waiting.get(group) ?? noKeys();
    const { all } = together;
    if (all.has(key)) return;
    if (depth >= limit || all.size >= groups.limit) return overflow(group);
    if (all.size === 0) waiting.set(group, together);
    all.set(key, ageMs());
    options.meter?.added();
    setDepth(depth + 1);
    handOut();
  }

  function setDepth(keys: number): void {
    depth = keys;
    options.onDepth(depth);
  }

  function overflow(group: string): void {
    const isFirst = overflowed.size === 0;
    overflowed.add(group);
    if (isFirst) options.onOverflow();
  }

  /** Half of it: with less those that are added anew would be dropped anew, and all be added once more for a few. */
  function lookForRoom(group: string, left: number): void {
    if (!overflowed.has(group) || left > groups.limit / 2 || depth > limit / 2) return;
    overflowed.delete(group);
    options.onRoom?.();
  }

  function handOut(): void {
    // One goes on, so that it is asked again as soon as that one is done with.
    while (isOpen && running.size < (options.givesWay?.() === true ? 1 : concurrency)) {
      const next = takeNext();
      if (next === null) break;
      const { key, group, addedMs } = next;
      options.meter?.taken(Math.max(0, ageMs() - Math.max(addedMs, openedMs)));
      setDepth(depth - 1);
      lookForRoom(group, waiting.get(group)?.all.size ?? 0);
      running.set(key, clock.now().waitMs);
      runningOf.add(group);
      void options.work(key).finally(() => finish(key, group));
    }
  }

  /** Takes a key of the first group that may have another worker, and puts the group behind the others. */
  function takeNext(): (FirstKey & { readonly group: string }) | null {
    for (const [group, together] of waiting) {
      if (runningOf.count(group) >= groups.concurrency) continue;
      const first = takeFirst(together, running);
      if (first === null) continue;
      waiting.delete(group);
      if (together.all.size > 0) waiting.set(group, together);
      return { ...first, group };
    }
    return null;
  }

  function finish(key: string, group: string): void {
    options.meter?.worked(clock.now().waitMs - (running.get(key) ?? 0));
    running.delete(key);
    runningOf.remove(group);
    if (running.size === 0) for (const resolve of idleListeners.splice(0)) resolve();
    handOut();
  }

  return {
    add,
    open: () => {
      if (!isOpen) openedMs = ageMs();
      isOpen = true;
      handOut();
    },
    close: () => {
      isOpen = false;
      // No timer of ours may keep the process alive; what is due later is simply due when the queue opens again.
      for (const key of delayed.keys()) addNow(key);
    },
    running: () => running.size,
    runningMs: () => {
      const { waitMs } = clock.now();
      return Array.from(running.values(), (startedMs) => waitMs - startedMs);
    },
    idle: () => {
      if (running.size === 0) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      idleListeners.push(resolve);
      return promise;
    },
  };
}

/** Counts by name; what is counted down to nothing is forgotten. */
function createTally() {
  const counts = new Map<string, number>();
  const count = (name: string): number => counts.get(name) ?? 0;
  return {
    count,
    add: (name: string) => void counts.set(name, count(name) + 1),
    remove: (name: string) => {
      if (count(name) <= 1) counts.delete(name);
      else counts.set(name, count(name) - 1);
    },
  };
}
