// Merges record objects into RRsets. Of those that cannot stand together the oldest object stays, and each that is
// left out gets a diagnostic: one bad object never costs more than itself.
import { absoluteName, compareText, isHostOwner, isWithin } from "./domain-name.ts";
import type {
  Diagnostic,
  DiagnosticReason,
  RecordInput,
  RecordType,
  RecordValue,
} from "./resource-record.ts";
import { itemsPerStep } from "./sorted.ts";

export interface RecordSet {
  readonly name: string;
  readonly type: RecordType;
  /** No two of one presentation text: two objects with one value give one record. */
  readonly values: readonly RecordValue[];
  /** What takes part, oldest first and never none: records of objects, and of the zone itself. */
  readonly members: readonly NamedRecord[];
}

/** The TTL of an RRset, which has one (RFC 2181, section 5.2): the lowest of its records. Those that ask for none have `usual`, the zone's own. */
export function ttlOf({ members }: RecordSet, usual: number): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const { ttl } of members) lowest = Math.min(ttl ?? usual, lowest);
  return lowest;
}

/** A record whose name is absolute; `id` is null for what the zone itself brings along, which is older than any object. */
export interface NamedRecord extends Pick<RecordInput, "type" | "name" | "ttl" | "values" | "age"> {
  readonly id: string | null;
}

/** Orders records by who stays where they cannot stand together: the zone itself, then the older object, then the one whose namespace and name sort first. */
export function byAge(left: Pick<NamedRecord, "id" | "age">, right: Pick<NamedRecord, "id" | "age">): number {
  if (left.id === null || right.id === null) return Number(left.id !== null) - Number(right.id !== null);
  const byTime = compareText(left.age, right.age);
  return byTime || compareText(nameIn(left.id), nameIn(right.id)) || compareText(left.id, right.id);
}

/** An id without the kind that it begins with. */
function nameIn(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

/** A record of the zone itself. */
export function zoneRecord(name: string, type: RecordType, values: readonly RecordValue[]): NamedRecord {
  return { id: null, age: "", name, type, ttl: undefined, values };
}

// named refuses a whole zone over an RRset larger than this (`max-records-per-type`, BIND 9.18.28 and later).
export const mostValues = 100;
/** What is left of the 65,535 octets of a message beside the question, the name servers and their addresses. */
export const mostOctets = 60_000;
// A pointer to the name, type, class, TTL and length (RFC 1035, sections 3.2.1 and 4.1.4), and the longest address.
const octetsPerRecord = 12 + 16;

/** No less than what the values take on the wire: but for an address, the text is never shorter than the data once an escape counts as the octet that it is. */
function sizeOf(values: readonly RecordValue[]): number {
  return values.reduce((sum, { text }) => sum + octetsPerRecord + octetsOf(text), 0);
}

function octetsOf(text: string): number {
  return text.includes("\\") ? text.replaceAll(/\\(?:\d{3}|.)/g, "x").length : text.length;
}

/** The absolute name of a record in the zone `origin`, or a diagnostic why it can have none. */
export function placeRecord(
  { id, type, name: written, values }: RecordInput,
  origin: string,
): string | Diagnostic {
  const read = absoluteName(written, origin);
  if (read.kind === "refused") return { id, reason: "InvalidName", message: `name: ${read.why}` };
  const { name } = read;
  if (!isWithin(name, origin)) {
    const what = `name: ${name} lies outside the zone ${origin}, and with its final dot is taken as it is`;
    const remedy = "write it relative to the zone, or have another zone select the record";
    return { id, reason: "OutsideZone", message: `${what}: ${remedy}` };
  }
  if (type.needsHostOwner && !isHostOwner(name, type.isAddress)) {
    const what = `name: ${name} is not a host name, which type ${type.name} needs`;
    return {
      id,
      reason: "InvalidName",
      message: `${what}: write it with letters, digits and hyphens, and no hyphen at the ends of a label`,
    };
  }
  // It takes no part in what stands at its name.
  if (type.isExclusive && values.some(({ text }) => text === name)) {
    const message = `target: ${name} is the name of the record itself, so that it would never be answered: write another one`;
    return { id, reason: "AliasLoop", message };
  }
  if (type.isDelegation && name.startsWith("*.")) {
    const message = `name: ${name} is a wildcard, which cannot be delegated: write the name that is to be`;
    return { id, reason: "InvalidName", message };
  }
  return name;
}

/** What comes of the records of one name and type. */
export interface MergedSet {
  /** null where none of them has a value. */
  readonly set: RecordSet | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** Merges records of one name and type, given oldest first, into their RRset, in which there is room left for `reserved`. */
export function* mergeSet(
  { name, type }: Pick<RecordSet, "name" | "type">,
  records: readonly NamedRecord[],
  reserved: readonly RecordValue[],
): Generator<void, MergedSet> {
  const [only] = records;
  const isAlone = records.length === 1 && reserved.length === 0;
  if (isAlone && only?.values.length === 1 && refusalOf(only, only.values) === null)
    return { set: { name, type, values: only.values, members: records }, diagnostics: [] };
  const diagnostics: Diagnostic[] = [];
  const values = new Map<string, RecordValue>();
  const members: NamedRecord[] = [];
  for (const [index, record] of records.entries()) {
    if (index % itemsPerStep === itemsPerStep - 1) yield;
    if (record.values.length === 0) continue;
    const fresh = record.values.filter(({ text }) => !values.has(text));
    const all = [...values.values(), ...fresh];
    const kept = reserved.filter(({ text }) => !all.some((value) => value.text === text));
    const refusal = refusalOf(record, [...all, ...kept], members[0]);
    if (refusal !== null) {
      diagnostics.push({ id: record.id, ...refusal });
      continue;
    }
    for (const value of fresh) values.set(value.text, value);
    members.push(record);
  }
  if (members.length === 0) return { set: null, diagnostics };
  return { set: { name, type, values: [...values.values()], members }, diagnostics };
}

/** Why a record cannot take part in an RRset that would have these values, the oldest of which is another's; null where it can. */
function refusalOf(
  { name, type }: NamedRecord,
  values: readonly RecordValue[],
  oldest?: NamedRecord,
): Pick<Diagnostic, "reason" | "message"> | null {
  const what = `${name} ${type.name}`;
  if (type.isExclusive && values.length > 1) {
    const others = oldest === undefined ? "it has several" : `${idOf(oldest)} came first with another`;
    const message = `name: ${what} can have one value only, and ${others}: delete one of the two`;
    return { reason: "Conflict", message };
  }
  const alone = values.length > 1 ? values.find(({ isAlone }) => isAlone) : undefined;
  if (alone !== undefined) {
    const others = oldest === undefined ? "it has others" : `${idOf(oldest)} came first`;
    const message = `name: ${what} "${alone.text}" says that there is none, and stands beside no other value, and ${others}: delete one of the two`;
    return { reason: "Conflict", message };
  }
  if (values.length > mostValues) {
    const message = `${what} would have more than ${mostValues} values, which named does not load: take some away, or spread them over several names`;
    return { reason: "TooManyValues", message };
  }
  if (sizeOf(values) <= mostOctets) return null;
  const message = `${what} would have more than ${mostOctets} octets, and an answer of DNS has room for 65,535: take some values away, or spread them over several names`;
  return { reason: "TooManyValues", message };
}

/**
 * What is told where the records of an RRset would have several TTLs; those that ask for none have `usual`, the zone's own. Each object is told: who
 * wrote the one need not know of the other. The zone itself is where it does not get its own.
 */
export function differentTtls(set: RecordSet, usual: number): readonly Diagnostic[] {
  const served = ttlOf(set, usual);
  if (set.members.every(({ ttl }) => (ttl ?? usual) === served)) return [];
  const ttls = new Set(set.members.map(({ ttl }) => ttl ?? usual));
  const isUsual = set.members.some(({ ttl }) => ttl === undefined);
  const others = [...ttls]
    .toSorted((one, other) => one - other)
    .map((ttl) => (isUsual && ttl === usual ? `${ttl} (the zone's own)` : `${ttl}`))
    .join(", ");
  const lowering = set.members.find(({ ttl }) => ttl === served);
  const why = lowering === undefined ? "" : `, as ${idOf(lowering)} asks`;
  const message =
    `ttl: the records of ${set.name} ${set.type.name} have the TTLs ${others}, and one RRset has one: ` +
    `it is served with ${served}${why}; give all of them the same ttl`;
  const members = set.members.filter(({ id }) => id !== null || usual !== served);
  return ofMembers({ members }, "TtlConflict", message);
}

/** The same for each that takes part in an RRset. */
export function ofMembers(
  { members }: Pick<RecordSet, "members">,
  reason: DiagnosticReason,
  message: string,
): Diagnostic[] {
  return [...new Set(members.map(({ id }) => id))].map((id) => ({ id, reason, message }));
}

/** The RRset with values of the zone's own beside what it has. */
export function withOwn(
  { name, type }: Pick<RecordSet, "name" | "type">,
  set: RecordSet | null,
  values: readonly RecordValue[],
): RecordSet | null {
  if (values.length === 0) return set;
  const there = set?.values ?? [];
  const fresh = values.filter(({ text }) => !there.some((value) => value.text === text));
  const own = zoneRecord(name, type, values);
  return { name, type, values: [...there, ...fresh], members: [own, ...(set?.members ?? [])] };
}

/**
 * Why an RRset cannot stand beside the others at its name; none where it can. Where an alias meets other types, the side stays that the oldest
 * record is on: a younger object never takes away what an older one has served. `own` says what the zone itself has there, beside which no
 * alias can stand however old it is; null if nothing.
 */
export function conflictsOf(
  set: RecordSet,
  together: readonly RecordSet[],
  own: string | null,
): readonly Diagnostic[] {
  const what = `${set.type.name} cannot stand`;
  if (own !== null) {
    if (!set.type.isExclusive) return [];
    return ofMembers(set, "Conflict", `name: ${what} at ${set.name}: ${own}; give it another name`);
  }
  const others = together.filter(({ type }) => type.isExclusive !== set.type.isExclusive);
  const [winner] = others.map(oldestOf).toSorted(byAge);
  const side = together.filter(({ type }) => type.isExclusive === set.type.isExclusive);
  if (winner === undefined || side.some((one) => byAge(oldestOf(one), winner) < 0)) return [];
  const types = others.map(({ type }) => type.name).toSorted();
  const why = `${idOf(winner)} came first; give it another name, or delete one of the two`;
  return ofMembers(set, "Conflict", `name: ${what} beside ${types.join(", ")} at ${set.name}: ${why}`);
}

/** The record of an RRset that came first. */
export function oldestOf({ members }: RecordSet): NamedRecord {
  return members[0] as NamedRecord;
}

/** Who brought a record along, for a message. */
export function idOf({ id }: NamedRecord): string {
  return id ?? "the zone itself";
}
