// What became of each record when its zone was last compiled in this term: the zone's reconciler files it here, the
// records' reconcilers tell it in their objects' conditions.
import type { CompiledZone, UnservableZone } from "../bind9/zone-compiler.ts";
import type { Diagnostic } from "../bind9/resource-record.ts";

export interface RecordOutcome {
  /** The absolute name it is served under; null if nothing of it is. */
  readonly publishedName: string | null;
  /** What of it is left out, and why. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface Compilations {
  /** What became of a record in a zone; null while the zone has not been compiled with it. */
  outcome(zoneKey: string, recordId: string): RecordOutcome | null;
  /** Files a compilation with all its records; returns the records for which something changed. */
  file(
    zoneKey: string,
    recordIds: readonly string[],
    compiled: CompiledZone | UnservableZone,
  ): readonly string[];
  /** Takes a zone out; returns the records that were in it. */
  forget(zoneKey: string): readonly string[];
  clear(): void;
}

export function createCompilations(): Compilations {
  const zones = new Map<string, ReadonlyMap<string, RecordOutcome>>();
  const none: ReadonlyMap<string, RecordOutcome> = new Map();

  function file(
    zoneKey: string,
    recordIds: readonly string[],
    compiled: CompiledZone | UnservableZone,
  ): readonly string[] {
    const before = zones.get(zoneKey) ?? none;
    const after = outcomes(recordIds, compiled);
    zones.set(zoneKey, after);
    const changed = recordIds.filter((id) => !isSame(before.get(id), after.get(id)));
    return [...changed, ...[...before.keys()].filter((id) => !after.has(id))];
  }

  return {
    outcome: (zoneKey, recordId) => zones.get(zoneKey)?.get(recordId) ?? null,
    file,
    forget: (zoneKey) => {
      const before = zones.get(zoneKey) ?? none;
      zones.delete(zoneKey);
      return [...before.keys()];
    },
    clear: () => zones.clear(),
  };
}

function outcomes(
  recordIds: readonly string[],
  compiled: CompiledZone | UnservableZone,
): ReadonlyMap<string, RecordOutcome> {
  const published = compiled.kind === "compiled" ? compiled.published : null;
  const found = Map.groupBy(compiled.diagnostics, ({ id }) => id);
  // A zone that cannot be served is every record's trouble.
  const shared = compiled.kind === "unservable" ? (found.get(null) ?? []) : [];
  return new Map(
    recordIds.map((id) => {
      const diagnostics = [...(found.get(id) ?? []), ...shared];
      return [id, { publishedName: published?.get(id) ?? null, diagnostics }];
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
