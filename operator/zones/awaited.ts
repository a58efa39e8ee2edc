// Records that wait for a zone to be compiled with them, to hear what became of them. A zone that goes first, or selects by other labels then, calls none of
// them back: they are found by what it selected while they waited. Not one by one: after a start all records wait.
import { isSameContent } from "../kubernetes/difference.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { keyOf } from "../resources/kubernetes-object.ts";

type Selection = NonNullable<DnsZone["spec"]["recordsFrom"]>;

export interface Awaited {
  /** Takes note that a record waits for `zone`, as it is now. */
  wait(zone: DnsZone): void;
  /** Takes note, when the records of a zone are about to be read: whoever waits from now on waits for the next time. */
  takeUp(zoneKey: string): void;
  /**
   * Takes note that all have been told whom the zone selects by `selection` and who waited when it was last taken up. By what is returned those are selected who are
   * to be looked at, and may have waited for nothing.
   */
  told(zoneKey: string, selection: Selection): Selection;
  /** The zone is gone: as `told`, of all who wait for it. */
  forget(zoneKey: string): Selection;
  clear(): void;
}

interface Waits {
  /** By what the zone selected while somebody waited for it: before it was last taken up, and since. */
  readonly before: Selection;
  readonly since: Selection;
}

// A zone that is not compiled may be edited over and over. For more, all of its namespace are looked at.
const mostSelectors = 20;
const all: Selection = [{ selector: {} }];
const none: Waits = { before: [], since: [] };

export function createAwaited(): Awaited {
  const waits = new Map<string, Waits>();

  function put(zoneKey: string, is: Waits): void {
    if (is.before.length === 0 && is.since.length === 0) waits.delete(zoneKey);
    else waits.set(zoneKey, is);
  }

  return {
    wait(zone) {
      const key = keyOf(zone);
      const { before, since } = waits.get(key) ?? none;
      const now = zone.spec.recordsFrom ?? [];
      if (since !== now) put(key, { before, since: together(since, now) });
    },
    takeUp(zoneKey) {
      const { before, since } = waits.get(zoneKey) ?? none;
      put(zoneKey, { before: together(before, since), since: [] });
    },
    told(zoneKey, selection) {
      const { before, since } = waits.get(zoneKey) ?? none;
      put(zoneKey, { before: [], since });
      return before.filter((source) => !isAmong(selection, source));
    },
    forget(zoneKey) {
      const { before, since } = waits.get(zoneKey) ?? none;
      waits.delete(zoneKey);
      return together(before, since);
    },
    clear: () => waits.clear(),
  };
}

function together(some: Selection, more: Selection): Selection {
  if (some === all || more === all) return all;
  if (some.length === 0) return more;
  const others = more.filter((source) => !isAmong(some, source));
  if (others.length === 0) return some;
  return some.length + others.length > mostSelectors ? all : [...some, ...others];
}

function isAmong(selection: Selection, source: Selection[number]): boolean {
  return selection.some((other) => isSameContent(other, source));
}
