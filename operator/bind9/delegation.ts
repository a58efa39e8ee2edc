// What delegations do to a zone: names below a cut belong to somebody else, except the addresses that lead there. And what a zone says of
// its servers without those that nobody could ask.
import { compareText } from "./domain-name.ts";
import type { AgedSet } from "./late-delegations.ts";
import { idOf, ofMembers } from "./rrset.ts";
import type { RecordSet } from "./rrset.ts";
import type { Diagnostic } from "./resource-record.ts";
import { itemsPerStep } from "./sorted.ts";

/** Where a zone names its servers. */
export const ownField = "nameServers or nameServerIps";

/** An RRset of name servers without those that are lost; null if none is left. */
export function withoutLostServers(
  set: RecordSet,
  lost: ReadonlySet<string> | undefined,
): { readonly set: RecordSet | null; readonly diagnostics: readonly Diagnostic[] } {
  if (lost === undefined || lost.size === 0) return { set, diagnostics: [] };
  const values = set.values.filter(({ host }) => host === undefined || !lost.has(host));
  const diagnostics = [...lost].flatMap((host) => {
    // Only of those that name it: the servers of the others are served.
    const members = set.members.filter((member) => member.values.some((value) => value.host === host));
    const message = `the name server ${host} of ${set.name} lies in the zone and has no address there: give it an A or AAAA record`;
    return ofMembers({ members }, "NameServerWithoutAddress", message).map((told) => ({
      ...told,
      message: `${told.id === null ? ownField : "nameserver"}: ${message}`,
    }));
  });
  return { set: values.length === 0 ? null : { ...set, values }, diagnostics };
}

/** Where a zone is cut, and the hosts that answer for what is cut off, each with the first of the delegations that name it. */
export interface Cuts {
  readonly names: ReadonlySet<string>;
  readonly servers: ReadonlyMap<string, string>;
}

export const noCuts: Cuts = { names: new Set(), servers: new Map() };

/** The cuts that these RRsets of name servers make in the zone `origin`. */
export function* cutsOf(delegations: readonly RecordSet[], origin: string): Generator<void, Cuts> {
  const names = new Set<string>();
  for (const { name } of delegations) if (name !== origin) names.add(name);
  // Not the zone's own: named gives nothing that is cut off beside these.
  const servers = new Map<string, string>();
  for (const [index, { name, values }] of delegations.entries()) {
    if (index % itemsPerStep === itemsPerStep - 1) yield;
    if (name === origin || highestCut(name, origin, names) !== name) continue;
    for (const { host } of values) {
      if (host === undefined) continue;
      const other = servers.get(host);
      if (other === undefined || compareText(name, other) < 0) servers.set(host, name);
    }
  }
  return { names, servers };
}

/** Whether both hide the same. */
export function isSameCuts(left: Cuts, right: Cuts): boolean {
  if (left.names.size !== right.names.size || left.servers.size !== right.servers.size) return false;
  if (!left.names.isSubsetOf(right.names)) return false;
  return left.servers.entries().every(([host, name]) => right.servers.get(host) === name);
}

/** The delegation under whose name an RRset lies. */
export interface Cover {
  readonly cut: string;
  /** The delegation beside which it is given nevertheless, as the address of a server; null where it is hidden. */
  readonly glueOf: string | null;
}

/** What covers an RRset, but for a delegation itself; null if nothing does. */
export function coverOf(
  { name, type }: Pick<RecordSet, "name" | "type">,
  origin: string,
  { names, servers }: Cuts,
): Cover | null {
  if (names.size === 0) return null;
  const cut = highestCut(name, origin, names);
  if (cut === null || (type.isDelegation && name === cut)) return null;
  return { cut, glueOf: (type.isAddress ? servers.get(name) : undefined) ?? null };
}

export function isSameCover(left: Cover | null, right: Cover | null): boolean {
  return left?.cut === right?.cut && left?.glueOf === right?.glueOf;
}

/** What is told of a delegation that would hide an older RRset. */
export function tooLate(set: RecordSet, { set: older, first }: AgedSet): readonly Diagnostic[] {
  const what = `name: the delegation of ${set.name} would hide ${older.type.name} of ${older.name}`;
  const remedy =
    first.id === null
      ? "delegate another name, or give the zone a name server of another one"
      : "delete what it would hide, or delegate another name";
  return ofMembers(set, "Conflict", `${what}: ${idOf(first)} came first; ${remedy}`);
}

/** What is told of an RRset that lies under the name of a delegation. */
export function covered(set: RecordSet, { cut, glueOf }: Cover): readonly Diagnostic[] {
  const what = `${set.name} ${set.type.name}`;
  if (glueOf === null) {
    const remedy = `have the servers of ${cut} answer for it, or delete that NSRecord`;
    return ofMembers(set, "Occluded", `name: ${what} is hidden by the delegation of ${cut}: ${remedy}`);
  }
  const asked = `who asks for it is sent to the servers of ${cut}`;
  const given = `${what} is given beside the delegation of ${glueOf}, as the address of a server: ${asked}`;
  // Nobody is told of an address that the zone itself gives.
  return ofMembers(set, "Glue", given).filter(({ id }) => id !== null);
}

/** Of the name and the names above it, without the origin, the highest that is cut off. */
export function highestCut(name: string, origin: string, cuts: ReadonlySet<string>): string | null {
  let highest: string | null = null;
  for (let at = name; at !== origin && at.length > origin.length; at = at.slice(at.indexOf(".") + 1)) {
    if (cuts.has(at)) highest = at;
  }
  return highest;
}
