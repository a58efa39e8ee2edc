// What became of each record when its zone was last compiled in this term: the zone's reconciler files it here, the
// records' reconcilers tell it in their objects' conditions.
//
// A zone that nobody serves is filed without its records: all of them are told the same, and there may be many such zones over many
// records.
import type { CompiledZone, UnservableZone } from "../bind9/zone-compiler.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";
import { isSameContent } from "../kubernetes/difference.ts";
import { referenceTo, textOf, type RecordReference } from "../resources/record-kind.ts";
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
  /** Files a compilation with all its records; returns the records for which something changed. */
  file(zoneKey: string, compilation: Compilation): readonly RecordReference[];
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

  function file(zoneKey: string, compilation: Compilation): readonly RecordReference[] {
    const before = zones.get(zoneKey) ?? none;
    if (compilation.compiled.kind === "uncompiled") {
      const after = filedAlike(compilation);
      zones.set(zoneKey, after);
      return isAlike(before, after) ? [] : [...referencesIn(before), ...after.selected()];
    }
    const known = before.kind === "records" ? before.records : none.records;
    const records = filed(known, compilation);
    zones.set(zoneKey, { kind: "records", records });
    const changed = [...records].filter(([text, { news }]) => !isSame(known.get(text)?.news, news));
    const gone = [...known].filter(([text]) => !records.has(text));
    const told = [...changed, ...gone].map(([, { record }]) => record);
    return before.kind === "records" ? told : [...told, ...before.selected()];
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
      zones.clear();
      uncompiled.clear();
    },
  };
}

function filedAlike({ standing, selection, selected }: Compilation): FiledAlike {
  const news = { publishedName: null, verdict: notServed(standing) };
  return { kind: "alike", news, selection, selected };
}

function isAlike(before: FiledZone, after: FiledAlike): boolean {
  if (before.kind === "records" || !isSame(before.news, after.news)) return false;
  return isSameContent(before.selection, after.selection);
}

function referencesIn(zone: FiledZone): readonly RecordReference[] {
  return zone.kind === "alike" ? zone.selected() : [...zone.records.values()].map(({ record }) => record);
}

function filed(
  before: FiledRecords["records"],
  { records, compiled, hidden, standing }: Compilation,
): FiledRecords["records"] {
  const published = compiled.kind === "compiled" ? compiled.published : null;
  const found = Map.groupBy(compiled.diagnostics, ({ id }) => id);
  // A zone that cannot be served is every record's trouble.
  const shared = compiled.kind === "unservable" ? (found.get(null) ?? []) : [];
  return new Map(
    records.map(({ kind, object }) => {
      const record = referenceTo(kind, object);
      const text = textOf(record);
      const { generation } = object.metadata;
      const last = before.get(text);
      const outcome: RecordOutcome = {
        publishedName: published?.get(text) ?? null,
        diagnostics: [...(found.get(text) ?? []), ...shared],
        hiddenBy: hidden.get(text) ?? null,
        sinceSerial: null,
      };
      const isAsBefore = last?.generation === generation && isSameOutcome(last?.outcome, outcome);
      const serial = compiled.kind === "compiled" ? compiled.serial : null;
      const sinceSerial = isAsBefore ? (last?.outcome.sinceSerial ?? serial) : serial;
      const dated = { ...outcome, sinceSerial };
      const news = { publishedName: dated.publishedName, verdict: recordVerdict(dated, standing) };
      return [text, { record, generation, outcome: dated, news }];
    }),
  );
}

function isSameOutcome(left: RecordOutcome | undefined, right: RecordOutcome): boolean {
  if (left === undefined || left.publishedName !== right.publishedName) return false;
  if (left.diagnostics.length !== right.diagnostics.length) return false;
  return left.diagnostics.every(({ message }, index) => message === right.diagnostics[index]?.message);
}

function isSame(left: RecordNews | undefined, right: RecordNews): boolean {
  if (left === undefined || left.publishedName !== right.publishedName) return false;
  const { status, reason, message } = left.verdict;
  return (
    status === right.verdict.status && reason === right.verdict.reason && message === right.verdict.message
  );
}
