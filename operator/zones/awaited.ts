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
  /** What the zone selected by while somebody waited for it, each once: before it was last taken up, and since. */
  readonly before: readonly Selection[];
  readonly since: readonly Selection[];
  /** Selections that say what one of those since does: thousands of records wait, and each would compare them. */
  readonly known: WeakSet<Selection>;
}

// A zone that is not compiled may be edited over and over. For more, all of its namespace are looked at.
const mostSelections = 4;
const all: Selection = [{ selector: {} }];
const unselecting: Selection = [];

export function createAwaited(): Awaited {
  const waits = new Map<string, Waits>();
  const of = (zoneKey: string): Waits =>
    waits.get(zoneKey) ?? { before: [], since: [], known: new WeakSet<Selection>() };

  function put(zoneKey: string, is: Waits): void {
    if (is.before.length === 0 && is.since.length === 0) waits.delete(zoneKey);
    else waits.set(zoneKey, is);
  }

  return {
    wait(zone) {
      const key = keyOf(zone);
      const { before, since, known } = of(key);
      const now = zone.spec.recordsFrom ?? unselecting;
      if (known.has(now)) return;
      known.add(now);
      put(key, { before, since: together(since, [now]), known });
    },
    takeUp(zoneKey) {
      const { before, since } = of(zoneKey);
      put(zoneKey, { before: together(before, since), since: [], known: new WeakSet() });
    },
    told(zoneKey, selection) {
      const { before, since, known } = of(zoneKey);
      put(zoneKey, { before: [], since, known });
      return before.filter((other) => !isSame(other, selection)).flat();
    },
    forget(zoneKey) {
      const { before, since } = of(zoneKey);
      waits.delete(zoneKey);
      return together(before, since).flat();
    },
    clear: () => waits.clear(),
  };
}

function together(some: readonly Selection[], more: readonly Selection[]): readonly Selection[] {
  if (some.includes(all) || more.includes(all)) return [all];
  const others = more.filter((one) => !some.some((other) => isSame(one, other)));
  return some.length + others.length > mostSelections ? [all] : [...some, ...others];
}

const isSame = (one: Selection, other: Selection): boolean => one === other || isSameContent(one, other);
