// Which of the zones that ask for an instance it serves. Of several of one name that is the oldest that is let in. A zone below others is let in by the
// nearest above it that is older: whoever serves a name deeper down answers for it, and would take it from that zone.
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { age, isLeaving, keyOf } from "../resources/kubernetes-object.ts";
import { namesAbove, type World } from "../world.ts";
import { admits, mayGo } from "./serving.ts";

/** Why an instance does not serve a zone that goes to it: the key of the zone that comes before it. */
export type Standing =
  | { readonly kind: "served" }
  | { readonly kind: "duplicate"; readonly olderKey: string }
  | { readonly kind: "not admitted"; readonly aboveKey: string };

/** How `zone`, which goes to `instance`, stands there beside the others. */
export function standingAt(world: World, zone: DnsZone, instance: Bind9Instance): Standing {
  const above = winnersAbove(world, zoneNameOf(zone), instance);
  const refusing = refusalOf(zone, above);
  if (refusing !== null) return { kind: "not admitted", aboveKey: keyOf(refusing) };
  const winner = winnerOf(world, zoneNameOf(zone), instance, above);
  return winner === null || winner === zone
    ? { kind: "served" }
    : { kind: "duplicate", olderKey: keyOf(winner) };
}

/** Which of the zones of that name the instance serves; null where none goes there. */
export function zoneServedAt(world: World, zoneName: string, instance: Bind9Instance): DnsZone | null {
  return winnerOf(world, zoneName, instance, winnersAbove(world, zoneName, instance));
}

/**
 * Whether a zone may stay where it does not go any more, while it cannot be published where it goes now: nobody has taken it the permission, and no zone of
 * others has the say over its name.
 */
export function mayStayAt(world: World, zone: DnsZone, instance: Bind9Instance): boolean {
  if (isLeaving(instance)) return false;
  const provider = world.providerAt(instance);
  const isLetIn = mayGo(zone, instance) || (provider !== null && admits(provider, zone, "*"));
  return isLetIn && refusalOf(zone, winnersAbove(world, zoneNameOf(zone), instance)) === null;
}

/** The zones that may stand otherwise when `zone` comes or goes: those of its name and below it, but for the older, over which it has no say. */
export function* zonesUnderTheSayOf(world: World, zone: DnsZone): Generator<DnsZone, void> {
  const own = age(zone);
  for (const other of world.namesakes.each(zoneNameOf(zone))) if (age(other) > own) yield other;
  for (const other of world.zonesUnder(zone)) if (age(other) > own) yield other;
}

// From the top down: a zone that goes elsewhere, or is not let in, has no say.
function winnersAbove(world: World, zoneName: string, instance: Bind9Instance): DnsZone[] {
  const winners: DnsZone[] = [];
  for (const name of namesAbove(zoneName).toReversed()) {
    const winner = winnerOf(world, name, instance, winners);
    if (winner !== null) winners.push(winner);
  }
  return winners;
}

function winnerOf(
  world: World,
  zoneName: string,
  instance: Bind9Instance,
  above: readonly DnsZone[],
): DnsZone | null {
  for (const zone of world.namesakes.each(zoneName))
    if (!isLeaving(zone) && world.isServedBy(zone, instance) && refusalOf(zone, above) === null) return zone;
  return null;
}

/** Of the zones above, which come from the top down, the one that does not let `zone` in; null if there is none. */
function refusalOf(zone: DnsZone, above: readonly DnsZone[]): DnsZone | null {
  const own = age(zone);
  const older = above.findLast((other) => age(other) < own);
  return older === undefined || admits(older, zone, "") ? null : older;
}
