// How many records are compiled altogether. What a record came to is kept for each zone that selects it, so that a few objects may come to
// any number: 300 zones that all select the same 3,000 records to 900,000. Nobody's zones may take the room of all others.
import { splitKey, type KubernetesObject } from "../resources/kubernetes-object.ts";

export interface RecordRoom {
  /** Takes room for the records of a zone, by their weight, instead of what it had; false if there is not that much, and then it has none. */
  take(zoneKey: string, weight: number): boolean;
  /** A zone that is to be looked at again, since others need its room; null if there is enough. */
  crowdedOut(): string | null;
  release(zoneKey: string): void;
  clear(): void;
}

// By how much more than there is those who have little may have, until those who have much have given way.
const overcommitted = 1.5;

/**
 * Creates the room for `most` records of a usual size. One namespace has half of it at most. Once all is taken, a namespace that has little
 * still gets something, and the one that has most gives way: when it is looked at again it gets less.
 */
export function createRecordRoom(most: number): RecordRoom {
  const weights = new Map<string, number>();
  const namespaces = new Map<string, number>();
  let total = 0;

  function add(zoneKey: string, weight: number): void {
    const { namespace } = splitKey(zoneKey);
    const sum = (namespaces.get(namespace) ?? 0) + weight;
    if (sum > 0) namespaces.set(namespace, sum);
    else namespaces.delete(namespace);
    total += weight;
  }

  function release(zoneKey: string): void {
    add(zoneKey, -(weights.get(zoneKey) ?? 0));
    weights.delete(zoneKey);
  }

  /** What each may have for all to fit, where those who have less leave the rest to the others. */
  function evenPart(namespace: string, wanted: number): number {
    const others = [...namespaces].flatMap(([name, sum]) => (name === namespace ? [] : [sum]));
    const sums = [...others, wanted].toSorted((one, other) => one - other);
    let left = most;
    for (const [index, sum] of sums.entries()) {
      const part = left / (sums.length - index);
      if (sum > part) return part;
      left -= sum;
    }
    return most;
  }

  function isRoom(namespace: string, weight: number): boolean {
    const wanted = (namespaces.get(namespace) ?? 0) + weight;
    if (wanted > most / 2) return false;
    if (total + weight <= most) return true;
    // Half of it: with all of it two who have as much would take it from each other in turn.
    return total + weight <= most * overcommitted && wanted <= evenPart(namespace, wanted) / 2;
  }

  return {
    take(zoneKey, weight) {
      release(zoneKey);
      if (!isRoom(splitKey(zoneKey).namespace, weight)) return false;
      weights.set(zoneKey, weight);
      add(zoneKey, weight);
      return true;
    },
    crowdedOut() {
      if (total <= most) return null;
      const [largest] = [...namespaces].toSorted(([, one], [, other]) => other - one);
      const ofLargest = [...weights.keys()].filter((key) => splitKey(key).namespace === largest?.[0]);
      return ofLargest.at(-1) ?? null;
    },
    release,
    clear() {
      weights.clear();
      namespaces.clear();
      total = 0;
    },
  };
}

// An address or a host's name is less, and some hundred addresses or a long text are many times that.
const charactersOfOne = 200;
const charactersBeside = 24;

/** How many records of a usual size a record is as large as. */
export function weightOf({ spec = {} }: KubernetesObject & { readonly spec?: object }): number {
  let characters = 0;
  for (const value of Object.values(spec) as unknown[]) {
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    for (const item of items) characters += charactersBeside + (typeof item === "string" ? item.length : 0);
  }
  return 1 + Math.floor(characters / charactersOfOne);
}
