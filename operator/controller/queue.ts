// The keyed queue in front of one reconciler. A key is in it at most once and is worked on by one worker at most,
// whatever happens meanwhile: a key added while it is being worked on comes again afterwards. While the gate is
// closed keys are taken up and nothing is handed out.
import type { Clock } from "../../platform/clock.ts";

export interface QueueOptions {
  /** How many keys are worked on at once. */
  readonly concurrency: number;
  /** How many keys may wait; more are dropped, and `onOverflow` is told once. */
  readonly limit: number;
  readonly clock: Clock;
  /** Works on a key. Must not reject. */
  work(key: string): Promise<void>;
  onOverflow(): void;
  /** Told whenever the number of waiting keys changes. */
  onDepth(depth: number): void;
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
  /** Resolves when nothing is being worked on any more; new work may start later if the queue is open. */
  idle(): Promise<void>;
}

/** Creates a closed queue. */
export function createQueue(options: QueueOptions): Queue {
  const { concurrency, limit, clock } = options;
  const waiting = new Set<string>();
  const running = new Set<string>();
  const delayed = new Map<string, { dueMs: number; cancel: () => void }>();
  const idleListeners: (() => void)[] = [];
  let isOpen = false;
  let overflowed = false;

  function add(key: string, afterMs = 0): void {
    if (afterMs > 0) addLater(key, afterMs);
    else addNow(key);
  }

  function addLater(key: string, afterMs: number): void {
    const dueMs = clock.now().waitMs + afterMs;
    const known = delayed.get(key);
    if (waiting.has(key) || (known !== undefined && known.dueMs <= dueMs)) return;
    if (known === undefined && delayed.size >= limit) return overflow();
    known?.cancel();
    delayed.set(key, { dueMs, cancel: clock.schedule(afterMs, () => addNow(key)) });
  }

  function addNow(key: string): void {
    delayed.get(key)?.cancel();
    delayed.delete(key);
    if (waiting.has(key)) return;
    if (waiting.size >= limit) return overflow();
    waiting.add(key);
    options.onDepth(waiting.size);
    handOut();
  }

  function overflow(): void {
    if (overflowed) return;
    overflowed = true;
    options.onOverflow();
  }

  function handOut(): void {
    for (const key of waiting) {
      if (!isOpen || running.size >= concurrency) break;
      if (running.has(key)) continue;
      waiting.delete(key);
      if (waiting.size === 0) overflowed = false;
      options.onDepth(waiting.size);
      running.add(key);
      void options.work(key).finally(() => finish(key));
    }
  }

  function finish(key: string): void {
    running.delete(key);
    if (running.size === 0) for (const resolve of idleListeners.splice(0)) resolve();
    handOut();
  }

  return {
    add,
    open: () => {
      isOpen = true;
      handOut();
    },
    close: () => {
      isOpen = false;
      // No timer of ours may keep the process alive; what is due later is simply due when the queue opens again.
      for (const key of delayed.keys()) addNow(key);
    },
    running: () => running.size,
    idle: () => {
      if (running.size === 0) return Promise.resolve();
      const { promise, resolve } = Promise.withResolvers<void>();
      idleListeners.push(resolve);
      return promise;
    },
  };
}
