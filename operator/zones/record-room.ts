// How many records are compiled altogether. What a record came to is kept for each zone that selects it, so that a few objects may come to
// any number: 300 zones that all select the same 3,000 records to 900,000. Nobody's zones may take the room of all others.
import { splitKey } from "../resources/kubernetes-object.ts";

export interface RecordRoom {
  /** Takes room for the records of a zone, instead of what it had; false if there is not that much, and then it has none. */
  take(zoneKey: string, count: number): boolean;
  release(zoneKey: string): void;
  clear(): void;
}

/**
 * Creates the room for `most` records, and half as many again for newcomers. One namespace has half of `most` at its most. Once that is
 * taken, those that have more than their part of the half get nothing more, and others do. Whoever has room keeps it, as long as no more is asked for.
 */
export function createRecordRoom(most: number): RecordRoom {
  const zones = new Map<string, number>();
  const namespaces = new Map<string, number>();
  let total = 0;

  function release(zoneKey: string): void {
    const count = zones.get(zoneKey) ?? 0;
    const namespace = splitKey(zoneKey).namespace;
    const left = (namespaces.get(namespace) ?? 0) - count;
    zones.delete(zoneKey);
    if (left > 0) namespaces.set(namespace, left);
    else namespaces.delete(namespace);
    total -= count;
  }

  return {
    take(zoneKey, count) {
      const before = zones.get(zoneKey) ?? 0;
      release(zoneKey);
      const { namespace } = splitKey(zoneKey);
      const wanted = (namespaces.get(namespace) ?? 0) + count;
      const others = namespaces.has(namespace) ? namespaces.size - 1 : namespaces.size;
      const part = most / 2 / (others + 1);
      const isRoom = wanted <= most / 2 && total + count <= (wanted > part ? most : most * 1.5);
      if (count > before && !isRoom) return false;
      zones.set(zoneKey, count);
      namespaces.set(namespace, wanted);
      total += count;
      return true;
    },
    release,
    clear() {
      zones.clear();
      namespaces.clear();
      total = 0;
    },
  };
}
