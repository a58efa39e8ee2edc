// Which of the zones that ask for an instance it serves. Of several of one name that is the oldest. And below the zone of another namespace
// an older one has the say: whoever serves a name deeper down answers for it, and would take it from that zone.
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { age, isLeaving, keyOf } from "../resources/kubernetes-object.ts";
import { namesAbove, type World } from "../world.ts";
import { admits } from "./serving.ts";

/** Why an instance does not serve a zone that goes to it: the key of the zone that comes before it. */
export type Standing =
  | { readonly kind: "served" }
  | { readonly kind: "duplicate"; readonly olderKey: string }
  | { readonly kind: "not admitted"; readonly aboveKey: string };

/** How `zone`, which goes to `instance`, stands there beside the others. */
export function standingAt(world: World, zone: DnsZone, instance: Bind9Instance): Standing {
  const winner = winnerAt(world, zoneNameOf(zone), instance);
  if (winner !== null && winner !== zone) return { kind: "duplicate", olderKey: keyOf(winner) };
  // From the top down: a zone that is not served itself has no say.
  let above: DnsZone | null = null;
  for (const name of namesAbove(zoneNameOf(zone)).toReversed()) {
    const next = winnerAt(world, name, instance);
    if (next !== null && isAdmitted(next, above)) above = next;
  }
  return above === null || isAdmitted(zone, above)
    ? { kind: "served" }
    : { kind: "not admitted", aboveKey: keyOf(above) };
}

// The oldest of the zones of one name that go to one instance.
function winnerAt(world: World, zoneName: string, instance: Bind9Instance): DnsZone | null {
  for (const zone of world.zonesNamed(zoneName))
    if (!isLeaving(zone) && world.isServedBy(zone, instance)) return zone;
  return null;
}

function isAdmitted(zone: DnsZone, above: DnsZone | null): boolean {
  return above === null || age(zone) < age(above) || admits(above, zone, "");
}
