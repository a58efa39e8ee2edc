// What became of each record when its zone was last compiled in this term: the zone's reconciler files it here, the
// records' reconcilers tell it in their objects' conditions.
//
// A zone of which nothing is made, since nobody serves it or it selects too many records, is filed without them: all are told the same, and
// there may be many such zones over many records.
import type { CompiledZone, UnservableZone } from "../bind9/zone-compiler.ts";
import { precedes } from "../bind9/serial.ts";
import { itemsPerStep } from "../bind9/sorted.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";
import { keysIn, withKey, withoutKey, type PackedKeys } from "../controller/packed-keys.ts";
import { isSameContent } from "../kubernetes/difference.ts";
import { referenceOfText, textOf, type RecordReference } from "../resources/record-kind.ts";
import type { KnownRecord } from "../world.ts";
import { recordVerdict, verdictOnAll, type RecordOutcome } from "./record-verdict.ts";
import type { UncompiledZone } from "./zone-room.ts";
import type { ZoneStanding, Verdict } from "./zone-status.ts";

/** Which record, and what it said: one that was deleted and made again has the name of the first, and its generation. */
export interface RecordVersion {
  readonly uid?: string | undefined;
  readonly generation?: number | undefined;
}

/** What a record is told of its zone. */
export interface RecordNews {
  /** The record as it was compiled; null where it does not matter: all of a zone of which nothing is made are told the same. */
  readonly version: RecordVersion | null;
  readonly publishedName: string | null;
  readonly verdict: Verdict;
  /**
   * What it is told instead if exactly that is what it was told last: it was answered when this term began, and of what is compiled since nothing
   * can be stored. null where there is no other verdict.
   */
  readonly asBefore: Verdict | null;
}

/** A compilation, and how the zone stands. */
export interface Compilation {
  /** By the text of their references. */
  readonly records: ReadonlyMap<string, KnownRecord>;
  readonly compiled: CompiledZone | UnservableZone | UncompiledZone;
  /** The records of which something may be another than when the zone was filed last; null for all. */
  readonly touched: ReadonlySet<string> | null;
  /** Why another zone answers for a record that is published under `name`; null where this one does. */
  hiddenBy(record: KnownRecord, name: string): string | null;
  /** While it is the same, other zones answer for the same records as before. */
  readonly zonesBelow: string;
  readonly standing: ZoneStanding;
  /** The records that the zone selects, as it is now or was then; asked for only where all of them are told something. */
  selected(): Iterable<KnownRecord | null>;
  /** By this it is known whether the zone selects by the same labels as before. */
  readonly selection: unknown;
}

export interface Compilations {
  /** What became of a record in a zone; null while the zone has not been compiled with it. */
  news(zoneKey: string, record: RecordReference): RecordNews | null;
  /** Files a compilation with all its records, in steps; returns the records for which something changed. */
  file(zoneKey: string, compilation: Compilation): Generator<void, readonly RecordReference[]>;
  /** Takes a zone out; returns the records that were in it. */
  forget(zoneKey: string): Generator<void, readonly RecordReference[]>;
  /** Takes note, when the records of a zone are about to be read, whether anything is made of them. */
  takeUp(zoneKey: string, isCompiled: boolean): void;
  /** Whether nothing is made of the zone's records, so that what they say means nothing to it. */
  isUncompiled(zoneKey: string): boolean;
  clear(): void;
}

// There is one of each record, of hundreds of thousands: it holds nothing that can be made again of the rest.
interface Filed extends RecordOutcome, RecordVersion {
  /** How the zone stood then. */
  readonly standing: ZoneStanding;
  /** Whether it says what it said when this term began, for all that is known. */
  readonly isFromBefore: boolean;
}

type FiledZone = FiledRecords | FiledAlike;

interface FiledRecords {
  readonly kind: "records";
  /** By the text of each one's reference. */
  readonly records: Map<string, Filed>;
  /** Those that wait for a serial to be served everywhere. */
  loading: PackedKeys;
  /** As what it was filed. */
  readonly basis: Basis | null;
}

type Basis = Pick<Compilation, "standing" | "zonesBelow">;

interface FiledAlike {
  readonly kind: "alike";
  readonly news: RecordNews;
  readonly selection: unknown;
  selected(): Iterable<KnownRecord | null>;
}

const nothing = (): FiledRecords => ({
  kind: "records",
  records: new Map(),
  loading: undefined,
  basis: null,
});

export function createCompilations(): Compilations {
  const zones = new Map<string, FiledZone>();
  const uncompiled = new Set<string>();
  /** Counts what has been cleared: what was begun before files nothing afterwards. */
  let clearings = 0;

  function* file(zoneKey: string, compilation: Compilation): Generator<void, readonly RecordReference[]> {
    const before = zones.get(zoneKey) ?? nothing();
    const began = clearings;
    if (compilation.compiled.kind === "uncompiled") {
      const after = filedAlike(compilation);
      zones.set(zoneKey, after);
      // What changes of a record changes nothing of what it is told.
      uncompiled.add(zoneKey);
      if (isAlike(before, after)) return [];
      return [...(yield* referencesFiled(before)), ...(yield* referencesFiled(after))];
    }
    const known = before.kind === "records" ? before : nothing();
    const changed = yield* refile(known, compilation);
    if (clearings !== began) return [];
    zones.set(zoneKey, { ...known, basis: basisOf(compilation) });
    return before.kind === "alike" ? [...changed, ...(yield* referencesFiled(before))] : changed;
  }

  return {
    news: (zoneKey, record) => {
      const zone = zones.get(zoneKey);
      if (zone === undefined) return null;
      if (zone.kind === "alike") return zone.news;
      const filed = zone.records.get(textOf(record));
      return filed === undefined ? null : newsOf(filed);
    },
    file,
    *forget(zoneKey) {
      const before = zones.get(zoneKey);
      zones.delete(zoneKey);
      uncompiled.delete(zoneKey);
      return before === undefined ? [] : yield* referencesFiled(before);
    },
    takeUp: (zoneKey, isCompiled) => {
      if (isCompiled) uncompiled.delete(zoneKey);
      else uncompiled.add(zoneKey);
    },
    isUncompiled: (zoneKey) => uncompiled.has(zoneKey),
    clear: () => {
      clearings += 1;
      zones.clear();
      uncompiled.clear();
    },
  };
}

function filedAlike({ compiled, standing, selection, selected }: Compilation): FiledAlike {
  const verdict = verdictOnAll(compiled.diagnostics, standing);
  const news = { version: null, publishedName: null, verdict, asBefore: null };
  return { kind: "alike", news, selection, selected };
}

function isAlike(before: FiledZone, after: FiledAlike): boolean {
  if (before.kind === "records" || !isSame(before.news, after.news)) return false;
  return isSameContent(before.selection, after.selection);
}

function* referencesFiled(zone: FiledZone): Generator<void, readonly RecordReference[]> {
  return yield* referencesOf(zone.kind === "alike" ? idsOf(zone.selected()) : zone.records.keys());
}

/** The references of those records, in steps. */
export function* referencesIn(
  records: Iterable<KnownRecord | null>,
): Generator<void, readonly RecordReference[]> {
  return yield* referencesOf(idsOf(records));
}

function* referencesOf(ids: Iterable<string | null>): Generator<void, readonly RecordReference[]> {
  const found: RecordReference[] = [];
  let seen = 0;
  for (const id of ids) {
    if (id !== null) found.push(referenceOfText(id));
    seen += 1;
    if (seen % itemsPerStep === 0) yield;
  }
  return found;
}

function* idsOf(records: Iterable<KnownRecord | null>): Generator<string | null, void> {
  for (const record of records) yield record?.id ?? null;
}

/** Brings what is filed of a zone up to date; returns the records that something has changed for. */
function* refile(filed: FiledRecords, compilation: Compilation): Generator<void, RecordReference[]> {
  const { records } = compilation;
  const found = yield* byRecord(compilation.compiled.diagnostics);
  const changed: RecordReference[] = [];
  let seen = 0;
  for (const id of idsToLookAt(filed, compilation)) {
    seen += 1;
    if (seen % itemsPerStep === 1) yield;
    if (id === null) continue;
    const last = filed.records.get(id);
    const record = records.get(id);
    filed.loading = withoutKey(filed.loading, id);
    if (record === undefined) {
      filed.records.delete(id);
      if (last !== undefined) changed.push(referenceOfText(id));
      continue;
    }
    const now = filedRecord(record, last ?? null, filed.basis === null, compilation, found);
    filed.records.set(id, now);
    const news = newsOf(now);
    if (news.verdict.reason === "Loading") filed.loading = withKey(filed.loading, id);
    if (last === undefined || !isSame(newsOf(last), news)) changed.push(referenceOfText(id));
  }
  return changed;
}

/** The records that may be told something new, or are gone; each at least once, and null for one that need not be looked at. */
function* idsToLookAt(filed: FiledRecords, compilation: Compilation): Generator<string | null, void> {
  const { records, touched, compiled } = compilation;
  // What is wrong with a zone that cannot be served is told to each of its records.
  const isAsBefore = filed.basis !== null && isSameForAll(filed.basis, basisOf(compilation));
  if (touched !== null && isAsBefore && compiled.kind === "compiled") {
    // As they are now: looking at one takes it out and may put it back.
    const loading = [...keysIn(filed.loading)];
    yield* touched;
    yield* loading;
    return;
  }
  yield* records.keys();
  for (const id of filed.records.keys()) yield records.has(id) ? null : id;
}

function basisOf({ standing, zonesBelow }: Compilation): Basis {
  return { standing, zonesBelow };
}

/** Whether a record of which nothing changed, and that waits for no serial, is told the same in both. */
function isSameForAll(before: Basis, after: Basis): boolean {
  const [{ ready, servedSerial, zoneName }, now] = [before.standing, after.standing];
  if (before.zonesBelow !== after.zonesBelow || zoneName !== now.zoneName) return false;
  if (!isSameVerdict(ready, now.ready)) return false;
  if (servedSerial === null || now.servedSerial === null) return servedSerial === now.servedSerial;
  return !precedes(now.servedSerial, servedSerial);
}

function* byRecord(diagnostics: readonly Diagnostic[]): Generator<void, Map<string | null, Diagnostic[]>> {
  const found = new Map<string | null, Diagnostic[]>();
  for (const [index, diagnostic] of diagnostics.entries()) {
    const together = found.get(diagnostic.id);
    if (together === undefined) found.set(diagnostic.id, [diagnostic]);
    else together.push(diagnostic);
    if (index % itemsPerStep === itemsPerStep - 1) yield;
  }
  return found;
}

function filedRecord(
  record: KnownRecord,
  last: Filed | null,
  isFirst: boolean,
  { compiled, standing, hiddenBy }: Compilation,
  found: ReadonlyMap<string | null, readonly Diagnostic[]>,
): Filed {
  const { id, object } = record;
  const { uid, generation } = object.metadata;
  const publishedName = compiled.kind === "compiled" ? compiled.publishedName(id) : null;
  const serial = compiled.kind === "compiled" ? compiled.serial : null;
  // A zone that cannot be served is every record's trouble.
  const shared = compiled.kind === "unservable" ? (found.get(null) ?? []) : [];
  const own = found.get(id) ?? none;
  const diagnostics = shared.length === 0 ? own : [...own, ...shared];
  const isAsBefore =
    last !== null &&
    isSameVersion(last, object.metadata) &&
    last.publishedName === publishedName &&
    isSameDiagnostics(last.diagnostics, diagnostics);
  return {
    uid,
    generation,
    publishedName,
    diagnostics,
    hiddenBy: publishedName === null ? null : hiddenBy(record, publishedName),
    sinceSerial: isAsBefore ? (last.sinceSerial ?? serial) : serial,
    standing,
    isFromBefore: isAsBefore ? last.isFromBefore : isFirst && standing.isRefused,
  };
}

const none: readonly Diagnostic[] = [];

function newsOf(filed: Filed): RecordNews {
  const { uid, generation, publishedName, standing } = filed;
  const { isRefused, servedSerial } = standing;
  // What is compiled where it cannot be stored has a serial that nobody will serve, and what it is served since only the last leader knew.
  const isUnsure = filed.isFromBefore && isRefused && servedSerial !== null;
  return {
    version: { uid, generation },
    publishedName,
    verdict: recordVerdict(filed, standing),
    asBefore: isUnsure ? recordVerdict({ ...filed, sinceSerial: servedSerial }, standing) : null,
  };
}

/** Whether both are the same object with the same spec. */
export function isSameVersion(left: RecordVersion, right: RecordVersion): boolean {
  return left.uid === right.uid && left.generation === right.generation;
}

function isSameDiagnostics(left: readonly Diagnostic[], right: readonly Diagnostic[]): boolean {
  if (left.length !== right.length) return false;
  return left.every(({ message }, index) => message === right[index]?.message);
}

function isSame(left: RecordNews, right: RecordNews): boolean {
  if (left.publishedName !== right.publishedName || !isSameVerdict(left.verdict, right.verdict)) return false;
  if ((left.asBefore === null) !== (right.asBefore === null)) return false;
  if (left.version === null || right.version === null) return left.version === right.version;
  return isSameVersion(left.version, right.version);
}

function isSameVerdict(left: Verdict, right: Verdict): boolean {
  return left.status === right.status && left.reason === right.reason && left.message === right.message;
}
