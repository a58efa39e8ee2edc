// Delegations that came too late. One hides what lies at and below its name; and a younger object never takes away what an older one has
// served. So a delegation cuts the zone only where nothing older would be hidden by it, but for the addresses of its own servers below its name:
// these lead there. An address at the name itself would not be answered any more, and one of the zone's own servers not be given with the zone's.
//
// What becomes of a delegation goes by older objects alone: they are looked at from the oldest on, and each by those that were looked at before.
import { compareText } from "./domain-name.ts";
import type { NamedRecord, RecordSet } from "./rrset.ts";
import { byAge, oldestOf, zoneRecord } from "./rrset.ts";
import { pause, sorted } from "./sorted.ts";

export interface DelegatedZone {
  readonly origin: string;
  /** The RRsets of name servers that can be reached, those of the zone itself among them. */
  readonly delegations: readonly RecordSet[];
  /** By the names that are delegated, the record with which their delegations began to lead somewhere. */
  readonly since: ReadonlyMap<string, NamedRecord>;
  /** The other RRsets at and below the name of a delegation. */
  below(name: string): Iterable<RecordSet>;
  /** The server to which the zone itself gives addresses where nobody else does: they count as the zone's own, whoever gives them. null if there is none. */
  readonly ownHost: string | null;
}

/** An RRset, and the record by which it has its age. */
export interface AgedSet {
  readonly set: RecordSet;
  readonly first: NamedRecord;
}

interface Contested extends AgedSet {
  /** Older RRsets that it would hide. */
  readonly rivals: readonly AgedSet[];
}

/** By the RRsets of name servers: the record with which each began to hide what it hides now. */
type Starts = ReadonlyMap<RecordSet, NamedRecord>;

/** The delegations that may not cut the zone, each with the oldest RRset that it would hide. */
export function* lateDelegations(zone: DelegatedZone): Generator<void, ReadonlyMap<RecordSet, AgedSet>> {
  const late = new Map<RecordSet, AgedSet>();
  const starts = yield* startsOf(zone);
  const contested = yield* sorted(yield* contestedOf(zone, starts), byFirst);
  if (contested.length === 0) return late;
  const byName = new Map(zone.delegations.map((set) => [set.name, set]));

  /** Whether an older delegation above hides it. */
  function isHidden({ set: { name }, first }: AgedSet): boolean {
    return namesUpFrom(name, zone.origin).some((above) => {
      const other = above === name ? undefined : byName.get(above);
      const start = other === undefined || late.has(other) ? undefined : starts.get(other);
      return start !== undefined && byAge(start, first) < 0;
    });
  }

  for (const [index, each] of contested.entries()) {
    yield* pause(index);
    if (isHidden(each)) continue;
    let oldest: AgedSet | null = null;
    for (const [at, rival] of each.rivals.entries()) {
      yield* pause(at);
      if (!late.has(rival.set) && (oldest === null || byFirst(rival, oldest) < 0)) oldest = rival;
    }
    if (oldest !== null) late.set(each.set, oldest);
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

function* contestedOf(zone: DelegatedZone, starts: Starts): Generator<void, Contested[]> {
  const zoneServers = yield* namedBy(zone.delegations.find(({ name }) => name === zone.origin));
  const contested: Contested[] = [];
  let seen = 0;
  for (const [set, first] of starts) {
    yield* pause((seen += 1));
    const rivals: AgedSet[] = [];
    for (const other of zone.below(set.name)) {
      yield* pause((seen += 1));
      const since = starts.get(other) ?? firstOf(other, zone);
      if (byAge(since, first) >= 0) continue;
      const named = zoneServers.get(other.name);
      const isOfZone = named !== undefined && byAge(named, first) < 0;
      if (isOfZone || !leadsTo(other, set)) rivals.push({ set: other, first: since });
    }
    if (rivals.length > 0) contested.push({ set, first, rivals });
  }
  return contested;
}

/**
 * Of several records of a delegation one may have come last that names the server of an older address: that address did not lead there before, and
 * up to then the delegation was too late.
 */
function* startsOf(zone: DelegatedZone): Generator<void, Starts> {
  const starts = new Map<RecordSet, NamedRecord>();
  let seen = 0;
  for (const set of zone.delegations) {
    if (set.name === zone.origin) continue;
    yield* pause((seen += 1));
    let start = zone.since.get(set.name) ?? oldestOf(set);
    const leading: AgedSet[] = [];
    for (const other of set.members.length === 1 ? [] : zone.below(set.name)) {
      yield* pause((seen += 1));
      if (leadsTo(other, set)) leading.push({ set: other, first: firstOf(other, zone) });
    }
    const named = leading.length === 0 ? null : yield* namedBy(set);
    for (const { set: other, first } of leading.toSorted(byFirst)) {
      if (byAge(first, start) >= 0) break;
      const naming = named?.get(other.name) ?? start;
      if (byAge(start, naming) < 0) start = naming;
    }
    starts.set(set, start);
  }
  return starts;
}

/** By each host that an RRset names, the oldest record that does. */
function* namedBy(set: RecordSet | undefined): Generator<void, ReadonlyMap<string, NamedRecord>> {
  const found = new Map<string, NamedRecord>();
  for (const [index, member] of (set?.members ?? []).entries()) {
    yield* pause(index);
    for (const { host } of member.values) if (host !== undefined && !found.has(host)) found.set(host, member);
  }
  return found;
}

/** Whether it is an address below the delegation's name of one of its servers. */
function leadsTo({ name, type }: RecordSet, delegation: RecordSet): boolean {
  return type.isAddress && name !== delegation.name && isServer(name, delegation);
}

function firstOf(set: RecordSet, { ownHost }: DelegatedZone): NamedRecord {
  const isOwn = set.type.isAddress && set.name === ownHost;
  return isOwn ? zoneRecord(set.name, set.type, set.values) : oldestOf(set);
}

function isServer(name: string, { values }: RecordSet): boolean {
  return values.some(({ host }) => host === name);
}

/** One record may give several RRsets their age: these go by their names, so that the same records have the same one told. */
function byFirst(left: AgedSet, right: AgedSet): number {
  const [one, other] = [left.set, right.set];
  const byName = compareText(one.name, other.name) || compareText(one.type.name, other.type.name);
  return byAge(left.first, right.first) || byName;
}
