// Which of its records the status of a zone lists: the first by kind and name.
import { itemsPerStep } from "../bind9/sorted.ts";
import { referenceOf, type FullReference } from "../resources/kubernetes-object.ts";
import type { KnownRecord } from "../world.ts";

/** An object with thousands would be mostly list. */
const mostListed = 100;

/** The first hundred of the records, in order. Only those are sorted: most records of a large zone come after them. */
export function* firstRecords(records: Iterable<KnownRecord>): Generator<void, readonly FullReference[]> {
  const first: KnownRecord[] = [];
  let last: KnownRecord | null = null;
  let seen = 0;
  for (const record of records) {
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
    if (last !== null && !isListedBefore(record, last)) continue;
    const at = first.findIndex((other) => isListedBefore(record, other));
    first.splice(at === -1 ? first.length : at, 0, record);
    if (first.length > mostListed) first.pop();
    if (first.length === mostListed) last = first.at(-1) ?? null;
  }
  return first.map(({ object }) => referenceOf(object));
}

function isListedBefore(left: KnownRecord, right: KnownRecord): boolean {
  const kind = left.kind.resource.kind;
  const otherKind = right.kind.resource.kind;
  return kind === otherKind ? left.object.metadata.name < right.object.metadata.name : kind < otherKind;
}
