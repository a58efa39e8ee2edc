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
import { isLeaving, keyOf, type FullReference } from "../resources/kubernetes-object.ts";
import { textOf, type RecordReference } from "../resources/record-kind.ts";
import type { KnownRecord, World } from "../world.ts";
import { firstRecords } from "./listed-records.ts";
import { weightOf } from "./record-room.ts";
import { isSelectedBy } from "./serving.ts";
import { createZoneRoom, type DraftLimits, type UncompiledZone, type Waiting } from "./zone-room.ts";

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
  const room = createZoneRoom(limits, onCrowdedOut);

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
    const waiting = isOfUse ? null : room.waits(key);
    if (waiting !== null) return waiting;
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
    const admission = room.admit(key, { count: records.size, weight }, !isOfUse);
    if (admission.kind !== "admitted") drafts.delete(key);
    if (admission.kind === "waiting") return admission;
    if (admission.kind === "no room") {
      const { body, againMs } = admission;
      return { ...about, records: noRecords, body, touched: null, againMs };
    }
    try {
      if (!isOfUse) yield* fill(kept, found, description.origin);
      const result = yield* finish(key, kept);
      const body = bodyOf(input, description, kept.draft, result);
      return { ...about, records, body, touched: kept.untold, againMs: null };
    } finally {
      admission.end();
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
    room.forget(zoneKey);
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
  return { id, age: object.metadata.creationTimestamp ?? "", type: kind.type, name, ttl, values, refused };
}
