// What became of each record when its zone was last compiled in this term: the zone's reconciler files it here, the
// records' reconcilers tell it in their objects' conditions.
import type { CompiledZone, UnservableZone } from "../bind9/zone-compiler.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";
import { textOf, type RecordReference } from "../resources/record-kind.ts";

export interface RecordOutcome {
  /** The absolute name it is served under; null if nothing of it is. */
  readonly publishedName: string | null;
  /** What of it is left out, and why. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Compilations {
  /** What became of a record in a zone; null while the zone has not been compiled with it. */
  outcome(zoneKey: string, record: RecordReference): RecordOutcome | null;
  /** Files a compilation with all its records; returns the records for which something changed. */
  file(
    zoneKey: string,
    records: readonly RecordReference[],
    compiled: CompiledZone | UnservableZone,
  ): readonly RecordReference[];
  /** Takes a zone out; returns the records that were in it. */
  forget(zoneKey: string): readonly RecordReference[];
  clear(): void;
}

interface Filed {
  readonly record: RecordReference;
  readonly outcome: RecordOutcome;
}

/** By the text of each record's reference. */
type FiledZone = ReadonlyMap<string, Filed>;

const none: FiledZone = new Map();

export function createCompilations(): Compilations {
  const zones = new Map<string, FiledZone>();

  function file(
    zoneKey: string,
    records: readonly RecordReference[],
    compiled: CompiledZone | UnservableZone,
  ): readonly RecordReference[] {
    const before = zones.get(zoneKey) ?? none;
    const after = outcomes(records, compiled);
    zones.set(zoneKey, after);
    const changed = [...after].filter(([text, { outcome }]) => !isSame(before.get(text)?.outcome, outcome));
    const gone = [...before].filter(([text]) => !after.has(text));
    return [...changed, ...gone].map(([, { record }]) => record);
  }

  return {
    outcome: (zoneKey, record) => zones.get(zoneKey)?.get(textOf(record))?.outcome ?? null,
    file,
    forget: (zoneKey) => {
      const before = zones.get(zoneKey) ?? none;
      zones.delete(zoneKey);
      return [...before.values()].map(({ record }) => record);
    },
    clear: () => zones.clear(),
  };
}

function outcomes(records: readonly RecordReference[], compiled: CompiledZone | UnservableZone): FiledZone {
  const published = compiled.kind === "compiled" ? compiled.published : null;
  const found = Map.groupBy(compiled.diagnostics, ({ id }) => id);
  // A zone that cannot be served is every record's trouble.
  const shared = compiled.kind === "unservable" ? (found.get(null) ?? []) : [];
  return new Map(
    records.map((record) => {
      const text = textOf(record);
      const diagnostics = [...(found.get(text) ?? []), ...shared];
      return [text, { record, outcome: { publishedName: published?.get(text) ?? null, diagnostics } }];
    }),
  );
}

function isSame(left: RecordOutcome | undefined, right: RecordOutcome | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.publishedName !== right.publishedName) return false;
  if (left.diagnostics.length !== right.diagnostics.length) return false;
  return left.diagnostics.every(
    (diagnostic, index) => diagnostic.message === right.diagnostics[index]?.message,
  );
}
