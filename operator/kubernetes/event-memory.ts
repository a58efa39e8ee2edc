// What is remembered of Events that were written: how many of an object there were, so that one that changes all the time does not have a new one
// each time, and which of them said the same. What is long ago is forgotten, and so is the oldest where there is too much of it.

/** A map that forgets: `keepMs` after an entry was last set, and the one set longest ago where there are more than `most`. */
export interface ShortMemory<T> {
  get(key: string, nowMs: number): T | undefined;
  set(key: string, value: T, nowMs: number): void;
  delete(key: string): void;
  size(): number;
}

export function createShortMemory<T>(most: number, keepMs: number): ShortMemory<T> {
  // The one set longest ago first.
  const entries = new Map<string, { readonly value: T; readonly atMs: number }>();

  return {
    get(key, nowMs) {
      const entry = entries.get(key);
      return entry === undefined || nowMs - entry.atMs >= keepMs ? undefined : entry.value;
    },
    set(key, value, nowMs) {
      entries.delete(key);
      entries.set(key, { value, atMs: nowMs });
      for (const [oldest, { atMs }] of entries) {
        if (entries.size <= most && nowMs - atMs < keepMs) break;
        entries.delete(oldest);
      }
    },
    delete: (key) => void entries.delete(key),
    size: () => entries.size,
  };
}

// As client-go has it: what an object may have at once, and how long it is until it may have one more.
const burst = 25;
const refillMs = 300_000;

export interface EventAllowance {
  /** Takes one Event of the allowance of an object; false if nothing is left of it. */
  take(uid: string, nowMs: number): boolean;
}

/** `mostObjects`: one that is forgotten may have a burst again. */
export function createEventAllowance(mostObjects: number): EventAllowance {
  // When it will be full again says how much is left.
  const fullAt = createShortMemory<number>(mostObjects, burst * refillMs);

  return {
    take(uid, nowMs) {
      const nextMs = Math.max(fullAt.get(uid, nowMs) ?? 0, nowMs) + refillMs;
      if (nextMs - nowMs > burst * refillMs) return false;
      fullAt.set(uid, nextMs, nowMs);
      return true;
    },
  };
}
