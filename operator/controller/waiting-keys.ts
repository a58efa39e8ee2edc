// Keys that wait, in the order in which they came. The first is found from where the last was: a table leaves a hole for each key that was taken, and to look
// for the first from its start is to pass by a hundred thousand of them for each key.

export interface WaitingKeys {
  /** When each came, in whole milliseconds: a small integer lies in the key's own entry, and costs some ten bytes there. */
  readonly all: Map<string, number>;
  /** What comes next; null until a key is taken. */
  next: MapIterator<[string, number]> | null;
}

export interface FirstKey {
  readonly key: string;
  readonly addedMs: number;
}

export function noKeys(): WaitingKeys {
  return { all: new Map(), next: null };
}

/** Takes the first key that is not `held`; null where each is. Those that are go behind all others. */
export function takeFirst(waiting: WaitingKeys, held: { has(key: string): boolean }): FirstKey | null {
  const { all } = waiting;
  const next = (waiting.next ??= all.entries());
  for (let seen = 0; seen < all.size; seen += 1) {
    // Never at its end: whatever it has passed by is taken, or comes again.
    const { value } = next.next();
    if (value === undefined) break;
    const [key, addedMs] = value;
    all.delete(key);
    if (!held.has(key)) return { key, addedMs };
    all.set(key, addedMs);
  }
  return null;
}
