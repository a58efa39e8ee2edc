// The drafts of large zones, kept from one compilation to the next, so that a change of a record is work by its name and not by its
// zone. A small zone is compiled from nothing faster than its draft could be looked after, and is not kept.
//
// What changes is noted here by the triggers. A draft is only used for exactly what it was made of: another zone object, another
// spec, or anything that went wrong on the way, and the zone is compiled from nothing.
import { bodyOf, draftOptions } from "../bind9/zone-compiler.ts";
import type { UnservableZone, ZoneBody, ZoneDescription, ZoneInput } from "../bind9/zone-compiler.ts";
import { createZoneDraft, type DraftResult, type ZoneDraft } from "../bind9/zone-draft.ts";
import { itemsPerStep } from "../bind9/sorted.ts";
import type { RecordInput } from "../bind9/resource-record.ts";
import { isSameContent } from "../kubernetes/difference.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { age, isLeaving, keyOf } from "../resources/kubernetes-object.ts";
import { textOf, type RecordReference } from "../resources/record-kind.ts";
import type { KnownRecord, World } from "../world.ts";
import { isSelectedBy } from "./serving.ts";

/** A zone with all its records, but for its serial. */
export interface DraftedZone {
  /** By the text of their references. */
  readonly records: ReadonlyMap<string, KnownRecord>;
  readonly body: ZoneBody | UnservableZone;
  /** The records of which something may be another than when `told` was last called; null for all. */
  readonly touched: ReadonlySet<string> | null;
}

export interface ZoneDrafts {
  /** Takes note that a record of the zone changed, came or went. */
  touch(zoneKey: string, record: RecordReference): void;
  /** Drafts the zone in steps. The world may change meanwhile: what changes has to be noted, and the zone drafted again. */
  draft(
    world: World,
    zone: DnsZone,
    input: ZoneInput,
    description: ZoneDescription,
  ): Generator<void, DraftedZone>;
  /** Takes note that everything that was touched has been told on. */
  told(zoneKey: string): void;
  forget(zoneKey: string): void;
  clear(): void;
}

export interface DraftLimits {
  /** The most records that one zone may have. */
  readonly mostRecords: number;
  /** The fewest with which a draft is kept. */
  readonly leastKept: number;
  /** The most of all drafts that are kept. */
  readonly mostKept: number;
}

export const usualLimits: DraftLimits = { mostRecords: 200_000, leastKept: 500, mostKept: 250_000 };

interface Kept {
  /** What it was made of. */
  readonly basis: object;
  readonly draft: ZoneDraft;
  readonly records: Map<string, KnownRecord>;
  /** Noted, and not taken up yet. */
  noted: Map<string, RecordReference>;
  untold: Set<string> | null;
  /** Not while it is worked on, nor after that broke off. */
  isWhole: boolean;
}

/** Creates drafts, of which there are none yet. */
export function createZoneDrafts(limits: DraftLimits = usualLimits): ZoneDrafts {
  // The one that was used last comes last.
  const drafts = new Map<string, Kept>();

  function* draft(
    world: World,
    zone: DnsZone,
    input: ZoneInput,
    description: ZoneDescription,
  ): Generator<void, DraftedZone> {
    const key = keyOf(zone);
    const basis = basisOf(zone, input);
    const there = drafts.get(key);
    const isOfUse = there?.isWhole === true && isSameContent(there.basis, basis);
    const kept = isOfUse ? there : begun(basis, createZoneDraft(draftOptions(input, description)));
    kept.isWhole = false;
    // From here on what changes is noted.
    drafts.delete(key);
    drafts.set(key, kept);
    yield* isOfUse
      ? takeUp(kept, world, zone, description.origin)
      : fill(kept, world, zone, description.origin);
    const { records, untold } = kept;
    if (records.size > limits.mostRecords) {
      forget(key);
      return { records, body: tooManyRecords(records.size, limits.mostRecords), touched: null };
    }
    const result: DraftResult = yield* kept.draft.bringUpToDate();
    if (untold !== null) for (const id of result.touched) untold.add(id);
    kept.isWhole = true;
    if (records.size < limits.leastKept) forget(key);
    else makeRoom();
    return { records, body: bodyOf(input, description, kept.draft, result), touched: untold };
  }

  function* fill(kept: Kept, world: World, zone: DnsZone, origin: string): Generator<void, void> {
    let seen = 0;
    for (const [id, record] of yield* world.findRecordsOf(zone)) {
      kept.records.set(id, record);
      // Those that are too many are counted, and nothing else.
      if (kept.records.size <= limits.mostRecords) kept.draft.put(recordInput(record, origin));
      seen += 1;
      if (seen % itemsPerStep === 0) yield;
    }
  }

  function* takeUp(kept: Kept, world: World, zone: DnsZone, origin: string): Generator<void, void> {
    const { noted } = kept;
    kept.noted = new Map();
    let seen = 0;
    for (const [id, reference] of noted) {
      const record = world.recordAt(reference);
      const isIn =
        record !== null && !isLeaving(record.object) && isSelectedBy(zone.spec.recordsFrom, record.object);
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

  function makeRoom(): void {
    let sum = 0;
    for (const { records } of drafts.values()) sum += records.size;
    for (const [key, { records }] of drafts) {
      if (sum <= limits.mostKept || drafts.size === 1) return;
      sum -= records.size;
      drafts.delete(key);
    }
  }

  function forget(zoneKey: string): void {
    drafts.delete(zoneKey);
  }

  return {
    touch: (zoneKey, record) => void drafts.get(zoneKey)?.noted.set(textOf(record), record),
    draft,
    told: (zoneKey) => {
      const kept = drafts.get(zoneKey);
      if (kept !== undefined) kept.untold = new Set();
    },
    forget,
    clear: () => drafts.clear(),
  };
}

function begun(basis: object, draft: ZoneDraft): Kept {
  return { basis, draft, records: new Map(), noted: new Map(), untold: null, isWhole: false };
}

/** By the generation too: a spec that was changed and changed back has meanwhile selected other records. */
function basisOf({ metadata, spec }: DnsZone, input: ZoneInput): object {
  return { uid: metadata.uid, generation: metadata.generation, input, selection: spec.recordsFrom };
}

function recordInput({ id, kind, object }: KnownRecord, origin: string): RecordInput {
  const { values, refused } = kind.valuesOf(object, origin);
  const { name, ttl } = object.spec;
  return { id, age: age(object), type: kind.type, name, ttl, values, refused };
}

function tooManyRecords(count: number, most: number): UnservableZone {
  const message =
    `the zone selects ${count} records, more than the ${most} that one zone may have: ` +
    "what it had before stays served; select fewer, or delegate a part of the names to a zone of its own";
  return { kind: "unservable", diagnostics: [{ id: null, reason: "TooManyRecords", message }] };
}
