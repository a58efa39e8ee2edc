// One zone, ready to be looked into: every name that exists in it with its records, the empty names between them included.
// What named would not load is not made into a zone here either.
import { isWithin, parentOf, pathTo } from "./domain-name.ts";
import type { RecordSet, RecordType, ZoneRecord } from "./record.ts";

type Node = Map<RecordType, RecordSet>;

export interface Zone {
  /** In lower case, with a trailing dot. */
  readonly origin: string;
  readonly serial: number;
  /** What is at a name. */
  find(name: string): Found;
  /** The records at exactly this name, those below a delegation (glue) included. */
  recordsAt(name: string, type: RecordType): readonly ZoneRecord[];
}

export type Found =
  /** The name exists, or a wildcard stands for it; `sets` is empty for a name between others. */
  | { readonly kind: "name"; readonly sets: ReadonlyMap<RecordType, RecordSet> }
  /** The name is at or below a delegation, to these name servers. */
  | { readonly kind: "delegation"; readonly cut: string; readonly servers: RecordSet }
  | { readonly kind: "nothing" };

export type ZoneOutcome =
  | { readonly kind: "zone"; readonly zone: Zone; readonly ignored: number }
  | { readonly kind: "broken"; readonly problem: string };

// Beyond it named refuses the zone (`max-records-per-type`).
const mostValues = 100;
const hostName = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+$/;

/** Makes the zone called `origin` of its records; those that lie outside it are ignored, as named does. */
export function buildZone(origin: string, records: readonly ZoneRecord[]): ZoneOutcome {
  const nodes = new Map<string, Node>();
  let ignored = 0;
  for (const record of records) {
    if (!isWithin(record.name, origin)) {
      ignored += 1;
      continue;
    }
    add(nodes, origin, record);
  }
  const problem = problemOf(nodes, origin);
  if (problem !== null) return { kind: "broken", problem };
  const soa = nodes.get(origin)?.get("SOA")?.[0].data as { readonly serial: number };
  return { kind: "zone", zone: zoneOf(origin, soa.serial, nodes), ignored };
}

function add(nodes: Map<string, Node>, origin: string, record: ZoneRecord): void {
  for (const name of pathTo(record.name, origin)) {
    if (nodes.has(name)) break;
    nodes.set(name, new Map());
  }
  const node = nodes.get(record.name);
  const set = node?.get(record.type);
  // An RRset has one TTL (RFC 2181, section 5.2): that of its first record.
  const first = set?.[0] ?? record;
  if (set?.some(({ data }) => JSON.stringify(data) === JSON.stringify(record.data))) return;
  node?.set(record.type, [first, ...(set ?? []).slice(1), ...(set ? [{ ...record, ttl: first.ttl }] : [])]);
}

/** Why named would not load it; null if it would. */
function problemOf(nodes: ReadonlyMap<string, Node>, origin: string): string | null {
  const apex = nodes.get(origin);
  const soas = apex?.get("SOA")?.length ?? 0;
  if (soas !== 1) return `the zone has ${soas} SOA records at ${origin}`;
  if (!apex?.has("NS")) return "the zone has no NS records";
  for (const [name, node] of nodes) {
    const problem = name !== origin && node.has("SOA") ? "it has an SOA" : nodeProblem(name, node);
    if (problem !== null) return `${name}: ${problem}`;
  }
  for (const { target } of apex.get("NS") ?? []) {
    if (target === null || !isWithin(target, origin) || hasAddress(nodes, target)) continue;
    if (!isDelegated(nodes, origin, target))
      return `${origin}: the name server ${target} lies in the zone and has no address there`;
  }
  return null;
}

/** Whether the servers of a delegation answer for a name. */
function isDelegated(nodes: ReadonlyMap<string, Node>, origin: string, name: string): boolean {
  return pathTo(name, origin).some((at) => at !== origin && nodes.get(at)?.has("NS") === true);
}

function nodeProblem(name: string, node: Node): string | null {
  if (node.has("CNAME") && (node.size > 1 || (node.get("CNAME")?.length ?? 0) > 1)) {
    return "a CNAME cannot stand beside other records";
  }
  for (const [type, set] of node) {
    if (set.length > mostValues) return `it has more than ${mostValues} records of type ${type}`;
    const needsHost = type === "A" || type === "AAAA" || type === "MX";
    if (needsHost && !hostName.test(name)) return `it is not a host name, which type ${type} needs`;
  }
  return null;
}

function hasAddress(nodes: ReadonlyMap<string, Node>, name: string): boolean {
  const node = nodes.get(name) ?? wildcardFor(nodes, name);
  return node?.has("A") === true || node?.has("AAAA") === true;
}

/** The wildcard that stands for a name that does not exist: the one right below the closest name that does (RFC 4592). */
function wildcardFor(nodes: ReadonlyMap<string, Node>, name: string): Node | undefined {
  let encloser = name;
  while (!nodes.has(encloser) && encloser !== ".") encloser = parentOf(encloser);
  return nodes.get(`*.${encloser}`);
}

function zoneOf(origin: string, serial: number, nodes: ReadonlyMap<string, Node>): Zone {
  function find(name: string): Found {
    // From the top down, since the highest delegation hides whatever else is said below it.
    for (const at of pathTo(name, origin).toReversed()) {
      const servers = at === origin ? undefined : nodes.get(at)?.get("NS");
      if (servers !== undefined) return { kind: "delegation", cut: at, servers };
    }
    const node = nodes.get(name) ?? wildcardFor(nodes, name);
    return node === undefined ? { kind: "nothing" } : { kind: "name", sets: node };
  }

  return { origin, serial, find, recordsAt: (name, type) => nodes.get(name)?.get(type) ?? [] };
}
