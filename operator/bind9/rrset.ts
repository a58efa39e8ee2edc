// Merges record objects into RRsets. Of those that cannot stand together the oldest object stays, and each that is
// left out gets a diagnostic: one bad object never costs more than itself.
import { absoluteName, isHostOwner, isWithin } from "./domain-name.ts";
import type { Diagnostic, RecordInput, RecordType, RecordValue } from "./resource-record.ts";
import { itemsPerStep } from "./sorted.ts";

export interface RecordSet {
  readonly name: string;
  readonly type: RecordType;
  /** By presentation text, so that two objects with one value give one record. */
  readonly values: Map<string, RecordValue>;
  /** The objects that take part, by id (null is the zone itself), each with the TTL it asks for, in seconds. */
  readonly members: Map<string | null, number | undefined>;
}

/** The TTL of an RRset, which has one (RFC 2181, section 5.2): the lowest that is asked for; undefined for the zone's own. */
export function ttlOf({ members }: RecordSet): number | undefined {
  const asked = [...members.values()].filter((ttl) => ttl !== undefined);
  return asked.length === 0 ? undefined : Math.min(...asked);
}

/** A record whose name is absolute; `id` is null for what the zone itself brings along. */
export type NamedRecord = Omit<RecordInput, "id" | "refused" | "age"> & { readonly id: string | null };

// named refuses a whole zone over an RRset larger than this (`max-records-per-type`, BIND 9.18.28 and later).
const mostValues = 100;
// What is left of the 65,535 octets of a message beside the question, the name servers and their addresses.
const mostOctets = 60_000;
// A pointer to the name, type, class, TTL and length (RFC 1035, sections 3.2.1 and 4.1.4), and the longest address.
const octetsPerRecord = 12 + 16;

/** No less than what the values take on the wire: but for an address, the text is never shorter than the data. */
function sizeOf(values: readonly RecordValue[]): number {
  return values.reduce((sum, { text }) => sum + octetsPerRecord + text.length, 0);
}

/** Gives each record its absolute name, or a diagnostic why it can have none in the zone `origin`. */
export function placeRecord(record: RecordInput, origin: string): NamedRecord | Diagnostic {
  const { id, type } = record;
  const read = absoluteName(record.name, origin);
  if (read.kind === "refused") return { id, reason: "InvalidName", message: read.why };
  const { name } = read;
  if (!isWithin(name, origin)) {
    const message = `${name} lies outside the zone ${origin} (a name with a final dot is taken as it is)`;
    return { id, reason: "OutsideZone", message };
  }
  if (type.needsHostOwner && !isHostOwner(name, type.isAddress)) {
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
export function* mergeRecords(
  records: readonly NamedRecord[],
  diagnostics: Diagnostic[],
): Generator<void, Map<string, RecordSet>> {
  const sets = new Map<string, RecordSet>();
  for (const [index, record] of records.entries()) {
    if (index % itemsPerStep === 0) yield;
    if (record.values.length === 0) continue;
    const key = setKey(record.name, record.type);
    const set = sets.get(key) ?? emptySet(record);
    if (addValues(set, record, diagnostics)) sets.set(key, set);
  }
  let seen = 0;
  for (const set of sets.values()) {
    warnOfTtls(set, diagnostics);
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
  }
  return sets;
}

function emptySet({ name, type }: NamedRecord): RecordSet {
  return { name, type, values: new Map(), members: new Map() };
}

function warnOfTtls(set: RecordSet, diagnostics: Diagnostic[]): void {
  const ttls = new Set([...set.members.values()].filter((ttl) => ttl !== undefined));
  if (ttls.size < 2) return;
  const others = [...ttls].toSorted((one, other) => one - other).join(", ");
  const message =
    `the objects of ${set.name} ${set.type.name} ask for the TTLs ${others}, and one RRset has one: ` +
    `it is served with ${ttlOf(set)}; give all of them the same`;
  for (const id of set.members.keys()) {
    if (id !== null) diagnostics.push({ id, reason: "TtlConflict", message });
  }
}

/** Whether the record takes part. */
function addValues(set: RecordSet, record: NamedRecord, diagnostics: Diagnostic[]): boolean {
  const { id, ttl, type, name } = record;
  const what = `${name} ${type.name}`;
  const fresh = record.values.filter((value) => !set.values.has(value.text));
  if (type.isExclusive && set.values.size + fresh.length > 1) {
    const message = `${what} can have one value only, and an older object gives it another`;
    diagnostics.push({ id, reason: "Conflict", message });
  } else if (set.values.size + fresh.length > mostValues) {
    const message = `${what} would have more than ${mostValues} values, which named does not load`;
    diagnostics.push({ id, reason: "TooManyValues", message });
  } else if (sizeOf([...set.values.values(), ...fresh]) > mostOctets) {
    const message = `${what} would have more than ${mostOctets} octets, and an answer of DNS has room for 65,535`;
    diagnostics.push({ id, reason: "TooManyValues", message });
  } else {
    for (const value of fresh) set.values.set(value.text, value);
    set.members.set(id, ttl);
    return true;
  }
  return false;
}

/** Drops what may not stand beside other types at its name; the other types stay. At the origin the SOA is one. */
export function* dropExclusives(
  sets: Map<string, RecordSet>,
  origin: string,
  diagnostics: Diagnostic[],
): Generator<void, void> {
  const typesAt = new Map<string, RecordSet[]>();
  let seen = 0;
  for (const set of sets.values()) {
    const together = typesAt.get(set.name);
    if (together === undefined) typesAt.set(set.name, [set]);
    else together.push(set);
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
  }
  for (const [name, together] of typesAt) {
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
    const always = name === origin ? ["SOA"] : [];
    if (together.length + always.length === 1) continue;
    for (const set of together.filter(({ type }) => type.isExclusive)) {
      sets.delete(setKey(name, set.type));
      const others = [...always, ...together.filter((other) => other !== set).map(({ type }) => type.name)];
      const message = `${set.type.name} cannot stand beside ${others.join(", ")} at ${name}`;
      for (const id of set.members.keys()) diagnostics.push({ id, reason: "Conflict", message });
    }
  }
}

/** The key of an RRset. */
export function setKey(name: string, type: RecordType): string {
  return `${name} ${type.name}`;
}
