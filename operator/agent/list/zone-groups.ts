// Zones that named did not take together, and that are to be told apart. By names, for what is wanted of them may change meanwhile.
import type { WantedZone } from "../zone-claims.ts";

export interface ZoneGroups {
  /** Whether nothing is left to be tried, as of the last look for the next group. */
  isEmpty(): boolean;
  /** Puts groups in front of the others. */
  first(...groups: readonly (readonly WantedZone[])[]): void;
  /** Puts a group behind the others. */
  last(group: readonly WantedZone[]): void;
  /** Takes out what is not among these zones. */
  keep(zones: readonly WantedZone[]): void;
  /** The next group of these zones, without it being kept; empty if there is none. Those in no group are one, if `isNew`: they do not wait for a search, nor does a search for them. */
  next(zones: readonly WantedZone[], isNew: (name: string) => boolean): readonly WantedZone[];
}

export function createZoneGroups(): ZoneGroups {
  let groups: Set<string>[] = [];
  let wasNew = false;
  let isNewLeft = false;

  const namesOf = (zones: readonly WantedZone[]): Set<string> => new Set(zones.map(({ name }) => name));
  const filled = (all: Set<string>[]): Set<string>[] => all.filter(({ size }) => size > 0);

  return {
    isEmpty: () => groups.length === 0 && !isNewLeft,
    first: (...some) => void (groups = filled([...some.map(namesOf), ...groups])),
    last: (group) => void (groups = filled([...groups, namesOf(group)])),
    keep(zones) {
      if (groups.length === 0) return;
      const names = namesOf(zones);
      groups = filled(groups.map((group) => group.intersection(names)));
    },
    next(zones, isNew) {
      const grouped = new Set(groups.flatMap((group) => [...group]));
      const fresh = zones.filter(({ name }) => !grouped.has(name) && isNew(name));
      if (fresh.length > 0 && !(wasNew && groups.length > 0)) {
        wasNew = true;
        isNewLeft = false;
        return fresh;
      }
      wasNew = false;
      isNewLeft = fresh.length > 0;
      const names = groups.shift() ?? new Set();
      return zones.filter(({ name }) => names.has(name));
    },
  };
}
