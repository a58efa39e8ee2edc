// How a record stands that several zones may select: what it is told, and of which of them. Pure.
//
// Of the zones that one is named first that has left the record out by something of the record itself: somebody has to act, and where else it is answered
// does not mend that. Then one that answers with it, first where there is something to say of that; then one that has it and does not answer;
// then the others. Of equals it is the older.
import { zoneNameOf, type DnsZone } from "../resources/dns-zone.ts";
import { age, keyOf } from "../resources/kubernetes-object.ts";
import type { Reason } from "../resources/reasons.ts";
import type { RecordNews } from "../zones/compilations.ts";
import type { Verdict } from "../zones/zone-status.ts";

/** A zone that selects the record, and what it has to say of it. */
export interface Membership {
  readonly zone: DnsZone;
  readonly news: RecordNews;
}

export interface RecordStanding {
  /** What the status names. */
  readonly membership: Membership;
  readonly verdict: Verdict;
}

/** Of the zones beside the one that the status names, a record may have hundreds. */
const mostNamed = 3;
/** Of what is said of one of those. */
const longestWhy = 200;

/** What is wrong is the zone's, and not the record's. */
const ofZone: ReadonlySet<Reason> = new Set<Reason>([
  "ZoneNotServed",
  "Loading",
  "HiddenByZone",
  "InvalidZone",
  "TooManyRecords",
]);

const ranks = ["left out", "answered otherwise", "answered", "compiled", "not compiled"] as const;
type Rank = (typeof ranks)[number];

/** How a record stands in all its zones; null where none selects it. */
export function standingOfRecord(memberships: readonly Membership[]): RecordStanding | null {
  const byRank = new Map<Rank, Membership[]>();
  for (const membership of memberships) {
    const rank = rankOf(membership);
    const together = byRank.get(rank);
    if (together === undefined) byRank.set(rank, [membership]);
    else together.push(membership);
  }
  const of = (...wanted: readonly Rank[]): Membership[] => wanted.flatMap((rank) => byRank.get(rank) ?? []);
  const [rank] = ranks.filter((one) => byRank.has(one));
  const [membership] = rank === undefined ? [] : oldest(of(rank), 1);
  if (membership === undefined) return null;
  const { verdict } = membership.news;
  const isBeside = (other: Membership): boolean => other !== membership;
  const isLeftOut = rank === "left out";
  const answering = isLeftOut ? of("answered otherwise", "answered") : [];
  // Where nothing of it is answered, nor left out, one zone that says why is enough: there may be hundreds that nobody serves.
  const isTold = isLeftOut || verdict.status === "True";
  const others = isTold ? [of("left out").filter(isBeside), of("compiled", "not compiled")] : [];
  const message = [
    verdict.message,
    ...(isLeftOut && memberships.length > 1 ? [`left out of ${placeOf(membership)}`] : []),
    ...listed("answered from ", ", ", [answering], placeOf),
    ...listed("not from ", "; nor from ", others, whyNot),
  ].join("; ");
  return { membership, verdict: { ...verdict, message } };
}

function rankOf({ news: { version, publishedName, verdict } }: Membership): Rank {
  if (verdict.status === "True") return verdict.reason === "Published" ? "answered" : "answered otherwise";

  if (version !== null && !ofZone.has(verdict.reason)) return "left out";
  return publishedName === null ? "not compiled" : "compiled";
}

/** Of the zones, which come in groups, some of the first, by age in each; none where there are none. */
function listed(
  what: string,
  between: string,
  groups: readonly (readonly Membership[])[],
  say: (one: Membership) => string,
): string[] {
  const first = groups.flatMap((zones) => oldest(zones, mostNamed)).slice(0, mostNamed);
  if (first.length === 0) return [];
  const more = groups.reduce((sum, { length }) => sum + length, 0) - first.length;
  return [`${what}${first.map(say).join(between)}${more > 0 ? `, and ${more} more` : ""}`];
}

/** The first so many by age, without sorting all of them. */
function oldest(memberships: readonly Membership[], count: number): readonly Membership[] {
  const found: { readonly at: string; readonly membership: Membership }[] = [];
  for (const membership of memberships) {
    const at = age(membership.zone);
    if (found.length === count && at > (found.at(-1)?.at ?? "")) continue;
    const place = found.findIndex((other) => at < other.at);
    found.splice(place === -1 ? found.length : place, 0, { at, membership });
    if (found.length > count) found.pop();
  }
  return found.map(({ membership }) => membership);
}

function placeOf({ zone }: Membership): string {
  return `the zone ${zoneNameOf(zone)} (${keyOf(zone)})`;
}

function whyNot(membership: Membership): string {
  const { message } = membership.news.verdict;
  // The name stands there already.
  const why = message.replace(`the zone ${zoneNameOf(membership.zone)} is not served: `, "");
  const short = why.length > longestWhy ? `${why.slice(0, longestWhy - 1)}…` : why;
  return `${placeOf(membership)}: ${short}`;
}
