// Name servers that nobody could ask: they lie in the zone, have no address there, and lie at or below the name of no other delegation, whose
// servers would have one. With such a server of its own named loads nothing of a zone; a delegation to it leads nowhere.
import { highestCut } from "./delegation.ts";
import { isWithin } from "./domain-name.ts";
import { byAge, type NamedRecord, type RecordSet } from "./rrset.ts";
import { pause, sorted } from "./sorted.ts";

export interface Reachability {
  /** By the names that are delegated, the hosts that are lost; of the zone's own servers all without an address here, for `lostOfZone`. */
  readonly lost: ReadonlyMap<string, ReadonlySet<string>>;
  /** By the names whose delegations lead somewhere, the record with which they began to. */
  readonly since: ReadonlyMap<string, NamedRecord>;
}

/** A delegation, and a host of it that others have to lead to. */
interface Waiting {
  readonly name: string;
  readonly host: string;
}

/** A name that is delegated, among those below which it lies: a host has one place, however many names are above it. */
interface Place {
  /** null for none: there may be very many places. */
  below: Place[] | null;
  /** What has no deeper place than this. */
  waiting: Waiting[] | null;
  /** Whether its delegation leads somewhere, or one above it. */
  isFound: boolean;
}

/**
 * Which servers can be asked. One below another delegation is found once that leads somewhere: two that lead to each other alone do not. The
 * records are taken from the oldest on, so that each RRset is known by what came before.
 */
export function* reachability(
  delegations: readonly RecordSet[],
  origin: string,
  hasAddress: (host: string) => boolean,
): Generator<void, Reachability> {
  const lost = new Map<string, Set<string>>();
  const since = new Map<string, NamedRecord>();
  const places = yield* placesOf(delegations, origin);
  let seen = 0;

  /** From `record` on the delegation leads somewhere, and so do those that have waited for it. */
  function* begin(first: string, record: NamedRecord): Generator<void, void> {
    const begun = [first];
    for (const name of begun) {
      if (since.has(name)) continue;
      since.set(name, record);
      const own = places.get(name);
      const found = own === undefined ? [] : [own];
      for (const each of found) {
        if (each.isFound) continue;
        each.isFound = true;
        for (const { name: other, host } of each.waiting ?? []) {
          yield* pause((seen += 1));
          lost.get(other)?.delete(host);
          begun.push(other);
        }
        each.waiting = null;
        for (const place of each.below ?? []) found.push(place);
      }
    }
  }

  for (const record of yield* sorted(
    delegations.flatMap(({ members }) => members),
    byAge,
  )) {
    const { name } = record;
    for (const { host } of record.values) {
      yield* pause((seen += 1));
      if (host === undefined || !isWithin(host, origin) || hasAddress(host)) {
        yield* begin(name, record);
        continue;
      }
      // What lies below its own name is found through nobody else. The zone's own are looked at by what cuts it in the end.
      const isForOthers = name !== origin && !isWithin(host, name);
      const place = isForOthers ? placeAbove(host, origin, places) : null;
      if (place?.isFound === true) {
        yield* begin(name, record);
        continue;
      }
      const hosts = lost.get(name);
      if (hosts === undefined) lost.set(name, new Set([host]));
      else hosts.add(host);
      if (place !== null) (place.waiting ??= []).push({ name, host });
    }
  }
  return { lost, since };
}

function* placesOf(
  delegations: readonly RecordSet[],
  origin: string,
): Generator<void, ReadonlyMap<string, Place>> {
  const places = new Map<string, Place>();
  for (const { name } of delegations)
    if (name !== origin) places.set(name, { below: null, waiting: null, isFound: false });
  let seen = 0;
  for (const [name, place] of places) {
    yield* pause((seen += 1));
    const above = placeAbove(name.slice(name.indexOf(".") + 1), origin, places);
    if (above !== null) (above.below ??= []).push(place);
  }
  return places;
}

/** The deepest place that a name is at or below; null if there is none. */
function placeAbove(name: string, origin: string, places: ReadonlyMap<string, Place>): Place | null {
  for (let at = name; at !== origin && at.length > origin.length; at = at.slice(at.indexOf(".") + 1)) {
    const place = places.get(at);
    if (place !== undefined) return place;
  }
  return null;
}

/** Of the zone's own servers without an address those that lie below none of the delegations that cut it. */
export function lostOfZone(
  homeless: ReadonlySet<string> | undefined,
  origin: string,
  cuts: ReadonlySet<string>,
): ReadonlySet<string> {
  return new Set([...(homeless ?? [])].filter((host) => highestCut(host, origin, cuts) === null));
}
