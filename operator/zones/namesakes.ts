// The zones of one name, the oldest first. Whoever may make zones can make thousands of one name, each of which asks for the oldest: they are put in
// order once, and not for each that asks; and of one namespace only the oldest few are looked at, since each look at a zone below goes through them.
import type { Cache } from "../controller/cache.ts";
import { createCacheIndex } from "../controller/cache-index.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { age, keyOf, splitKey } from "../resources/kubernetes-object.ts";

/** How many zones of one name a namespace may have: views of a name, each on servers of its own, are a few. */
export const mostOfNamespace = 50;

export interface Namesakes {
  /** One at a time, since the first is nearly always enough; those that are not looked at are left out. */
  each(zoneName: string): Iterable<DnsZone>;
  /** All of them, in no order. */
  all(zoneName: string): Iterable<DnsZone>;
  /** The key of the oldest zone of its name and namespace, where that has so many that this one is not looked at; null where it is. */
  crowdedOutBy(zone: DnsZone): string | null;
}

/** In order of age. */
interface Ordered {
  readonly keys: readonly string[];
  /** By the keys of those that are left out, the oldest of the namespace. */
  readonly crowdedOut: ReadonlyMap<string, string>;
}

/** Keeps the zones of `zones` by their names. */
export function createNamesakes(zones: Cache<DnsZone>): Namesakes {
  const byName = createCacheIndex(zones, (zone) => [zoneNameOf(zone)]);
  /** By name, where there are several and somebody has asked. */
  const ordered = new Map<string, Ordered>();

  zones.onChange(({ previous, current }) => {
    if (previous !== null && current !== null && placeOf(previous) === placeOf(current)) return;
    for (const zone of [previous, current]) if (zone !== null) ordered.delete(zoneNameOf(zone));
  });

  function orderOf(zoneName: string): Ordered {
    const known = ordered.get(zoneName);
    if (known !== undefined) return known;
    const found = byName.get(zoneName).map((zone) => [age(zone), keyOf(zone)] as const);
    const order = inOrder(found.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, key]) => key));
    if (found.length > 1) ordered.set(zoneName, order);
    return order;
  }

  return {
    *each(zoneName) {
      for (const key of orderOf(zoneName).keys) {
        const zone = zones.get(key);
        if (zone !== null) yield zone;
      }
    },
    all: (zoneName) => byName.each(zoneName),
    crowdedOutBy: (zone) => orderOf(zoneNameOf(zone)).crowdedOut.get(keyOf(zone)) ?? null,
  };
}

function inOrder(all: readonly string[]): Ordered {
  const keys: string[] = [];
  const crowdedOut = new Map<string, string>();
  const firsts = new Map<string, { readonly key: string; count: number }>();
  for (const key of all) {
    const { namespace } = splitKey(key);
    const first = firsts.get(namespace) ?? { key, count: 0 };
    firsts.set(namespace, first);
    first.count += 1;
    if (first.count <= mostOfNamespace) keys.push(key);
    else crowdedOut.set(key, first.key);
  }
  return { keys, crowdedOut };
}

/** What decides where among which others it stands. */
function placeOf(zone: DnsZone): string {
  return `${zoneNameOf(zone)} ${age(zone)}`;
}
