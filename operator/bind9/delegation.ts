// What delegations do to a zone: names below a cut belong to somebody else, except the addresses that lead there; and
// a name server inside the zone without an address is one that named refuses to load a zone with.
import { isWithin } from "./domain-name.ts";
import { setKey } from "./rrset.ts";
import type { RecordSet } from "./rrset.ts";
import { address6Type, addressType } from "./resource-record.ts";
import { itemsPerStep } from "./sorted.ts";
import type { Diagnostic } from "./resource-record.ts";

type RecordSets = Map<string, RecordSet>;

/** Drops name servers (of the zone and of delegations) that lie in the zone and have no address there. */
export function* dropLostServers(
  sets: RecordSets,
  origin: string,
  diagnostics: Diagnostic[],
): Generator<void, void> {
  let seen = 0;
  for (const [key, set] of sets) {
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
    if (!set.type.isDelegation) continue;
    for (const [text, { host }] of set.values) {
      if (host === undefined || !isWithin(host, origin) || hasAddress(sets, host)) continue;
      set.values.delete(text);
      const message = `the name server ${host} of ${set.name} lies in the zone and has no address there: give it an A or AAAA record`;
      for (const id of set.members.keys())
        diagnostics.push({ id, reason: "NameServerWithoutAddress", message });
    }
    if (set.values.size === 0) sets.delete(key);
  }
}

function hasAddress(sets: RecordSets, host: string): boolean {
  return sets.has(setKey(host, addressType)) || sets.has(setKey(host, address6Type));
}

/** Drops what lies at or below a delegation, but for the delegation itself and the addresses of name servers. */
export function* dropOccluded(
  sets: RecordSets,
  origin: string,
  diagnostics: Diagnostic[],
): Generator<void, void> {
  const cuts = new Set<string>();
  for (const set of sets.values()) {
    if (set.type.isDelegation && set.name !== origin) cuts.add(set.name);
  }
  if (cuts.size === 0) return;
  const highest = (name: string): string | undefined =>
    ancestors(name, origin).findLast((ancestor) => cuts.has(ancestor));
  // Those of delegations that are visible themselves, and of the zone.
  const servers = new Set<string | undefined>();
  let seen = 0;
  for (const set of sets.values()) {
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
    if (!set.type.isDelegation) continue;
    const cut = highest(set.name);
    if (cut !== undefined && cut !== set.name) continue;
    for (const { host } of set.values.values()) servers.add(host);
  }
  for (const [key, set] of sets) {
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
    const cut = highest(set.name);
    if (cut === undefined || (set.type.isDelegation && set.name === cut)) continue;
    if (set.type.isAddress && servers.has(set.name)) continue;
    sets.delete(key);
    const message = `${set.name} ${set.type.name} is hidden by the delegation of ${cut}`;
    for (const id of set.members.keys()) diagnostics.push({ id, reason: "Occluded", message });
  }
}

// The name and the names above it, up to but without the origin; nearest first.
function ancestors(name: string, origin: string): string[] {
  const names: string[] = [];
  for (let at = name; at !== origin && at.length > origin.length; at = at.slice(at.indexOf(".") + 1)) {
    names.push(at);
  }
  return names;
}
