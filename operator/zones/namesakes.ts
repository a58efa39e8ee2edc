// The zones of one name, the oldest first. Whoever may make zones can make thousands of one name, each of which asks for the oldest: they are put in
// order once, and not for each that asks.
import type { Cache } from "../controller/cache.ts";
import { createCacheIndex } from "../controller/cache-index.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { age, keyOf } from "../resources/kubernetes-object.ts";

export interface Namesakes {
  /** One at a time, since the first is nearly always enough. */
  each(zoneName: string): Iterable<DnsZone>;
}

/** Keeps the zones of `zones` by their names. */
export function createNamesakes(zones: Cache<DnsZone>): Namesakes {
  const byName = createCacheIndex(zones, (zone) => [zoneNameOf(zone)]);
  /** Keys by name, where there are several and somebody has asked. */
  const ordered = new Map<string, readonly string[]>();

  zones.onChange(({ previous, current }) => {
    if (previous !== null && current !== null && placeOf(previous) === placeOf(current)) return;
    for (const zone of [previous, current]) if (zone !== null) ordered.delete(zoneNameOf(zone));
  });

  function keysOf(zoneName: string): readonly string[] {
    const known = ordered.get(zoneName);
    if (known !== undefined) return known;
    const found = byName.get(zoneName).map((zone) => [age(zone), keyOf(zone)] as const);
    const keys = found.toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, key]) => key);
    if (keys.length > 1) ordered.set(zoneName, keys);
    return keys;
  }

  return {
    *each(zoneName) {
      for (const key of keysOf(zoneName)) {
        const zone = zones.get(key);
        if (zone !== null) yield zone;
      }
    },
  };
}

/** What decides where among which others it stands. */
function placeOf(zone: DnsZone): string {
  return `${zoneNameOf(zone)} ${age(zone)}`;
}
