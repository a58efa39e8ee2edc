// A zone in the making, which is kept: what each record comes to is worked out once, and a change of one record is work by the RRsets
// of its name, in a zone of whatever size. To compile a zone from nothing is to put all its records into an empty draft.
//
// From a record to its line there are five steps, and each RRset keeps what it came to in each of them:
//   1. placed     the record has an absolute name in the zone
//   2. merged     those of one name and type are one RRset
//   3. standing   it may stand beside the other types of its name
//   4. attended   of name servers: those that can be reached, where their delegation hides nothing older
//   5. visible    no delegation hides it, or it is given beside one; and of aliases: it does not lead back to itself
// The first three go by the name alone. The others depend on the delegations of the whole zone; where these are the same as before, only what
// changed is looked at.
import { createAliasLoops } from "./alias-loops.ts";
import { covered, ownField } from "./delegation.ts";
import { compareText } from "./domain-name.ts";
import { createDraftCuts } from "./draft-cuts.ts";
import { createDraftSets, none, note } from "./draft-sets.ts";
import type { DraftSet, DraftSets, PlacedRecord } from "./draft-sets.ts";
import {
  addedByPrimary,
  addressedHost,
  serverOf,
  setsOfPrimary,
  type PrimaryServer,
} from "./primary-server.ts";
import { nameServerType } from "./resource-record.ts";
import type { Diagnostic, RecordInput, RecordType, RecordValue } from "./resource-record.ts";
import { byAge, conflictsOf, differentTtls, mergeSet, placeRecord, withOwn } from "./rrset.ts";
import type { NamedRecord, RecordSet } from "./rrset.ts";
import { pause, sorted } from "./sorted.ts";
import { createZonePages } from "./zone-pages.ts";

/** What the zone itself brings along. */
export interface DraftOptions extends PrimaryServer {
  readonly ttlSeconds: number;
  /** The name servers that the zone names, and their glue. */
  readonly ownRecords: readonly NamedRecord[];
  /** What is wrong with those. */
  readonly ownDiagnostics: readonly Diagnostic[];
}

export interface ZoneDraft {
  /** Puts a record in, instead of the one with its id. */
  put(record: RecordInput): void;
  remove(id: string): void;
  /** Works out, in steps, what has changed since the last time. A draft for which this was not done to its end is of no use any more. */
  bringUpToDate(): Generator<void, DraftResult>;
  /** The absolute name under which a record is published, as it was worked out last; null if nothing of it is. */
  publishedName(id: string): string | null;
  /** Whether name servers of that name are published, as it was worked out last. */
  hasServersAt(name: string): boolean;
}

/** Addresses that the zone itself gives one of its servers. */
export interface OwnAddresses {
  /** Where the zone names the server. */
  readonly field: string;
  readonly name: string;
  readonly type: RecordType;
  readonly texts: readonly string[];
}

export interface DraftResult {
  /** All but the SOA. */
  readonly text: string;
  readonly recordsCount: number;
  readonly hasNameServer: boolean;
  /** Those that are published. */
  readonly ownAddresses: readonly OwnAddresses[];
  /** In an order that only depends on what is in the draft. */
  readonly diagnostics: readonly Diagnostic[];
  /** The ids of all records of which something may be another than the last time. */
  readonly touched: ReadonlySet<string>;
}

/** Creates a draft that holds what the zone itself brings along. */
export function createZoneDraft(options: DraftOptions): ZoneDraft {
  const { origin, primaryNs, ttlSeconds, ownRecords, ownDiagnostics } = options;
  const pages = createZonePages(ttlSeconds);
  const placed = new Map<string, PlacedRecord>();
  const sets = createDraftSets(ownRecords);
  const troubledRecords = new Set<string>();
  const troubledSets = new Set<DraftSet>();
  const ownServers = serversOf(options);
  const loops = createAliasLoops(sets, uncovered);
  const cuts = createDraftCuts(sets, origin, addressedHost(options));
  /** What has changed, and has not been worked out yet. */
  let changedSets = new Set<DraftSet>();
  let touched = new Set<string>();

  for (const { name, type } of ownRecords) changedSets.add(sets.getOrAdd(name, type));
  const primarySets = setsOfPrimary(options).map(({ name, type }) => sets.getOrAdd(name, type));
  for (const set of primarySets) changedSets.add(set);
  const addressSets = [...changedSets].filter(({ type }) => type.isAddress);
  const serverSet = sets.find(origin, nameServerType);
  let primaryDiagnostics: readonly Diagnostic[] = none;

  function put(input: RecordInput): void {
    const { id } = input;
    remove(id);
    const record = placeIn(sets, input, origin);
    placed.set(id, record);
    if (record.diagnostics.length > 0) troubledRecords.add(id);
    touched.add(id);
    if (record.set === null) return;
    addTo(record.set, record);
    changedSets.add(record.set);
  }

  function remove(id: string): void {
    const before = placed.get(id);
    if (before === undefined) return;
    placed.delete(id);
    troubledRecords.delete(id);
    touched.add(id);
    const { set } = before;
    if (set === null) return;
    before.isTakenOut = true;
    changedSets.add(set);
  }

  function* bringUpToDate(): Generator<void, DraftResult> {
    let seen = 0;
    for (const set of changedSets) {
      yield* pause((seen += 1));
      yield* merge(set, set === serverSet ? [serverOf(options)] : none);
    }
    for (const set of addPrimaryServer()) changedSets.add(set);
    const refreshed = new Set<DraftSet>();
    for (const set of changedSets) {
      yield* pause(refreshed.size);
      if (refreshed.has(set)) continue;
      const together = sets.at(set.name);
      stand(together, ownAt(set.name), ttlSeconds);
      for (const other of together) refreshed.add(other);
    }
    yield* cuts.renew(refreshed);
    yield* loops.renew(refreshed);
    yield* show(refreshed);
    const result = yield* collect();
    changedSets = new Set();
    touched = new Set();
    return result;
  }

  /** What the zone itself has at a name, beside which nothing can be an alias. */
  function ownAt(name: string): string | null {
    if (name === origin) return "the zone itself has its SOA there";
    return ownServers.has(name) ? `${name} is a name server of the zone, which cannot be an alias` : null;
  }

  function addPrimaryServer(): DraftSet[] {
    const added = addedByPrimary(options, sets.at(primaryNs));
    primaryDiagnostics = added.diagnostics;
    return primarySets.filter((set) => {
      const before = set.added;
      set.added = added.to(set.type);
      return (
        before.length !== set.added.length || before.some(({ text }, at) => text !== set.added[at]?.text)
      );
    });
  }

  function* show(refreshed: ReadonlySet<DraftSet>): Generator<void, void> {
    let seen = 0;
    for (const set of refreshed) {
      yield* pause((seen += 1));
      const { attended, cover } = set;
      const looping = loops.troubleOf(set);
      set.visible = looping.length > 0 ? null : uncovered(set);
      note(set, "visible", cover === null || attended === null ? looping : covered(attended, cover));
      pages.put(set.order, set.visible);
      if (Object.values(set.troubles).some(({ length }) => length > 0)) troubledSets.add(set);
      else troubledSets.delete(set);
      for (const { id } of set.records) {
        touched.add(id);
        yield* pause(touched.size);
      }
      if (!isEmpty(set)) continue;
      sets.remove(set);
      cuts.remove(set);
    }
  }

  function isEmpty(set: DraftSet): boolean {
    return set.records.length === 0 && set.own.length === 0 && !primarySets.includes(set);
  }

  function* troubles(): Generator<readonly Diagnostic[], void> {
    for (const id of troubledRecords) yield placed.get(id)?.diagnostics ?? none;
    for (const set of troubledSets) yield* Object.values(set.troubles);
  }

  function* collect(): Generator<void, DraftResult> {
    const found: Diagnostic[] = [...ownDiagnostics, ...primaryDiagnostics];
    // One by one: an RRset may have as many as a zone has records, which is more than a call takes arguments.
    for (const diagnostics of troubles()) {
      for (const diagnostic of diagnostics) {
        found.push(diagnostic);
        yield* pause(found.length);
      }
    }
    return {
      text: yield* pages.text(),
      recordsCount: pages.count(),
      hasNameServer: sets.find(origin, nameServerType)?.visible !== null,
      ownAddresses: addressSets.flatMap(ownAddressesIn),
      diagnostics: yield* sorted(found, byRecord),
      touched,
    };
  }

  return {
    put,
    remove,
    bringUpToDate,
    publishedName: (id) => {
      const record = placed.get(id);
      return record?.isMember === true && record.set?.visible !== null ? record.name : null;
    },
    hasServersAt: (name) => (sets.find(name, nameServerType)?.visible ?? null) !== null,
  };
}

/** The hosts that the zone itself names as its servers. */
function serversOf({ primaryNs, ownRecords }: DraftOptions): ReadonlySet<string> {
  const hosts = ownRecords.flatMap(({ values }) => values.map(({ host }) => host));
  return new Set([primaryNs, ...hosts.filter((host) => host !== undefined)]);
}

/** What is kept of a record; it is not among those of its RRset yet. */
function placeIn(sets: DraftSets, input: RecordInput, origin: string): PlacedRecord {
  const { id, age, type, ttl, values, refused } = input;
  const diagnostics: Diagnostic[] =
    refused.length === 0 ? [] : [{ id, reason: "InvalidValue", message: firstOf(refused) }];
  const place = placeRecord(input, origin);
  if (typeof place !== "string") diagnostics.push(place);
  const set = typeof place === "string" ? sets.getOrAdd(place, type) : null;
  return {
    id,
    age,
    type,
    name: set?.name ?? input.name,
    ttl,
    values,
    diagnostics: diagnostics.length === 0 ? none : diagnostics,
    set,
    isMember: false,
    isTakenOut: false,
  };
}

/** An object may have a hundred values with something wrong with each; the first two are enough to act on. */
function firstOf(refused: readonly string[]): string {
  const more = refused.length - mostRefusalsTold;
  const told = refused.slice(0, mostRefusalsTold).join("; ");
  return more > 0 ? `${told}; and ${more} more of its values cannot be served either` : told;
}

const mostRefusalsTold = 2;

/** What no delegation hides. */
function uncovered({ attended, cover }: DraftSet): RecordSet | null {
  return cover === null || cover.glueOf !== null ? attended : null;
}

function ownAddressesIn({ name, type, own, added, visible }: DraftSet): OwnAddresses[] {
  const given = new Set([...own.flatMap(({ values }) => values), ...added].map(({ text }) => text));
  const texts = (visible?.values ?? []).map(({ text }) => text).filter((text) => given.has(text));
  return texts.length === 0 ? [] : [{ field: own.length === 0 ? "primaryNs" : ownField, name, type, texts }];
}

function addTo(set: DraftSet, record: PlacedRecord): void {
  // A list that grows has room for more: of the many sets with one record each has a list of one.
  if (set.records.length === 0) set.records = [record];
  else set.records.push(record);
}

/** Merges the records of an RRset, with room for what may be added to it. */
function* merge(set: DraftSet, reserved: readonly RecordValue[]): Generator<void, void> {
  const records = set.records.filter(({ isTakenOut }) => !isTakenOut);
  set.records = [...(records.length > 1 ? yield* sorted(records, byAge) : records)];
  const merged = yield* mergeSet(
    set,
    set.own.length === 0 ? set.records : [...set.own, ...set.records],
    reserved,
  );
  set.merged = merged.set;
  note(set, "merged", merged.diagnostics);
  const members = new Set(merged.set?.members);
  for (const record of set.records) record.isMember = members.has(record);
}

/** Which of the types at a name may stand beside the others. */
function stand(together: readonly DraftSet[], own: string | null, ttlSeconds: number): void {
  const whole = together.map((set) => withOwn(set, set.merged, set.added));
  const present = whole.filter((set) => set !== null);
  for (const [index, set] of together.entries()) {
    const all = whole[index] ?? null;
    const conflicts = all === null ? none : conflictsOf(all, present, own);
    const isOut = all === null || conflicts.length > 0;
    note(set, "standing", isOut ? conflicts : differentTtls(all, ttlSeconds));
    set.standing = isOut ? null : all;
  }
}

/** Those of the zone itself first. Those of one record stay in the order of the steps. */
function byRecord(left: Diagnostic, right: Diagnostic): number {
  if (left.id === null && right.id === null) return compareText(left.message, right.message);
  if (left.id === null || right.id === null) return left.id === null ? -1 : 1;
  return compareText(left.id, right.id);
}
