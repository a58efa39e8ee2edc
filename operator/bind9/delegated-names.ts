// What lies at and below the names that are delegated, kept as RRsets come and go: in a zone of whatever size it is looked through only where
// another name is delegated than before.
import type { DraftSet } from "./draft-sets.ts";
import { namesUpFrom } from "./late-delegations.ts";
import { itemsPerStep } from "./sorted.ts";

export interface DelegatedNames {
  /** Whether a name is one of these, or lies below one. */
  covers(name: string): boolean;
  /**
   * Takes the delegations that there are now. `all` are the RRsets of the zone, `changed` those of them that may be new since the last time.
   */
  renew(
    delegations: readonly DraftSet[],
    all: Iterable<readonly DraftSet[]>,
    changed: Iterable<DraftSet>,
  ): Generator<void, void>;
  /** The RRsets at and below a delegated name, but for the delegation itself. */
  below(name: string): Iterable<DraftSet>;
  remove(set: DraftSet): void;
}

/** Creates delegated names of the zone `origin`, of which there are none yet. */
export function createDelegatedNames(origin: string): DelegatedNames {
  const found = new Map<string, Set<DraftSet>>();
  let delegated: ReadonlySet<string> = new Set();

  function add(set: DraftSet, names: ReadonlySet<string>): void {
    if (names.size === 0) return;
    for (const name of namesUpFrom(set.name, origin)) {
      if (!names.has(name) || (set.type.isDelegation && set.name === name)) continue;
      const there = found.get(name);
      if (there === undefined) found.set(name, new Set([set]));
      else there.add(set);
    }
  }

  return {
    covers: (name) => delegated.size > 0 && namesUpFrom(name, origin).some((above) => delegated.has(above)),
    *renew(delegations, all, changed) {
      let seen = 0;
      const names = new Set<string>();
      const fresh = new Set<string>();
      for (const { name } of delegations) {
        if (name === origin) continue;
        names.add(name);
        if (!delegated.has(name)) fresh.add(name);
        seen += 1;
        if (seen % itemsPerStep === 0) yield;
      }
      for (const name of names.size - fresh.size < delegated.size ? delegated : []) {
        if (!names.has(name)) found.delete(name);
        seen += 1;
        if (seen % itemsPerStep === 0) yield;
      }
      delegated = names;
      for (const together of fresh.size === 0 ? [] : all) {
        for (const set of together) {
          add(set, fresh);
          seen += 1;
          if (seen % itemsPerStep === 0) yield;
        }
      }
      for (const set of changed) {
        add(set, names);
        seen += 1;
        if (seen % itemsPerStep === 0) yield;
      }
    },
    below: (name) => found.get(name) ?? [],
    remove(set) {
      if (delegated.size === 0) return;
      for (const name of namesUpFrom(set.name, origin)) found.get(name)?.delete(set);
    },
  };
}
