// Name servers that nobody could ask: they lie in the zone, have no address there, and lie at or below the name of no other delegation, whose
// servers would have one. With such a server of its own named loads nothing of a zone; a delegation to it leads nowhere.
import { highestCut } from "./delegation.ts";
import { isWithin } from "./domain-name.ts";
import { namesUpFrom } from "./late-delegations.ts";
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
  /** By the name of a delegation that leads nowhere yet, what it would lead to. */
  const waiting = new Map<string, Waiting[]>();
  let seen = 0;

  /** From `record` on the delegation leads somewhere, and so do those that have waited for it. */
  function* begin(first: string, record: NamedRecord): Generator<void, void> {
    const begun = [first];
    for (const name of begun) {
      if (since.has(name)) continue;
      since.set(name, record);
      const there = waiting.get(name) ?? [];
      waiting.delete(name);
      for (const { name: other, host } of there) {
        yield* pause((seen += 1));
        lost.get(other)?.delete(host);
        begun.push(other);
      }
    }
  }

  function wait(name: string, host: string, cuts: readonly string[]): void {
    const hosts = lost.get(name);
    if (hosts === undefined) lost.set(name, new Set([host]));
    else hosts.add(host);
    for (const cut of cuts) {
      const there = waiting.get(cut);
      if (there === undefined) waiting.set(cut, [{ name, host }]);
      else there.push({ name, host });
    }
  }

  for (const record of yield* sorted(
    delegations.flatMap(({ members }) => members),
    byAge,
  )) {
    const { name } = record;
    for (const { host } of record.values) {
      yield* pause((seen += 1));
      const isHere = host !== undefined && isWithin(host, origin) && !hasAddress(host);
      // What lies below its own name is found through nobody else. The zone's own are looked at by what cuts it in the end.
      const cuts = isHere && name !== origin && !isWithin(host, name) ? namesUpFrom(host, origin) : [];
      if (isHere && !cuts.some((cut) => since.has(cut))) wait(name, host, cuts);
      else yield* begin(name, record);
    }
  }
  return { lost, since };
}

/** Of the zone's own servers without an address those that lie below none of the delegations that cut it. */
export function lostOfZone(
  homeless: ReadonlySet<string> | undefined,
  origin: string,
  cuts: ReadonlySet<string>,
): ReadonlySet<string> {
  return new Set([...(homeless ?? [])].filter((host) => highestCut(host, origin, cuts) === null));
}
