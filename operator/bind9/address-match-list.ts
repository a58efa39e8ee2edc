// Address match lists, as named reads them in allow-query and the like, and lists by name (acls) that they may name. A list that cannot be
// read as it is written is closed: left out, an element could let in those whom it was to keep out, and a list by name that is closed and
// negated elsewhere would let in everybody. So a list is closed too where it names one that is.
import { bitsOf, isIpv4, isIpv6, networkOf } from "./address.ts";

/** Address match lists by name. */
export type Acls = Readonly<Record<string, readonly string[]>>;

/** Lists by name, and which of them named can be told as they are written. */
export interface KnownAcls {
  readonly lists: Acls;
  readonly usable: ReadonlySet<string>;
  /** A number for each list: the same for those that lead to each other, and so stand on one circle. */
  readonly circles: ReadonlyMap<string, number>;
}

const words: readonly string[] = ["any", "none", "localhost", "localnets"];
// Those that an address of named's own is among.
const ownWords: readonly string[] = ["any", "localhost", "localnets"];
// What named reads as the beginning of something else where it stands in a list.
const keywords: readonly string[] = ["key", "geoip"];
const aclName = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;
const keyElement = /^key\s/i;

/**
 * Which of the lists can be named: not one that is part of a circle, nor one that names a list which cannot be named. One walk over all of
 * them, in which a list is judged behind those that it names (Tarjan's components): what anybody may write into 64 lists of 256 elements
 * holds up nobody else.
 */
export function knownAcls(lists: Acls): KnownAcls {
  const names = Object.keys(lists);
  const usable = new Set<string>();
  const circles = new Map<string, number>();
  const ordinals = new Map<string, number>();
  const walked: string[] = [];

  /** The first list of the walk, by its ordinal, that this one leads back to. */
  function walk(name: string, list: readonly string[]): number {
    const ordinal = ordinals.size;
    const depth = walked.push(name) - 1;
    ordinals.set(name, ordinal);
    const bares = new Set(list.map(bareOf));
    let first = ordinal;
    for (const bare of bares) {
      const next = Object.hasOwn(lists, bare) ? lists[bare] : undefined;
      if (next === undefined || circles.has(bare)) continue;
      first = Math.min(first, ordinals.get(bare) ?? walk(bare, next));
    }
    if (first < ordinal) return first;
    const members = walked.splice(depth);
    for (const member of members) circles.set(member, ordinal);
    const isReadable = list.every((each) => usable.has(bareOf(each)) || isNoList(each, lists));
    if (members.length === 1 && isReadable && aclNameProblem(name, names) === null) usable.add(name);
    return first;
  }

  for (const [name, list] of Object.entries(lists)) if (!ordinals.has(name)) walk(name, list);
  return { lists, usable, circles };
}

/** Why a list cannot be called so beside lists of the other `names`; null if it can. named does not tell upper from lower case. */
export function aclNameProblem(name: string, names: readonly string[] = []): string | null {
  const is = JSON.stringify(name);
  if ([...words, ...keywords].includes(name.toLowerCase()))
    return `${is} has a meaning of its own: call the list otherwise`;
  if (!aclName.test(name)) return `${is} is not a name: write letters, digits, _ and -, a letter first`;
  const twin = names.find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
  if (twin === undefined) return null;
  return `${is} and ${JSON.stringify(twin)} are one name to named: call one of the lists otherwise`;
}

/** Why a list is not one that named is told as it is written, each with element and remedy; none if it is one. */
export function matchListProblems(list: readonly string[], acls: KnownAcls): string[] {
  return list.map((element) => elementProblem(element, acls)).filter((problem) => problem !== null);
}

/** The same of the list by this name, which is among `acls`. */
export function aclProblems(name: string, acls: KnownAcls): string[] {
  const circle = acls.circles.get(name);
  return (acls.lists[name] ?? [])
    .map((element) =>
      circle !== undefined && acls.circles.get(bareOf(element)) === circle
        ? `${JSON.stringify(element)} leads back to the list itself: take the name out of one of the two`
        : elementProblem(element, acls),
    )
    .filter((problem) => problem !== null);
}

/**
 * The list as it stands between the braces; `otherwise` is what holds where there is none. One without elements is a list: it matches nobody,
 * as in named.
 */
export function renderedMatchList(
  list: readonly string[] | undefined,
  otherwise: string,
  acls: KnownAcls,
): string {
  if (list === undefined) return `${otherwise};`;
  if (list.length === 0) return "none;";
  const isReadable = list.every((element) => elementProblem(element, acls) === null);
  return isReadable ? list.map((element) => `${element.trim()};`).join(" ") : "none;";
}

/** 4 or 6. */
type Family = 4 | 6;

/**
 * Whether a list lets in nobody, whoever asks (of one of the `families`); where there is none, others decide. named goes through it in order, and the first element that matches decides: `none` is the same
 * as `!any`, and ends the list. Of a list by name that the list names, only those whom it lets in match (BIND's manual, "Address Match Lists").
 */
export function admitsNobody(
  list: readonly string[] | undefined,
  acls: KnownAcls,
  families: readonly Family[] = [4, 6],
): boolean {
  if (list === undefined) return false;
  const isReadable = list.every((element) => elementProblem(element, acls) === null);
  return !isReadable || families.every((family) => admittedBy(list, acls, family, new Map()) === "nobody");
}

type Admitted = "nobody" | "some" | "everybody";

/** Whom of a family a list that can be read lets in; `known` is the same of lists by name. Where addresses would have to be compared it is some. */
function admittedBy(
  list: readonly string[],
  acls: KnownAcls,
  family: Family,
  known: Map<string, Admitted>,
): Admitted {
  let admitted: Admitted = "nobody";
  let isAnybodyRefused = false;
  for (const element of list) {
    const { bare, isNegated } = meant(element);
    const matched = acls.usable.has(bare) ? ofList(bare) : matchedBy(bare, family);
    if (matched === "everybody" && !isNegated) return isAnybodyRefused ? "some" : "everybody";
    if (matched === "everybody") return admitted;
    if (matched === "nobody") continue;
    if (isNegated) isAnybodyRefused = true;
    else admitted = "some";
  }
  return admitted;

  function ofList(name: string): Admitted {
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = admittedBy(acls.lists[name] ?? [], acls, family, known);
    known.set(name, found);
    return found;
  }
}

/** Whom of a family an element matches that names no list: a network of no bits all of its own. */
function matchedBy(bare: string, family: Family): Admitted {
  if (bare === "any") return "everybody";
  const [address = "", prefix] = bare.split("/");
  if (addressOf(bare) === null) return "some";
  if (isIpv4(address) !== (family === 4)) return "nobody";
  return prefix !== undefined && Number(prefix) === 0 ? "everybody" : "some";
}

/**
 * Whether a list of a named lets in `address`, which is one of its own: such a one is in localhost and localnets. Where there is no list it
 * does, and where that cannot be read it is closed.
 */
export function isOwnAddressIn(
  list: readonly string[] | undefined,
  address: string,
  acls: KnownAcls,
): boolean {
  if (list === undefined) return true;
  const isReadable = list.every((element) => elementProblem(element, acls) === null);
  return isReadable && holds(list, bitsOf(address), acls, new Map());
}

function holds(list: readonly string[], bits: string, acls: KnownAcls, known: Map<string, boolean>): boolean {
  for (const element of list) {
    const { bare, isNegated } = meant(element);
    const isMatch = acls.usable.has(bare) ? ofList(bare) : ownWords.includes(bare) || isWithin(bits, bare);
    if (isMatch) return !isNegated;
  }
  return false;

  function ofList(name: string): boolean {
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = holds(acls.lists[name] ?? [], bits, acls, known);
    known.set(name, found);
    return found;
  }
}

/** Whether an address, by its bits, is the one of an element, or in its network. */
function isWithin(bits: string, bare: string): boolean {
  const [address = "", prefix] = bare.split("/");
  const of = bitsOf(address);
  return of.length === bits.length && bits.startsWith(of.slice(0, Number(prefix ?? of.length)));
}

/** With "none" as what it is to named. */
function meant(element: string): { readonly bare: string; readonly isNegated: boolean } {
  const bare = bareOf(element);
  const isNegated = element.trim().startsWith("!");
  return bare === "none" ? { bare: "any", isNegated: !isNegated } : { bare, isNegated };
}

/** The address or network of an element, whether negated or not; null if it is a word or a name. */
export function addressOf(element: string): string | null {
  const [address = ""] = bareOf(element).split("/");
  return isIpv4(address) || isIpv6(address) ? address : null;
}

function elementProblem(element: string, { lists, usable }: KnownAcls): string | null {
  const bare = bareOf(element);
  if (words.includes(bare) || usable.has(bare)) return null;
  if (!Object.hasOwn(lists, bare)) return ownProblem(element);
  return `${JSON.stringify(element)} names a list that is closed itself: mend acls.${bare}`;
}

/** What is wrong with an element that names no list. */
function ownProblem(element: string): string | null {
  const bare = bareOf(element);
  if (words.includes(bare)) return null;
  const is = JSON.stringify(element);
  const form =
    "write an address, a network like 10.0.0.0/8, any, none, localhost, localnets, or the name of a list of the cluster's acls";
  if (keyElement.test(bare)) return `${is} asks for a key, and keys (TSIG) are not acted on yet: ${form}`;
  const [address = "", prefix, ...rest] = bare.split("/");
  if (addressOf(address) === null || rest.length > 0) return `${is} is not an address or a network: ${form}`;
  if (prefix === undefined) return null;
  const bits = bitsOf(address);
  const length = Number(prefix);
  if (!/^\d{1,3}$/.test(prefix) || length > bits.length)
    return `${is}: the length of a prefix is at most ${bits.length}: write a number up to that behind the slash`;
  if (!bits.slice(length).includes("1")) return null;
  return `${is} is an address in a network and not a network: write ${networkOf(address, length)}/${length}`;
}

function isNoList(element: string, lists: Acls): boolean {
  return !Object.hasOwn(lists, bareOf(element)) && ownProblem(element) === null;
}

function bareOf(element: string): string {
  return element.trim().replace(/^!\s*/, "");
}
