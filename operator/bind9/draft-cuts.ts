// Where a draft is cut, kept from one time to the next: which name servers can be reached, which delegations may hide what lies below them,
// and what these hide.
import { createDelegatedNames } from "./delegated-names.ts";
import {
  coverOf,
  cutsOf,
  isSameCover,
  isSameCuts,
  noCuts,
  tooLate,
  withoutLostServers,
} from "./delegation.ts";
import { none, note } from "./draft-sets.ts";
import type { DraftSet, DraftSets } from "./draft-sets.ts";
import { lateDelegations } from "./late-delegations.ts";
import { lostOfZone, reachability } from "./lost-servers.ts";
import { nameServerType } from "./resource-record.ts";
import type { NamedRecord, RecordSet } from "./rrset.ts";
import { pause } from "./sorted.ts";

export interface DraftCuts {
  /** Works out what is attended, and by what it is hidden, where `refreshed` stands otherwise than before; adds what else has changed by that. */
  renew(refreshed: Set<DraftSet>): Generator<void, void>;
  /** Takes note that an RRset is gone. */
  remove(set: DraftSet): void;
}

/** Creates the cuts of a draft of the zone `origin`, of which there are none yet; `ownHost` is the server whose addresses are the zone's own. */
export function createDraftCuts(sets: DraftSets, origin: string, ownHost: string | null): DraftCuts {
  const delegated = createDelegatedNames(origin);
  let cuts = noCuts;
  /** The hosts that the delegations name. */
  let hosts: ReadonlySet<string> = new Set();

  /** Which name servers can be reached, and may hide what lies below them. Returns whether the zone is cut otherwise than before. */
  function* attend(refreshed: Set<DraftSet>): Generator<void, boolean> {
    let isConcerned = false;
    for (const set of refreshed) {
      set.attended = set.standing;
      if (set.type.isDelegation || hosts.has(set.name) || delegated.covers(set.name)) isConcerned = true;
    }
    if (!isConcerned) return false;
    const delegations = sets.delegations();
    const standing = delegations.map((set) => set.standing).filter((set) => set !== null);
    const { lost, since } = yield* reachability(standing, origin, hasAddress);
    const present: DraftSet[] = [];
    const named = new Set<string>();
    for (const [index, set] of delegations.entries()) {
      yield* pause(index);
      for (const { host } of set.standing?.values ?? none) if (host !== undefined) named.add(host);
      if (set.troubles.attended.length > 0) refreshed.add(set);
      leaveOut(set, lost.get(set.name), refreshed);
      if (set.attended !== null) present.push(set);
    }
    hosts = named;
    const cutting = yield* withoutLate(present, since, refreshed);
    const before = cuts;
    cuts = yield* cutsOf(cutting, origin);
    // At last, by what is there: named loads nothing of a zone with a server of its own below a delegation that was left out.
    const own = sets.find(origin, nameServerType);
    if (own !== undefined) leaveOut(own, lostOfZone(lost.get(origin), origin, cuts.names), refreshed);
    return !isSameCuts(before, cuts);
  }

  /** What is attended of a set without the servers that are lost. */
  function leaveOut(set: DraftSet, lost: ReadonlySet<string> | undefined, refreshed: Set<DraftSet>): void {
    const { standing } = set;
    const { set: attended, diagnostics } =
      standing === null ? { set: null, diagnostics: none } : withoutLostServers(standing, lost);
    set.attended = attended;
    note(set, "attended", diagnostics);
    if (diagnostics.length > 0) refreshed.add(set);
  }

  /** The delegations but for those that would hide something older, which are left out. */
  function* withoutLate(
    delegations: readonly DraftSet[],
    since: ReadonlyMap<string, NamedRecord>,
    refreshed: Set<DraftSet>,
  ): Generator<void, readonly RecordSet[]> {
    yield* delegated.renew(delegations, sets.byName(), refreshed);
    const all = attendedOf(delegations);
    const late = yield* lateDelegations({
      origin,
      ownHost,
      delegations: all,
      since,
      below: (name) => attendedOf(delegated.below(name)),
    });
    if (late.size === 0) return all;
    for (const [index, set] of delegations.entries()) {
      yield* pause(index);
      const older = set.attended === null ? undefined : late.get(set.attended);
      if (set.attended === null || older === undefined) continue;
      note(set, "attended", [...set.troubles.attended, ...tooLate(set.attended, older)]);
      set.attended = null;
      refreshed.add(set);
    }
    return attendedOf(delegations);
  }

  function hasAddress(host: string): boolean {
    return sets.at(host).some(({ type, standing }) => type.isAddress && standing !== null);
  }

  /** What a delegation hides: of all, if the zone is cut otherwise than before. */
  function* hide(refreshed: Set<DraftSet>, isRecut: boolean): Generator<void, void> {
    let seen = 0;
    for (const together of isRecut ? sets.byName() : [refreshed]) {
      for (const set of together) {
        yield* pause((seen += 1));
        const cover = coverOf(set, origin, cuts);
        if (!isSameCover(cover, set.cover)) refreshed.add(set);
        set.cover = cover;
      }
    }
  }

  return {
    *renew(refreshed) {
      const isRecut = yield* attend(refreshed);
      yield* hide(refreshed, isRecut);
    },
    remove: delegated.remove,
  };
}

/** What RRsets came to, those of name servers with the ones that can be reached. */
function attendedOf(found: Iterable<DraftSet>): RecordSet[] {
  const all: RecordSet[] = [];
  for (const { attended } of found) if (attended !== null) all.push(attended);
  return all;
}
