// What became of each record when its zone was last compiled in this term: the zone's reconciler files it here, the
// records' reconcilers tell it in their objects' conditions.
//
// A zone that nobody serves is filed without its records: all of them are told the same, and there may be many such zones over many
// records.
import type { CompiledZone, UnservableZone } from "../bind9/zone-compiler.ts";
import { itemsPerStep } from "../bind9/sorted.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";
import { isSameContent } from "../kubernetes/difference.ts";
import { textOf, type RecordReference } from "../resources/record-kind.ts";
import type { KnownRecord } from "../world.ts";
import { notServed, recordVerdict } from "./record-verdict.ts";
import type { UncompiledZone } from "./zone-plan.ts";
import type { ZoneStanding, Verdict } from "./zone-status.ts";

export interface RecordOutcome {
  /** The absolute name it is served under; null if nothing of it is. */
  readonly publishedName: string | null;
  /** What of it is left out or served otherwise than written, and why. */
  readonly diagnostics: readonly Diagnostic[];
  /** Where another zone answers for its name, the words that say so; null where this one does. */
  readonly hiddenBy: string | null;
  /** The first serial with which what it says now is served; null if nothing was compiled. */
  readonly sinceSerial: number | null;
}

/** What a record is told of its zone. */
export interface RecordNews {
  /** Of the record as it was compiled; null where it does not matter: all of a zone that nobody serves are told the same. */
  readonly generation: number | undefined | null;
  readonly publishedName: string | null;
  readonly verdict: Verdict;
}

/** A compilation, and how the zone stands. */
export interface Compilation {
  readonly records: readonly KnownRecord[];
  readonly compiled: CompiledZone | UnservableZone | UncompiledZone;
  /** Why another zone answers for a record, by the text of its reference. */
  readonly hidden: ReadonlyMap<string, string>;
  readonly standing: ZoneStanding;
  /** The records that the zone selects, as it is now or was then; asked for only where all of them are told something. */
  selected(): readonly RecordReference[];
  /** By this it is known whether the zone selects by the same labels as before. */
  readonly selection: unknown;
}

export interface Compilations {
  /** What became of a record in a zone; null while the zone has not been compiled with it. */
  news(zoneKey: string, record: RecordReference): RecordNews | null;
  /** Files a compilation with all its records, in steps; returns the records for which something changed. */
  file(zoneKey: string, compilation: Compilation): Generator<void, readonly RecordReference[]>;
  /** Takes a zone out; returns the records that were in it. */
  forget(zoneKey: string): readonly RecordReference[];
  /** Takes note, when the records of a zone are about to be read, whether anything is made of them. */
  takeUp(zoneKey: string, isCompiled: boolean): void;
  /** Whether nothing is made of the zone's records, so that what they say means nothing to it. */
  isUncompiled(zoneKey: string): boolean;
  clear(): void;
}

interface Filed {
  readonly record: RecordReference;
  readonly generation: number | undefined;
  readonly outcome: RecordOutcome;
  readonly news: RecordNews;
}

/** By the text of each record's reference; or the same for all. */
type FiledZone = FiledRecords | FiledAlike;

interface FiledRecords {
  readonly kind: "records";
  readonly records: ReadonlyMap<string, Filed>;
}

interface FiledAlike {
  readonly kind: "alike";
  readonly news: RecordNews;
  readonly selection: unknown;
  selected(): readonly RecordReference[];
}

const none: FiledRecords = { kind: "records", records: new Map() };

export function createCompilations(): Compilations {
  const zones = new Map<string, FiledZone>();
  const uncompiled = new Set<string>();
  /** Counts what has been cleared: what was begun before files nothing afterwards. */
  let clearings = 0;

  function* file(zoneKey: string, compilation: Compilation): Generator<void, readonly RecordReference[]> {
    const before = zones.get(zoneKey) ?? none;
    const began = clearings;
    if (compilation.compiled.kind === "uncompiled") {
      const after = filedAlike(compilation);
      zones.set(zoneKey, after);
      if (isAlike(before, after)) return [];
      return [...referencesIn(before), ...compilation.records.map(({ reference }) => reference)];
    }
    const known = before.kind === "records" ? before.records : none.records;
    const { records, changed } = yield* filed(known, compilation);
    const gone: RecordReference[] = [];
    let seen = 0;
    for (const [id, { record }] of known) {
      if (!records.has(id)) gone.push(record);
      seen += 1;
      if (seen % itemsPerStep === 0) yield;
    }
    if (clearings !== began) return [];
    zones.set(zoneKey, { kind: "records", records });
    return [...changed, ...gone, ...(before.kind === "alike" ? before.selected() : [])];
  }

  return {
    news: (zoneKey, record) => {
      const zone = zones.get(zoneKey) ?? none;
      return zone.kind === "alike" ? zone.news : (zone.records.get(textOf(record))?.news ?? null);
    },
    file,
    forget: (zoneKey) => {
      const before = zones.get(zoneKey) ?? none;
      zones.delete(zoneKey);
      uncompiled.delete(zoneKey);
      return referencesIn(before);
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

function filedAlike({ standing, selection, selected }: Compilation): FiledAlike {
  const news = { generation: null, publishedName: null, verdict: notServed(standing) };
  return { kind: "alike", news, selection, selected };
}

function isAlike(before: FiledZone, after: FiledAlike): boolean {
  if (before.kind === "records" || !isSame(before.news, after.news)) return false;
  return isSameContent(before.selection, after.selection);
}

function referencesIn(zone: FiledZone): readonly RecordReference[] {
  return zone.kind === "alike" ? zone.selected() : [...zone.records.values()].map(({ record }) => record);
}

function* filed(
  before: FiledRecords["records"],
  { records, compiled, hidden, standing }: Compilation,
): Generator<void, FiledRecords & { readonly changed: readonly RecordReference[] }> {
  const published = compiled.kind === "compiled" ? compiled.published : null;
  const serial = compiled.kind === "compiled" ? compiled.serial : null;
  const found = Map.groupBy(compiled.diagnostics, ({ id }) => id);
  // A zone that cannot be served is every record's trouble.
  const shared = compiled.kind === "unservable" ? (found.get(null) ?? []) : [];
  const after = new Map<string, Filed>();
  const changed: RecordReference[] = [];
  for (const [index, { id, reference: record, object }] of records.entries()) {
    if (index % itemsPerStep === 0) yield;
    const { generation } = object.metadata;
    const last = before.get(id);
    const outcome: RecordOutcome = {
      publishedName: published?.get(id) ?? null,
      diagnostics: [...(found.get(id) ?? []), ...shared],
      hiddenBy: hidden.get(id) ?? null,
      sinceSerial: null,
    };
    const isAsBefore = last?.generation === generation && isSameOutcome(last?.outcome, outcome);
    const sinceSerial = isAsBefore ? (last?.outcome.sinceSerial ?? serial) : serial;
    const dated = { ...outcome, sinceSerial };
    const { publishedName } = dated;
    const news = { generation, publishedName, verdict: recordVerdict(dated, standing) };
    if (!isSame(last?.news, news)) changed.push(record);
    after.set(id, { record, generation, outcome: dated, news });
  }
  return { kind: "records", records: after, changed };
}

function isSameOutcome(left: RecordOutcome | undefined, right: RecordOutcome): boolean {
  if (left === undefined || left.publishedName !== right.publishedName) return false;
  if (left.diagnostics.length !== right.diagnostics.length) return false;
  return left.diagnostics.every(({ message }, index) => message === right.diagnostics[index]?.message);
}

function isSame(left: RecordNews | undefined, right: RecordNews): boolean {
  if (left?.generation !== right.generation || left?.publishedName !== right.publishedName) return false;
  const { status, reason, message } = left.verdict;
  return (
    status === right.verdict.status && reason === right.verdict.reason && message === right.verdict.message
  );
}
