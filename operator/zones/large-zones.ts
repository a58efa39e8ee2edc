// Of large zones one at a time is drafted from nothing: while it is, it may take as much memory as all drafts that are kept. They come in the
// order in which they asked, but that namespaces take turns.
import { splitKey } from "../resources/kubernetes-object.ts";

export interface LargeZones {
  /** Whether the zone asked before, and it would be of no use to ask again now. */
  hasToWait(zoneKey: string): boolean;
  /** Begins with the zone; false where it has to wait, and then it is taken note of. */
  begin(zoneKey: string): boolean;
  end(): void;
  /** The zone is gone, or not large any more. */
  forget(zoneKey: string): void;
  clear(): void;
}

export function createLargeZones(): LargeZones {
  const waiting = new Set<string>();
  /** By namespace, when it was its turn last; counted. */
  const turns = new Map<string, number>();
  let current: string | null = null;
  let turn = 0;

  /** Of those that wait the first of the namespace whose turn was longest ago. */
  function next(): string | null {
    let found: string | null = null;
    let longestAgo = Infinity;
    for (const key of waiting) {
      const last = turns.get(splitKey(key).namespace) ?? 0;
      if (last < longestAgo) [found, longestAgo] = [key, last];
    }
    return found;
  }

  return {
    hasToWait: (zoneKey) => waiting.has(zoneKey) && (current !== null || next() !== zoneKey),
    begin(zoneKey) {
      waiting.add(zoneKey);
      if (current !== null || next() !== zoneKey) return false;
      waiting.delete(zoneKey);
      current = zoneKey;
      turn += 1;
      turns.set(splitKey(zoneKey).namespace, turn);
      return true;
    },
    end: () => void (current = null),
    forget: (zoneKey) => void waiting.delete(zoneKey),
    clear() {
      waiting.clear();
      turns.clear();
      current = null;
    },
  };
}
