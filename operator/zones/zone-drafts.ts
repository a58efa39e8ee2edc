// The drafts of large zones, kept from one compilation to the next, so that a change of a record is work by its name and not by its
// zone. A small zone is compiled from nothing faster than its draft could be looked after, and is not kept.
//
// What changes is noted here by the triggers. A draft is only used for exactly what it was made of: another zone object, another
// spec, or anything that went wrong on the way, and the zone is compiled from nothing.
import { bodyOf, draftOptions } from "../bind9/zone-compiler.ts";
import type { UnservableZone, ZoneBody, ZoneDescription, ZoneInput } from "../bind9/zone-compiler.ts";
import { createZoneDraft, type DraftResult, type ZoneDraft } from "../bind9/zone-draft.ts";
import { itemsPerStep } from "../bind9/sorted.ts";
import type { Diagnostic, RecordInput } from "../bind9/resource-record.ts";
import { isSameContent } from "../kubernetes/difference.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { isLeaving, keyOf, splitKey, type FullReference } from "../resources/kubernetes-object.ts";
import { textOf, type RecordReference } from "../resources/record-kind.ts";
import type { KnownRecord, World } from "../world.ts";
import { firstRecords } from "./listed-records.ts";
import { createLargeZones } from "./large-zones.ts";
import { createRecordRoom, weightOf } from "./record-room.ts";
import { isSelectedBy } from "./serving.ts";

/** Nothing is made of a zone that goes to no instance; nor of one whose own names cannot be or that selects too many records, as a diagnostic says. */
export interface UncompiledZone {
  readonly kind: "uncompiled";
  readonly diagnostics: readonly Diagnostic[];
}

/** A zone with all its records, but for its serial. */
export interface DraftedZone {
  readonly kind: "drafted";
  /** By the text of their references; none where nothing is made of them. */
  readonly records: ReadonlyMap<string, KnownRecord>;
  readonly recordsCount: number;
  /** Those that the zone's status lists. */
  readonly listed: readonly FullReference[];
  readonly body: ZoneBody | UnservableZone | UncompiledZone;
  /** The records of which something may be another than when `told` was last called; null for all. */
  readonly touched: ReadonlySet<string> | null;
  /** Where there was no room for it, after what time it is to be tried again. */
  readonly againMs: number | null;
}

/** Nothing was done: it is to be tried again after a while. */
export interface Waiting {
  readonly kind: "waiting";
  readonly pauseMs: number;
}

export interface ZoneDrafts {
  /** Takes note that a record of the zone changed, came or went. */
  touch(zoneKey: string, record: RecordReference): void;
  /**
   * Drafts the zone in steps, unless it has to wait, as a large one has for another that is being drafted from nothing. The world may change meanwhile: what changes has to be noted, and the zone drafted again.
   */
  draft(
    world: World,
    zone: DnsZone,
    input: ZoneInput,
    description: ZoneDescription,
  ): Generator<void, DraftedZone | Waiting>;
  /** Takes note that everything that was touched has been told on. */
  told(zoneKey: string): void;
  /** Takes note that nothing is made of the zone any more. */
  forget(zoneKey: string): void;
  clear(): void;
}

export interface DraftLimits {
  // All of them by weight, in records of a usual size (record-room.ts).
  /** The most records that one zone may have. */
  readonly mostRecords: number;
  /** The fewest with which a draft is kept. */
  readonly leastKept: number;
  /** The most of all drafts that are kept. */
  readonly mostKept: number;
  /** The fewest of a large zone, of which one at a time is drafted from nothing. */
  readonly leastLarge: number;
  /** The most of all zones together. */
  readonly mostCompiled: number;
}

// What was measured of 200,000 records in one zone, and of 3,000 in each of 300; and something for what may be wrong with each.
const bytesPerDrafted = 600;
const bytesPerCompiled = 300;

// For the draft of another large zone, some seconds of work in slices.
const largePauseMs = 500;
// For room in memory, which comes free when others have fewer records.
const leastRoomPauseMs = 60_000;
// Of the loop's time, for a record.
const lookMs = 0.0007;

/**
 * What there is room for in a heap of this size: 15 per cent of it for drafts, and a quarter for what became of each record. With more than some
 * half of it in use the collector cannot keep up, and stops the loop for tenths of a second.
 */
export function draftLimits(heapBytes: number): DraftLimits {
  const mostDrafted = Math.floor((heapBytes * 0.15) / bytesPerDrafted);
  return {
    mostRecords: Math.min(200_000, mostDrafted),
    leastKept: 500,
    mostKept: Math.min(250_000, mostDrafted),
    leastLarge: 10_000,
    mostCompiled: Math.floor((heapBytes * 0.25) / bytesPerCompiled),
  };
}

type Weighed = Pick<Kept, "records" | "weight">;

interface Kept {
  /** What it was made of. */
  readonly basis: object;
  readonly draft: ZoneDraft;
  records: Map<string, KnownRecord>;
  /** Of all of them. */
  weight: number;
  /** Those that the status lists; null where records have come or gone since that was worked out. */
  listed: readonly FullReference[] | null;
  /** Noted, and not taken up yet. */
  noted: Map<string, RecordReference>;
  untold: Set<string> | null;
  /** Not while it is worked on, nor after that broke off. */
  isWhole: boolean;
}

/** Creates drafts, of which there are none yet. `onCrowdedOut` is told of a zone that is to be drafted again, since others need its room. */
export function createZoneDrafts(
  limits: DraftLimits,
  onCrowdedOut: (zoneKey: string) => void = () => undefined,
): ZoneDrafts {
  // The one that was used last comes last.
  const drafts = new Map<string, Kept>();
  const room = createRecordRoom(limits.mostCompiled);
  const large = createLargeZones();
  /** How much those weigh for which there was no room. */
  const refused = new Map<string, number>();

  function* draft(
    world: World,
    zone: DnsZone,
    input: ZoneInput,
    description: ZoneDescription,
  ): Generator<void, DraftedZone | Waiting> {
    const key = keyOf(zone);
    const basis = basisOf(zone, input);
    const there = drafts.get(key);
    const isOfUse = there?.isWhole === true && isSameContent(there.basis, basis);
    if (!isOfUse && large.hasToWait(key) && room.crowdedOut() !== key)
      return { kind: "waiting", pauseMs: largePauseMs };
    const kept = isOfUse ? there : begun(basis, createZoneDraft(draftOptions(input, description)));
    kept.isWhole = false;
    // From here on what changes is noted.
    drafts.delete(key);
    drafts.set(key, kept);
    if (isOfUse) yield* takeUp(kept, world, zone, description.origin);
    const found = isOfUse ? kept : yield* weighed(yield* world.findRecordsOf(zone), description.origin);
    const { records, weight } = found;
    const listed = kept.listed ?? (yield* firstRecords(records.values()));
    kept.listed = listed;
    const about = { kind: "drafted", recordsCount: records.size, listed } as const;
    if (!hasRoom(key, weight)) {
      refused.set(key, weight);
      drafts.delete(key);
      large.forget(key);
      const body = tooManyRecords(key, records.size, weight, limits.mostRecords);
      return { ...about, records: noRecords, body, touched: null, againMs: roomPauseMs() };
    }
    refused.delete(key);
    const isFilled = !isOfUse && weight >= limits.leastLarge;
    if (!isFilled) large.forget(key);
    else if (!large.begin(key)) {
      drafts.delete(key);
      return { kind: "waiting", pauseMs: largePauseMs };
    }
    try {
      if (!isOfUse) yield* fill(kept, found, description.origin);
      const result = yield* finish(key, kept);
      const body = bodyOf(input, description, kept.draft, result);
      return { ...about, records, body, touched: kept.untold, againMs: null };
    } finally {
      if (isFilled) large.end();
    }
  }

  function* fill(kept: Kept, { records, weight }: Weighed, origin: string): Generator<void, void> {
    kept.records = records;
    kept.weight = weight;
    makeRoom();
    let seen = 0;
    for (const record of records.values()) {
      kept.draft.put(recordInput(record, origin));
      seen += 1;
      if (seen % itemsPerStep === 0) yield;
    }
  }

  function* finish(key: string, kept: Kept): Generator<void, DraftResult> {
    const result: DraftResult = yield* kept.draft.bringUpToDate();
    const { untold, weight } = kept;
    if (untold !== null) for (const id of result.touched) untold.add(id);
    kept.isWhole = true;
    drafts.delete(key);
    if (weight < limits.leastKept) return result;
    drafts.set(key, kept);
    makeRoom();
    return result;
  }

  /** Takes room for the zone, if there is that much. */
  function hasRoom(key: string, weight: number): boolean {
    if (weight > limits.mostRecords) room.release(key);
    const isThere = weight <= limits.mostRecords && room.take(key, weight);
    const crowdedOut = room.crowdedOut();
    if (crowdedOut !== null && crowdedOut !== key) onCrowdedOut(crowdedOut);
    return isThere;
  }

  /** To look whether there is room now is to read all records: all who wait do so in some hundredth of the time. */
  function roomPauseMs(): number {
    const weight = [...refused.values()].reduce((sum, one) => sum + one, 0);
    return Math.max(leastRoomPauseMs, Math.ceil(weight * lookMs * 100));
  }

  function* takeUp(kept: Kept, world: World, zone: DnsZone, origin: string): Generator<void, void> {
    const { noted } = kept;
    kept.noted = new Map();
    let seen = 0;
    for (const [id, reference] of noted) {
      const record = world.recordAt(reference);
      const isIn =
        record !== null && !isLeaving(record.object) && isSelectedBy(zone.spec.recordsFrom, record.object);
      const before = kept.records.get(id);
      if (isIn !== (before !== undefined)) kept.listed = null;
      kept.weight +=
        (isIn ? weightOf(record.object, origin) : 0) -
        (before === undefined ? 0 : weightOf(before.object, origin));
      if (isIn) {
        kept.records.set(id, record);
        kept.draft.put(recordInput(record, origin));
      } else {
        kept.records.delete(id);
        kept.draft.remove(id);
      }
      seen += 1;
      if (seen % itemsPerStep === 0) yield;
    }
  }

  /** Forgets the drafts that were used longest ago, until no more are kept than there is room for; not those that are being worked on. */
  function makeRoom(): void {
    let sum = 0;
    for (const { weight } of drafts.values()) sum += weight;
    for (const [key, { weight, isWhole }] of drafts) {
      if (sum <= limits.mostKept) return;
      if (!isWhole) continue;
      sum -= weight;
      drafts.delete(key);
    }
  }

  function forget(zoneKey: string): void {
    drafts.delete(zoneKey);
    room.release(zoneKey);
    large.forget(zoneKey);
    refused.delete(zoneKey);
  }

  return {
    touch: (zoneKey, record) => void drafts.get(zoneKey)?.noted.set(textOf(record), record),
    draft,
    told: (zoneKey) => {
      const kept = drafts.get(zoneKey);
      if (kept !== undefined) kept.untold = new Set();
    },
    forget,
    clear: () => {
      drafts.clear();
      room.clear();
      large.clear();
      refused.clear();
    },
  };
}

/** Of a zone of which nothing is made. */
export const noRecords: ReadonlyMap<string, KnownRecord> = new Map();

function begun(basis: object, draft: ZoneDraft): Kept {
  return {
    basis,
    draft,
    records: new Map(),
    weight: 0,
    listed: null,
    noted: new Map(),
    untold: null,
    isWhole: false,
  };
}

function* weighed(records: Map<string, KnownRecord>, origin: string): Generator<void, Weighed> {
  let weight = 0;
  let seen = 0;
  for (const { object } of records.values()) {
    weight += weightOf(object, origin);
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
  }
  return { records, weight };
}

/** By the generation too: a spec that was changed and changed back has meanwhile selected other records. */
function basisOf({ metadata, spec }: DnsZone, input: ZoneInput): object {
  return { uid: metadata.uid, generation: metadata.generation, input, selection: spec.recordsFrom };
}

function recordInput({ id, kind, object }: KnownRecord, origin: string): RecordInput {
  const { values, refused } = kind.valuesOf(object, origin);
  const { name, ttl } = object.spec;
  // Those of one RRset are of one kind, and their ids go by namespace and name.
  const age = object.metadata.creationTimestamp ?? "";
  return { id, age, type: kind.type, name, ttl, values, refused };
}

function tooManyRecords(key: string, count: number, weight: number, most: number): UncompiledZone {
  const large = weight > count ? `, as large as ${weight} usual ones` : "";
  const why =
    weight > most
      ? `more than the ${most} that one zone may have: select fewer, delegate a part of the names to a zone of its own, or give the operator more memory`
      : `and with them the zones of the namespace ${splitKey(key).namespace} would have more than there is room for in the operator's memory beside ` +
        "others: let fewer zones select the same records, or give the operator more memory";
  const message = `the zone selects ${count} records${large}, ${why}. What it had before stays served`;
  return { kind: "uncompiled", diagnostics: [{ id: null, reason: "TooManyRecords", message }] };
}
