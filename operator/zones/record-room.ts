// How many records are compiled altogether. What a record came to is kept for each zone that selects it, so that a few objects may come to
// any number: 300 zones that all select the same 3,000 records to 900,000. Nobody's zones may take the room of all others.
import { splitKey, type KubernetesObject } from "../resources/kubernetes-object.ts";

export interface RecordRoom {
  /**
   * Takes room for the records of a zone, by their weight, instead of what it had. False if there is not that much: then what it had is kept for
   * it, but where it has to give way.
   */
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
 * still gets something, as does whoever wants a little more, and a zone of the namespace that has most gives way when it is looked at again.
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

  /** Whether so much may stand where so much stood, which has been taken out of the sums. */
  function isRoom(namespace: string, weight: number, before: number): boolean {
    const wanted = (namespaces.get(namespace) ?? 0) + weight;
    if (wanted > most / 2) return false;
    if (total + weight <= most) return true;
    // Half of it: with all of it two who have as much would take it from each other in turn.
    const little = evenPart(namespace, wanted) / 2;
    const isLittle = wanted <= little || (before > 0 && weight - before <= little);
    return total + weight <= most * overcommitted && isLittle;
  }

  function crowdedOut(): string | null {
    if (total <= most) return null;
    const [largest] = [...namespaces].toSorted(([, one], [, other]) => other - one);
    const ofLargest = [...weights]
      .filter(([key]) => splitKey(key).namespace === largest?.[0])
      .toSorted(([, one], [, other]) => one - other);
    const enough = ofLargest.find(([, weight]) => weight >= total - most) ?? ofLargest.at(-1);
    return enough?.[0] ?? null;
  }

  return {
    take(zoneKey, weight) {
      // What a zone has it keeps, unless it is the one that has to give way.
      const before = crowdedOut() === zoneKey ? 0 : (weights.get(zoneKey) ?? 0);
      const isKept = weight <= before;
      release(zoneKey);
      const { namespace } = splitKey(zoneKey);
      const isTaken = isKept || isRoom(namespace, weight, before);
      const given = isTaken ? weight : before;
      weights.set(zoneKey, given);
      add(zoneKey, given);
      return isTaken;
    },
    crowdedOut,
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
// An octet that is no printable character of ASCII is written as \DDD in a zone file.
const charactersOfEscape = 4;
const unprintable = /[^\u0020-\u007e]/;

/** How many records of a usual size a record in the zone `origin` is as large as. */
export function weightOf(
  { spec = {} }: KubernetesObject & { readonly spec?: object },
  origin: string,
): number {
  // As it is published, and by its place in the zone.
  let characters = 2 * origin.length;
  for (const value of Object.values(spec) as unknown[]) {
    const items = Array.isArray(value) ? (value as unknown[]) : [value];
    for (const item of items)
      characters += charactersBeside + (typeof item === "string" ? lengthOf(item) : 0);
  }
  return 1 + Math.floor(characters / charactersOfOne);
}

function lengthOf(text: string): number {
  return unprintable.test(text) ? Buffer.byteLength(text) * charactersOfEscape : text.length;
}
