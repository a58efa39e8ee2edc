// Keys that wait, in the order in which they came. The first is found from where the last was: a table leaves a hole for each key that was taken, and to look
// for the first from its start is to pass by a hundred thousand of them for each key.

export interface WaitingKeys {
  readonly all: Set<string>;
  /** What comes next; null until a key is taken. */
  next: SetIterator<string> | null;
}

export function noKeys(): WaitingKeys {
  return { all: new Set(), next: null };
}

/** Takes the first key that is not `held`; null where each is. Those that are go behind all others. */
export function takeFirst(waiting: WaitingKeys, held: { has(key: string): boolean }): string | null {
  const { all } = waiting;
  const next = (waiting.next ??= all.values());
  for (let seen = 0; seen < all.size; seen += 1) {
    // Never at its end: whatever it has passed by is taken, or comes again.
    const { value: key } = next.next();
    if (key === undefined) break;
    all.delete(key);
    if (!held.has(key)) return key;
    all.add(key);
  }
  return null;
}
