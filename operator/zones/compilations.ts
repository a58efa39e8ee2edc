// What became of each record when its zone was last compiled in this term: the zone's reconciler files it here, the
// records' reconcilers tell it in their objects' conditions.
import type { CompiledZone, UnservableZone } from "../bind9/zone-compiler.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";
import { referenceTo, textOf, type RecordReference } from "../resources/record-kind.ts";
import type { KnownRecord } from "../world.ts";
import { recordVerdict } from "./record-verdict.ts";
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
  readonly compiled: CompiledZone | UnservableZone;
  /** Why another zone answers for a record, by the text of its reference. */
  readonly hidden: ReadonlyMap<string, string>;
  readonly standing: ZoneStanding;
}

export interface Compilations {
  /** What became of a record in a zone; null while the zone has not been compiled with it. */
  news(zoneKey: string, record: RecordReference): RecordNews | null;
  /** Files a compilation with all its records; returns the records for which something changed. */
  file(zoneKey: string, compilation: Compilation): readonly RecordReference[];
  /** Takes a zone out; returns the records that were in it. */
  forget(zoneKey: string): readonly RecordReference[];
  clear(): void;
}

interface Filed {
  readonly record: RecordReference;
  readonly generation: number | undefined;
  readonly outcome: RecordOutcome;
  readonly news: RecordNews;
}

/** By the text of each record's reference. */
type FiledZone = ReadonlyMap<string, Filed>;

const none: FiledZone = new Map();

export function createCompilations(): Compilations {
  const zones = new Map<string, FiledZone>();

  function file(zoneKey: string, compilation: Compilation): readonly RecordReference[] {
    const before = zones.get(zoneKey) ?? none;
    const after = filed(before, compilation);
    zones.set(zoneKey, after);
    const changed = [...after].filter(([text, { news }]) => !isSame(before.get(text)?.news, news));
    const gone = [...before].filter(([text]) => !after.has(text));
    return [...changed, ...gone].map(([, { record }]) => record);
  }

  return {
    news: (zoneKey, record) => zones.get(zoneKey)?.get(textOf(record))?.news ?? null,
    file,
    forget: (zoneKey) => {
      const before = zones.get(zoneKey) ?? none;
      zones.delete(zoneKey);
      return [...before.values()].map(({ record }) => record);
    },
    clear: () => zones.clear(),
  };
}

function filed(before: FiledZone, { records, compiled, hidden, standing }: Compilation): FiledZone {
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
