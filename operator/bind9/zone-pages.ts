// The text of a zone's RRsets, in their order, kept page by page: a change of one RRset writes the page anew that it stands on, and not
// the zone.
import { itemsPerStep } from "./sorted.ts";
import { compareText, zoneOrder } from "./domain-name.ts";
import { ttlOf, type RecordSet } from "./rrset.ts";

export interface ZonePages {
  /** Puts the RRset with this order in its place, instead of the one that stands there; null takes that away. */
  put(order: string, set: RecordSet | null): void;
  /** How many resource records there are. */
  count(): number;
  /** All of them, a line each. */
  text(): Generator<void, string>;
}

interface Page {
  /** Of the RRsets, which stand at the same places: two lists, since there may be hundreds of thousands. */
  orders: string[];
  sets: RecordSet[];
  /** null while it is not written. */
  text: string | null;
}

// A page of this many is written in less than a millisecond, and the largest zone has some hundreds of pages.
const mostOnPage = 512;

/** Where an RRset stands in its zone: a name's own records before those of the names below it, delegations first. */
export function pageOrder({ name, type }: Pick<RecordSet, "name" | "type">): string {
  // The separator sorts before those of zoneOrder.
  return `${zoneOrder(name)}\u0000${type.isDelegation ? "" : type.name}`;
}

/** Creates pages without an RRset; `ttlSeconds` is for those that do not ask for a TTL. */
export function createZonePages(ttlSeconds: number): ZonePages {
  const pages: Page[] = [{ orders: [], sets: [], text: "" }];
  let count = 0;

  /** The page that `order` belongs on: the last one that does not begin behind it. */
  function pageAt(order: string): number {
    const behind = firstWhere(pages.length, (at) => {
      const [first] = pages[at]?.orders ?? [];
      return first !== undefined && compareText(first, order) > 0;
    });
    return Math.max(0, behind - 1);
  }

  function put(order: string, set: RecordSet | null): void {
    const number = pageAt(order);
    const page = pages[number] as Page;
    const { orders, sets } = page;
    const at = firstWhere(orders.length, (index) => compareText(orders[index] as string, order) >= 0);
    const there = orders[at] === order ? sets[at] : undefined;
    if (there === undefined && set === null) return;
    const taken = there === undefined ? 0 : 1;
    orders.splice(at, taken, ...(set === null ? [] : [order]));
    sets.splice(at, taken, ...(set === null ? [] : [set]));
    count += (set?.values.length ?? 0) - (there?.values.length ?? 0);
    page.text = null;
    if (orders.length > mostOnPage) {
      const half = mostOnPage / 2;
      pages.splice(number + 1, 0, { orders: orders.splice(half), sets: sets.splice(half), text: null });
    } else if (orders.length === 0 && pages.length > 1) {
      pages.splice(number, 1);
    }
  }

  function* text(): Generator<void, string> {
    const texts: string[] = [];
    for (const page of pages) {
      if (page.text === null) {
        page.text = page.sets.map((set) => linesOf(set, ttlSeconds)).join("");
        yield;
      }
      texts.push(page.text);
      if (texts.length % itemsPerStep === 0) yield;
    }
    return texts.join("");
  }

  return { put, count: () => count, text };
}

function linesOf(set: RecordSet, ttlSeconds: number): string {
  const head = `${set.name} ${ttlOf(set, ttlSeconds)} IN ${set.type.name}`;
  return set.values
    .map(({ text }) => text)
    .toSorted(compareText)
    .map((text) => `${head} ${text}\n`)
    .join("");
}

/** The first of the numbers below `count` for which it is so, where it is so for all after it as well; `count` if for none. */
function firstWhere(count: number, isSo: (at: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSo(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
