// What an authoritative server answers (RFC 1034, section 4.3.2, without recursion), for one question:
//   1. The zone is the longest one that the name lies within; without any, the answer is REFUSED.
//   2. At or below a delegation: the name servers there and the addresses that lead to them, without authority.
//   3. The name exists, or a wildcard stands for it: its records of the type asked for. An alias is followed within the zone.
//   4. Neither records nor an alias (NODATA), or no such name (NXDOMAIN): the zone's SOA says so, and for how long.
import { isWithin, lowerCase, pathTo } from "./domain-name.ts";
import { recordTypes, type RecordSet, type RecordType, type ZoneRecord } from "./record.ts";
import type { Zone } from "./zone.ts";

export interface Question {
  readonly name: string;
  /** The number on the wire. */
  readonly type: number;
  /** A client that wants recursion gets no more than the answer; others get the zone's name servers too, as from named. */
  readonly wantsRecursion: boolean;
}

/** All zones: by the name of each in lower case; null for one that is to be served and could not be loaded. */
export type Zones = ReadonlyMap<string, Zone | null>;

export interface Answer {
  readonly code: "NOERROR" | "NXDOMAIN" | "REFUSED" | "SERVFAIL";
  readonly isAuthoritative: boolean;
  /** It leads to other servers, and is of no use without their addresses. */
  readonly isReferral: boolean;
  readonly answers: readonly ZoneRecord[];
  readonly authorities: readonly ZoneRecord[];
  readonly additionals: readonly ZoneRecord[];
}

const anyType = 255;
const delegationSigner = 43;
// named's own limit of a chain of aliases (`max-query-restarts`).
const mostAliases = 11;
/** The types whose target a client will ask for next. */
const leadsOn: ReadonlySet<RecordType> = new Set(["NS", "MX", "SRV"]);
const typeNames = new Map<number, RecordType>(
  Object.entries(recordTypes).map(([name, number]) => [number, name as RecordType]),
);

/** The answer to a question. */
export function answerTo(question: Question, zones: Zones): Answer {
  const name = lowerCase(question.name);
  const origin = originFor(name, question.type, zones);
  if (origin === null) return nothing("REFUSED");
  const zone = zones.get(origin) ?? null;
  return zone === null ? nothing("SERVFAIL") : answerFrom(zone, question);
}

function nothing(code: Answer["code"]): Answer {
  const none = { answers: [], authorities: [], additionals: [] };
  return { code, isAuthoritative: false, isReferral: false, ...none };
}

/** The closest zone at or above the name; for a delegation's signer the one that delegates, if it is here. */
function originFor(name: string, type: number, zones: Zones): string | null {
  const [closest, next] = pathTo(name, ".").filter((origin) => zones.has(origin));
  if (type === delegationSigner && closest === name && next !== undefined) return next;
  return closest ?? null;
}

function answerFrom(zone: Zone, { name: asked, type, wantsRecursion }: Question): Answer {
  const chain: ZoneRecord[] = [];
  let name = lowerCase(asked);
  for (;;) {
    // An alias that leads out of the zone is all that the zone has to say.
    if (!isWithin(name, zone.origin)) return positive(zone, chain, { type, isBrief: true });
    const found = zone.find(name);
    if (found.kind === "nothing") return negative(zone, chain, "NXDOMAIN");
    if (found.kind === "delegation") {
      const isAboutTheCut = type === delegationSigner && found.cut === name;
      return isAboutTheCut ? negative(zone, chain, "NOERROR") : referral(zone, chain, found.servers);
    }
    const records = ownedBy(setsOf(found.sets, type).flat(), name);
    if (records.length > 0) return positive(zone, [...chain, ...records], { type, isBrief: wantsRecursion });
    const [alias] = ownedBy(found.sets.get("CNAME") ?? [], name);
    if (alias === undefined || alias.target === null) return negative(zone, chain, "NOERROR");
    const isCircle = chain.some((earlier) => earlier.name === alias.name);
    if (isCircle || chain.length >= mostAliases) {
      return { ...positive(zone, chain, { type, isBrief: true }), code: "SERVFAIL" };
    }
    chain.push(alias);
    name = alias.target;
  }
}

function setsOf(sets: ReadonlyMap<RecordType, RecordSet>, type: number): (readonly ZoneRecord[])[] {
  if (type === anyType) return [...sets.values()];
  const name = typeNames.get(type);
  return name === undefined ? [] : [sets.get(name) ?? []];
}

/** What a wildcard gives is owned by the name that it stands for. */
function ownedBy(records: readonly ZoneRecord[], name: string): ZoneRecord[] {
  return records.map((record) => ({ ...record, name }));
}

function positive(
  zone: Zone,
  answers: readonly ZoneRecord[],
  { type, isBrief }: { readonly type: number; readonly isBrief: boolean },
): Answer {
  const hasServers = answers.some((record) => record.type === "NS" && record.name === zone.origin);
  const authorities = isBrief || hasServers ? [] : zone.recordsAt(zone.origin, "NS");
  // A question for everything at a name gets that, and nothing beside it.
  const additionals = type === anyType ? [] : addressesFor(zone, [...answers, ...authorities]);
  const head = { code: "NOERROR", isAuthoritative: true, isReferral: false } as const;
  return { ...head, answers, authorities, additionals };
}

function negative(zone: Zone, answers: readonly ZoneRecord[], code: "NOERROR" | "NXDOMAIN"): Answer {
  // For how long it may be believed: the smaller of the SOA's own TTL and its last field (RFC 2308, section 5).
  const authorities = zone.recordsAt(zone.origin, "SOA").map((soa) => {
    const { minimum } = soa.data as { readonly minimum: number };
    return { ...soa, ttl: Math.min(soa.ttl, minimum) };
  });
  return { code, isAuthoritative: true, isReferral: false, answers, authorities, additionals: [] };
}

function referral(zone: Zone, answers: readonly ZoneRecord[], servers: RecordSet): Answer {
  return {
    code: "NOERROR",
    // What led here was said with authority; the referral alone is not.
    isAuthoritative: answers.length > 0,
    isReferral: true,
    answers,
    authorities: servers,
    additionals: addressesFor(zone, servers),
  };
}

/** The addresses, as far as this zone has them, of the hosts that the records lead to. */
function addressesFor(zone: Zone, records: readonly ZoneRecord[]): ZoneRecord[] {
  const hosts = records.flatMap(({ type, target }) => (leadsOn.has(type) && target !== null ? [target] : []));
  const known = new Set(
    records.filter(({ type }) => type === "A" || type === "AAAA").map(({ name }) => name),
  );
  return [...new Set(hosts)]
    .filter((host) => isWithin(host, zone.origin) && !known.has(host))
    .flatMap((host) => [...zone.recordsAt(host, "A"), ...zone.recordsAt(host, "AAAA")]);
}
