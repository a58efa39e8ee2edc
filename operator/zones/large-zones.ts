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
  let current: string | null = null;
  let lastNamespace = "";

  function next(): string | undefined {
    const [first] = waiting;
    for (const key of waiting) if (splitKey(key).namespace !== lastNamespace) return key;
    return first;
  }

  return {
    hasToWait: (zoneKey) => waiting.has(zoneKey) && (current !== null || next() !== zoneKey),
    begin(zoneKey) {
      waiting.add(zoneKey);
      if (current !== null || next() !== zoneKey) return false;
      waiting.delete(zoneKey);
      current = zoneKey;
      lastNamespace = splitKey(zoneKey).namespace;
      return true;
    },
    end: () => void (current = null),
    forget: (zoneKey) => void waiting.delete(zoneKey),
    clear() {
      waiting.clear();
      current = null;
    },
  };
}
