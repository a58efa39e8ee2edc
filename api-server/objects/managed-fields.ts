// Who owns which field. Ordinary writes take ownership of what they change; server-side apply owns exactly what it
// applied, is refused where another manager owns a field that it would change, and removes what it applied before and
// no longer does. Pure: objects in, objects out.
import { copyOf, isObject } from "./json.ts";
import type { JsonObject, KubernetesObject, ManagedFieldsEntry } from "./json.ts";
import {
  compareFields,
  difference,
  elementsOf,
  fieldsOf,
  intersection,
  isEmptySet,
  pathsOf,
  union,
} from "./field-set.ts";
import type { FieldSet } from "./field-set.ts";
import type { Schema } from "../schema/schema.ts";
import { ApiError } from "./status.ts";

/** Who writes, as `managedFields` tells managers apart. */
export interface Writer {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, in seconds. */
  readonly time: string;
}

// As in the real server: more Update managers than these are folded into one.
const updateManagersLimit = 10;
const foldedManager = "ancient-changes";
// Fields that the server sets itself; nobody owns them.
const systemMetadata: readonly string[] = [
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
];

/** What of an object can be owned. */
function ownable(object: KubernetesObject): JsonObject {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const kept = Object.fromEntries(
    Object.entries(metadata).filter(([field]) => !systemMetadata.includes(field)),
  );
  return Object.keys(kept).length === 0 ? rest : { ...rest, metadata: kept };
}

function isWriter(entry: ManagedFieldsEntry, writer: Writer): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === writer.operation &&
    entry.apiVersion === writer.apiVersion &&
    (entry.subresource ?? "") === writer.subresource
  );
}

function entryOf(writer: Writer, fieldsV1: FieldSet): ManagedFieldsEntry {
  const { manager, operation, apiVersion, time, subresource } = writer;
  const entry: ManagedFieldsEntry = {
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: "FieldsV1",
    fieldsV1,
  };
  return subresource === "" ? entry : { ...entry, subresource };
}

function rank({ operation, time, manager }: ManagedFieldsEntry): string {
  return `${operation === "Apply" ? 0 : 1}|${time ?? ""}|${manager}`;
}

function ordered(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  return entries.toSorted((one, two) => (rank(one) < rank(two) ? -1 : 1));
}

/** Ownership after an ordinary write turned `before` (null: nothing) into `after`. */
export function managedAfterUpdate(
  schema: Schema,
  before: KubernetesObject | null,
  after: KubernetesObject,
  managed: readonly ManagedFieldsEntry[],
  writer: Writer,
): ManagedFieldsEntry[] {
  const { changed, removed } = compareFields(schema, before === null ? {} : ownable(before), ownable(after));
  if (isEmptySet(changed) && isEmptySet(removed)) return [...managed];
  const touched = union(changed, removed);
  const own = managed.find((entry) => isWriter(entry, writer));
  const others = managed.flatMap((entry) => {
    if (entry === own) return [];
    const left = difference(entry.fieldsV1, touched);
    return isEmptySet(left) ? [] : [{ ...entry, fieldsV1: left }];
  });
  const fields = difference(union(own?.fieldsV1 ?? {}, changed), removed);
  return folded(ordered(isEmptySet(fields) ? others : [...others, entryOf(writer, fields)]));
}

function folded(entries: readonly ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const updates = entries.filter((entry) => entry.operation === "Update");
  const surplus = updates.slice(0, Math.max(0, updates.length - updateManagersLimit + 1));
  const first = surplus[0];
  if (first === undefined || updates.length <= updateManagersLimit) return [...entries];
  const fieldsV1 = surplus.reduce<FieldSet>((set, entry) => union(set, entry.fieldsV1), {});
  const one = { ...first, manager: foldedManager, fieldsV1 };
  return ordered([...entries.filter((entry) => !surplus.includes(entry)), one]);
}

/**
 * Applies `configuration` to `live` (null: creates); `metadata.managedFields` of the result is the new ownership. Throws a 409 with a cause per field where another manager owns
 * what would change, unless `force` takes those fields away from it.
 */
export function applied(
  schema: Schema,
  live: KubernetesObject | null,
  configuration: KubernetesObject,
  writer: Writer,
  force: boolean,
): KubernetesObject {
  const managed = live?.metadata.managedFields ?? [];
  const wanted = fieldsOf(schema, ownable(configuration));
  const own = managed.find((entry) => isWriter(entry, writer));
  let others = managed.filter((entry) => entry !== own);
  let merged = copyOf(
    live === null ? configuration : mergeValue(schema, live, configuration),
  ) as KubernetesObject;
  if (live !== null) {
    const { changed, removed } = compareFields(schema, ownable(live), ownable(merged));
    const contested = union(changed, removed);
    const conflicts = others.flatMap((entry) => {
      const fields = intersection(entry.fieldsV1, contested);
      return isEmptySet(fields) ? [] : [{ entry, fields }];
    });
    if (conflicts.length > 0 && !force) throw conflictOf(conflicts);
    others = others.flatMap((entry) => {
      const left = difference(entry.fieldsV1, contested);
      return isEmptySet(left) ? [] : [{ ...entry, fieldsV1: left }];
    });
    const stillOwned = others.reduce<FieldSet>((set, entry) => union(set, entry.fieldsV1), wanted);
    const given = own === undefined ? {} : difference(own.fieldsV1, stillOwned);
    merged = without(schema, merged, withoutKept(given, stillOwned)) as KubernetesObject;
  }
  const same =
    own !== undefined &&
    isEmptySet(difference(own.fieldsV1, wanted)) &&
    isEmptySet(difference(wanted, own.fieldsV1));
  const entry = same ? own : entryOf(writer, wanted);
  merged.metadata.managedFields = ordered(isEmptySet(wanted) ? others : [...others, entry]);
  return merged;
}

/** Of fields given up, those with nothing below them that somebody still owns. */
function withoutKept(given: FieldSet, owned: FieldSet): FieldSet {
  const result: FieldSet = {};
  for (const [key, node] of Object.entries(given)) {
    if (key === "." || !isObject(node)) continue;
    const kept = owned[key];
    if (!isObject(kept)) {
      result[key] = node;
      continue;
    }
    const { ".": _self, ...rest } = node;
    const inner = withoutKept(rest, kept);
    if (Object.keys(inner).length > 0) result[key] = inner;
  }
  return result;
}

/** `value` without the members of `gone`. */
function without(schema: Schema | undefined, value: unknown, gone: FieldSet): unknown {
  const elements = elementsOf(schema, value);
  if (elements === null) return value;
  const kept = [...elements.children].flatMap(([key, child]) => {
    const node = gone[key];
    if (!isObject(node)) return [[key, child.value] as const];
    const isMember = Object.keys(node).length === 0 || node["."] !== undefined;
    const left = isMember ? null : without(child.schema, child.value, node);
    // What held only what is gone goes with it.
    const isEmptied = isMember || Object.keys(Object(left)).length === 0;
    return isEmptied ? [] : [[key, left] as const];
  });
  if (Array.isArray(value)) return kept.map(([, item]) => item);
  return Object.fromEntries(kept.map(([key, child]) => [key.slice(2), child]));
}

/** Merges a configuration over a live value: granular objects and keyed lists by element, the rest is replaced. */
function mergeValue(schema: Schema | undefined, live: unknown, configuration: unknown): unknown {
  const wanted = elementsOf(schema, configuration);
  const current = elementsOf(schema, live);
  if (wanted === null || current === null || Array.isArray(live) !== Array.isArray(configuration)) {
    return configuration;
  }
  const merged = new Map([...current.children].map(([key, child]) => [key, child.value]));
  for (const [key, child] of wanted.children) {
    const before = current.children.get(key);
    merged.set(key, before === undefined ? child.value : mergeValue(child.schema, before.value, child.value));
  }
  if (Array.isArray(configuration)) {
    const order = [
      ...wanted.children.keys(),
      ...[...merged.keys()].filter((key) => !wanted.children.has(key)),
    ];
    return order.map((key) => merged.get(key));
  }
  return Object.fromEntries([...merged].map(([key, value]) => [key.slice(2), value]));
}

function conflictOf(conflicts: readonly { entry: ManagedFieldsEntry; fields: FieldSet }[]): ApiError {
  const causes = conflicts.flatMap(({ entry, fields }) => {
    const where = (entry.subresource ?? "") === "" ? "" : ` with subresource "${entry.subresource}"`;
    // Of managers that apply, the name says all; one that wrote otherwise is told by version and time.
    const isUpdate = entry.operation === "Update";
    const who = `"${entry.manager}"${where}${isUpdate ? ` using ${entry.apiVersion}` : ""}`;
    const at = isUpdate && entry.time !== undefined ? ` at ${entry.time}` : "";
    const message = `conflict with ${who}${at}`;
    return pathsOf(fields).map((field) => ({ reason: "FieldManagerConflict", message, field }));
  });
  const first = causes[0];
  const summary =
    causes.length === 1 && first !== undefined
      ? `Apply failed with 1 conflict: ${first.message}: ${first.field}`
      : `Apply failed with ${causes.length} conflicts: ${byManager(causes)}`;
  return new ApiError(409, "Conflict", summary, { causes });
}

function byManager(causes: readonly { message: string; field: string }[]): string {
  const groups = Map.groupBy(causes, (cause) => cause.message);
  const texts = [...groups].map(([message, list]) => {
    return `${message.replace("conflict with", "conflicts with")}:\n${list.map((cause) => `- ${cause.field}`).join("\n")}`;
  });
  return texts.join("\n");
}
