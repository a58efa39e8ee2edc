// Delegations that came too late. One hides what lies at and below its name; and a younger object never takes away what an older one has
// served. So a delegation cuts the zone only where nothing older would be hidden by it, but for addresses that lead to servers.
//
// What becomes of a delegation goes by older objects alone: they are looked at from the oldest on, and each by those that were looked at before.
import type { NamedRecord, RecordSet } from "./rrset.ts";
import { byAge, oldestOf } from "./rrset.ts";
import { itemsPerStep, sorted } from "./sorted.ts";

export interface DelegatedZone {
  readonly origin: string;
  /** The RRsets of name servers that can be reached, those of the zone itself among them. */
  readonly delegations: readonly RecordSet[];
  /** The other RRsets at and below the name of a delegation. */
  below(name: string): Iterable<RecordSet>;
}

interface Contested {
  readonly set: RecordSet;
  readonly first: NamedRecord;
  /** Older RRsets that it would hide. */
  readonly rivals: readonly RecordSet[];
}

/** The delegations that may not cut the zone, each with the oldest RRset that it would hide. */
export function* lateDelegations(zone: DelegatedZone): Generator<void, ReadonlyMap<RecordSet, RecordSet>> {
  const late = new Map<RecordSet, RecordSet>();
  const contested = yield* sorted(yield* contestedOf(zone), (one, other) => byAge(one.first, other.first));
  if (contested.length === 0) return late;
  const byName = new Map(zone.delegations.map((set) => [set.name, set]));
  const namedBy = yield* serversAmong(contested, zone);

  /** Whether an older delegation above hides it. */
  function isHidden({ name }: RecordSet, first: NamedRecord): boolean {
    return namesUpFrom(name, zone.origin).some((above) => {
      const other = above === name ? undefined : byName.get(above);
      return other !== undefined && !late.has(other) && byAge(firstServed(other), first) < 0;
    });
  }

  /** Whether it is the address of a server that an older delegation leads to. */
  function isGlue({ name, type }: RecordSet, first: NamedRecord): boolean {
    if (!type.isAddress) return false;
    return (namedBy.get(name) ?? []).some((other) => {
      const itsFirst = firstServed(other);
      return byAge(itsFirst, first) < 0 && !late.has(other) && !isHidden(other, itsFirst);
    });
  }

  for (const [index, { set, first, rivals }] of contested.entries()) {
    if (index % itemsPerStep === itemsPerStep - 1) yield;
    if (isHidden(set, first)) continue;
    const left = rivals.filter((rival) => !late.has(rival) && !isGlue(rival, first));
    const [oldest] = left.toSorted((one, other) => byAge(firstServed(one), firstServed(other)));
    if (oldest !== undefined) late.set(set, oldest);
  }
  return late;
}

/** A name and those above it, without the origin. */
export function namesUpFrom(name: string, origin: string): string[] {
  const names: string[] = [];
  for (let at = name; at !== origin && at.length > origin.length; at = at.slice(at.indexOf(".") + 1)) {
    names.push(at);
  }
  return names;
}

function* contestedOf({ origin, delegations, below }: DelegatedZone): Generator<void, Contested[]> {
  const ofZone = delegations.find(({ name }) => name === origin);
  const zoneServers = new Set(ofZone?.values.map(({ host }) => host));
  const contested: Contested[] = [];
  let seen = 0;
  for (const set of delegations) {
    if (set.name === origin) continue;
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
    const rivals: RecordSet[] = [];
    const first = firstServed(set);
    for (const other of below(set.name)) {
      seen += 1;
      if (seen % itemsPerStep === 0) yield;
      const leads = other.type.isAddress && (isServer(other.name, set) || zoneServers.has(other.name));
      if (!leads && byAge(firstServed(other), first) < 0) rivals.push(other);
    }
    if (rivals.length > 0) contested.push({ set, first, rivals });
  }
  return contested;
}

/** By the names of addresses that would be hidden: the delegations to servers of these names. */
function* serversAmong(
  contested: readonly Contested[],
  { delegations }: DelegatedZone,
): Generator<void, ReadonlyMap<string, readonly RecordSet[]>> {
  const found = new Map<string, RecordSet[]>();
  for (const { rivals } of contested) {
    for (const { name, type } of rivals) if (type.isAddress) found.set(name, []);
  }
  if (found.size === 0) return found;
  for (const [index, set] of delegations.entries()) {
    if (index % itemsPerStep === itemsPerStep - 1) yield;
    for (const { host } of set.values) if (host !== undefined) found.get(host)?.push(set);
  }
  return found;
}

/** The oldest record of an RRset that has a value in it. */
function firstServed(set: RecordSet): NamedRecord {
  if (!set.type.isDelegation || set.members.length === 1) return oldestOf(set);
  const served = set.members.find(({ values }) => values.some(({ host = "" }) => isServer(host, set)));
  return served ?? oldestOf(set);
}

function isServer(name: string, { values }: RecordSet): boolean {
  return values.some(({ host }) => host === name);
}
