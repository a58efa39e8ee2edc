// Merges record objects into RRsets. Of those that cannot stand together the oldest object stays, and each that is
// left out gets a diagnostic: one bad object never costs more than itself.
import { absoluteName, isHostOwner, isWithin } from "./domain-name.ts";
import type { Diagnostic, RecordInput, RecordType, RecordValue } from "./resource-record.ts";

export interface RecordSet {
  readonly name: string;
  readonly type: RecordType;
  /** In seconds; undefined for the zone's own. */
  ttl: number | undefined;
  /** By presentation text, so that two objects with one value give one record. */
  readonly values: Map<string, RecordValue>;
  /** The objects that take part, by id; null is the zone itself. */
  readonly members: Set<string | null>;
}

/** A record whose name is absolute; `id` is null for what the zone itself brings along. */
export type NamedRecord = Omit<RecordInput, "id" | "refused" | "age"> & { readonly id: string | null };

// named refuses a whole zone over an RRset larger than this (`max-records-per-type`, BIND 9.18.28 and later).
const mostValues = 100;

/** Gives each record its absolute name, or a diagnostic why it can have none in the zone `origin`. */
export function placeRecord(record: RecordInput, origin: string): NamedRecord | Diagnostic {
  const { id, type } = record;
  const name = absoluteName(record.name, origin);
  if (name === null)
    return { id, reason: "InvalidName", message: `${JSON.stringify(record.name)} is not a domain name` };
  if (!isWithin(name, origin)) {
    return { id, reason: "OutsideZone", message: `${name} lies outside the zone ${origin}` };
  }
  if (type.needsHostOwner && !isHostOwner(name)) {
    return {
      id,
      reason: "InvalidName",
      message: `${name} is not a host name, which type ${type.name} needs`,
    };
  }
  if (type.isDelegation && name.startsWith("*.")) {
    return { id, reason: "InvalidName", message: `${name} is a wildcard, which cannot be delegated` };
  }
  return { ...record, name };
}

/** Merges records, given oldest first, into RRsets by name and type. */
export function mergeRecords(
  records: readonly NamedRecord[],
  diagnostics: Diagnostic[],
): Map<string, RecordSet> {
  const sets = new Map<string, RecordSet>();
  for (const record of records) {
    if (record.values.length === 0) continue;
    const key = setKey(record.name, record.type);
    const set = sets.get(key);
    if (set === undefined) {
      sets.set(key, emptySet(record));
      addValues(sets.get(key) ?? emptySet(record), record, diagnostics);
    } else {
      addValues(set, record, diagnostics);
    }
  }
  return sets;
}

function emptySet({ name, type }: NamedRecord): RecordSet {
  return { name, type, ttl: undefined, values: new Map(), members: new Set() };
}

function addValues(set: RecordSet, record: NamedRecord, diagnostics: Diagnostic[]): void {
  const { id, ttl, type, name } = record;
  const what = `${name} ${type.name}`;
  const fresh = record.values.filter((value) => !set.values.has(value.text));
  if (set.ttl !== undefined && ttl !== undefined && set.ttl !== ttl) {
    const message = `an older object gives ${what} the TTL ${set.ttl}, and one RRset has one TTL; this asks for ${ttl}`;
    diagnostics.push({ id, reason: "TtlConflict", message });
  } else if (type.isExclusive && set.values.size + fresh.length > 1) {
    const message = `${what} can have one value only, and an older object gives it another`;
    diagnostics.push({ id, reason: "Conflict", message });
  } else if (set.values.size + fresh.length > mostValues) {
    const message = `${what} would have more than ${mostValues} values, which named does not load`;
    diagnostics.push({ id, reason: "TooManyValues", message });
  } else {
    set.ttl ??= ttl;
    for (const value of fresh) set.values.set(value.text, value);
    set.members.add(id);
  }
}

/** Drops what may not stand beside other types at its name; the other types stay. At the origin the SOA is one. */
export function dropExclusives(
  sets: Map<string, RecordSet>,
  origin: string,
  diagnostics: Diagnostic[],
): void {
  const typesAt = Map.groupBy(sets.values(), (set) => set.name);
  for (const [name, together] of typesAt) {
    const always = name === origin ? ["SOA"] : [];
    if (together.length + always.length === 1) continue;
    for (const set of together.filter(({ type }) => type.isExclusive)) {
      sets.delete(setKey(name, set.type));
      const others = [...always, ...together.filter((other) => other !== set).map(({ type }) => type.name)];
      const message = `${set.type.name} cannot stand beside ${others.join(", ")} at ${name}`;
      for (const id of set.members) diagnostics.push({ id, reason: "Conflict", message });
    }
  }
}

/** The key of an RRset. */
export function setKey(name: string, type: RecordType): string {
  return `${name} ${type.name}`;
}
