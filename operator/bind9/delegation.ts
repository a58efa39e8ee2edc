// What delegations do to a zone: names below a cut belong to somebody else, except the addresses that lead there; and
// a name server inside the zone without an address is one that named refuses to load a zone with.
import { isWithin } from "./domain-name.ts";
import { idOf, oldestOf, ofMembers } from "./rrset.ts";
import type { RecordSet } from "./rrset.ts";
import type { Diagnostic } from "./resource-record.ts";
import { itemsPerStep } from "./sorted.ts";

/** An RRset of name servers without those that lie in the zone and have no address there; null if none is left. */
export function withoutLostServers(
  set: RecordSet,
  origin: string,
  hasAddress: (host: string) => boolean,
): { readonly set: RecordSet | null; readonly diagnostics: readonly Diagnostic[] } {
  const isLost = (host: string | undefined): boolean =>
    host !== undefined && isWithin(host, origin) && !hasAddress(host);
  const lost = set.values.flatMap(({ host }) => (host !== undefined && isLost(host) ? [host] : []));
  if (lost.length === 0) return { set, diagnostics: [] };
  const values = set.values.filter(({ host }) => !isLost(host));
  const diagnostics = lost.flatMap((host) => {
    // Only of those that name it: the servers of the others are served.
    const members = set.members.filter((member) => member.values.some((value) => value.host === host));
    const message = `the name server ${host} of ${set.name} lies in the zone and has no address there: give it an A or AAAA record`;
    return ofMembers({ members }, "NameServerWithoutAddress", message);
  });
  return { set: values.length === 0 ? null : { ...set, values }, diagnostics };
}

/** Where a zone is cut, and the hosts that answer for it and for what is cut off. */
export interface Cuts {
  readonly names: ReadonlySet<string>;
  readonly servers: ReadonlySet<string>;
}

export const noCuts: Cuts = { names: new Set(), servers: new Set() };

/** The cuts that these RRsets of name servers make in the zone `origin`. */
export function* cutsOf(delegations: readonly RecordSet[], origin: string): Generator<void, Cuts> {
  const names = new Set<string>();
  for (const { name } of delegations) if (name !== origin) names.add(name);
  // Those of delegations that are visible themselves, and of the zone.
  const servers = new Set<string>();
  for (const [index, { name, values }] of delegations.entries()) {
    if (index % itemsPerStep === itemsPerStep - 1) yield;
    const cut = highestCut(name, origin, names);
    if (cut !== null && cut !== name) continue;
    for (const { host } of values) if (host !== undefined) servers.add(host);
  }
  return { names, servers };
}

/** Whether both hide the same. */
export function isSameCuts(left: Cuts, right: Cuts): boolean {
  // Where nothing is cut off, nothing is hidden, whatever the servers are.
  if (left.names.size === 0 && right.names.size === 0) return true;
  return isSameSet(left.names, right.names) && isSameSet(left.servers, right.servers);
}

function isSameSet(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && left.isSubsetOf(right);
}

/** The delegation that hides what lies at or below it, but for the delegation itself and the addresses of name servers; null if none does. */
export function hiddenBelow(
  { name, type }: Pick<RecordSet, "name" | "type">,
  origin: string,
  { names, servers }: Cuts,
): string | null {
  if (names.size === 0) return null;
  const cut = highestCut(name, origin, names);
  if (cut === null || (type.isDelegation && name === cut)) return null;
  return type.isAddress && servers.has(name) ? null : cut;
}

/** What is told of a delegation that would hide an older RRset. */
export function tooLate(set: RecordSet, older: RecordSet): readonly Diagnostic[] {
  const what = `the delegation of ${set.name} would hide ${older.type.name} of ${older.name}`;
  const why = `${idOf(oldestOf(older))} came first; delete what it would hide, or delegate another name`;
  return ofMembers(set, "Conflict", `${what}: ${why}`);
}

export function occluded(set: RecordSet, cut: string): readonly Diagnostic[] {
  return ofMembers(set, "Occluded", `${set.name} ${set.type.name} is hidden by the delegation of ${cut}`);
}

/** Of the name and the names above it, without the origin, the highest that is cut off. */
function highestCut(name: string, origin: string, cuts: ReadonlySet<string>): string | null {
  let highest: string | null = null;
  for (let at = name; at !== origin && at.length > origin.length; at = at.slice(at.indexOf(".") + 1)) {
    if (cuts.has(at)) highest = at;
  }
  return highest;
}
