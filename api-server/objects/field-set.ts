// Sets of fields, in the form in which `metadata.managedFields` writes them (FieldsV1): nested objects whose keys are
// `f:name` for a field, `k:{…}` for an item of a list by its keys, `v:…` for an item of a set; `{}` is a member
// without anything below it, and `.` marks a member that has something below it. Pure functions; no set is changed.
import { isObject, sameJson } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { fieldSchema, itemIdentity, listKeys } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";

export type FieldSet = JsonObject;

/** A value of an object split into its elements, null when it is one indivisible leaf. */
interface Elements {
  /** Key of FieldsV1 → value and its schema. */
  readonly children: ReadonlyMap<string, { readonly value: unknown; readonly schema: Schema | undefined }>;
  /** Whether the elements themselves (not only what is below them) can be owned: items, and entries of a map. */
  readonly areMembers: boolean;
}

/** Splits a value by its schema; what the schema does not know is granular if an object, else a leaf. */
export function elementsOf(schema: Schema | undefined, value: unknown): Elements | null {
  if (isObject(value)) {
    if (schema?.["x-kubernetes-map-type"] === "atomic") return null;
    const children = new Map<string, { value: unknown; schema: Schema | undefined }>();
    for (const [field, child] of Object.entries(value)) {
      if (child !== undefined)
        children.set(`f:${field}`, { value: child, schema: fieldSchema(schema, field) });
    }
    return { children, areMembers: schema?.properties === undefined };
  }
  if (!Array.isArray(value)) return null;
  const items = value as unknown[];
  const keys = listKeys(schema);
  if (keys !== null) {
    const children = new Map(
      items.map((item) => [
        `k:${JSON.stringify(itemIdentity(schema, keys, item))}`,
        { value: item, schema: schema?.items },
      ]),
    );
    return { children, areMembers: true };
  }
  if (schema?.["x-kubernetes-list-type"] !== "set") return null;
  return {
    children: new Map(items.map((item) => [`v:${JSON.stringify(item)}`, { value: item, schema: undefined }])),
    areMembers: true,
  };
}

/** All fields that a value sets. */
export function fieldsOf(schema: Schema | undefined, value: unknown): FieldSet {
  const elements = elementsOf(schema, value);
  const set: FieldSet = {};
  if (elements === null) return set;
  for (const [key, child] of elements.children) {
    const below = fieldsOf(child.schema, child.value);
    const hasBelow = Object.keys(below).length > 0;
    const isOwnable = elements.areMembers && elementsOf(child.schema, child.value) !== null;
    set[key] = hasBelow && isOwnable ? { ".": {}, ...below } : below;
  }
  return set;
}

/** Fields that differ between two values: those set in `after` (new or changed), and those gone from it. */
export function compareFields(
  schema: Schema | undefined,
  before: unknown,
  after: unknown,
): { changed: FieldSet; removed: FieldSet } {
  const changed: FieldSet = {};
  const removed: FieldSet = {};
  const old = elementsOf(schema, before)?.children ?? new Map<string, never>();
  const next = elementsOf(schema, after)?.children ?? new Map<string, never>();
  for (const [key, child] of next) {
    const previous = old.get(key);
    const single = (value: unknown, at: Schema | undefined): JsonObject =>
      fieldsOf({ properties: { x: at ?? {} } }, { x: value })["f:x"] as JsonObject;
    if (previous === undefined) {
      const below = single(child.value, child.schema);
      const whole = elementsOf(schema, after)?.areMembers === true && Object.keys(below).length > 0;
      changed[key] = whole ? { ".": {}, ...below } : below;
    } else if (!sameJson(previous.value, child.value)) {
      const wasSplit = elementsOf(previous.schema, previous.value);
      const isSplit = elementsOf(child.schema, child.value);
      if (
        wasSplit === null ||
        isSplit === null ||
        wasSplit.children.size === 0 ||
        isSplit.children.size === 0
      ) {
        changed[key] = single(child.value, child.schema);
        if (wasSplit !== null && wasSplit.children.size > 0)
          removed[key] = fieldsOf(previous.schema, previous.value);
      } else {
        const below = compareFields(child.schema, previous.value, child.value);
        if (Object.keys(below.changed).length > 0) changed[key] = below.changed;
        if (Object.keys(below.removed).length > 0) removed[key] = below.removed;
      }
    }
  }
  for (const [key, child] of old) {
    if (next.has(key)) continue;
    const below = fieldsOf(child.schema, child.value);
    removed[key] = Object.keys(below).length > 0 ? { ".": {}, ...below } : below;
  }
  return { changed, removed };
}

function isMember(node: unknown): boolean {
  return isObject(node) && (Object.keys(node).length === 0 || node["."] !== undefined);
}

function built(member: boolean, below: FieldSet): FieldSet | null {
  const hasBelow = Object.keys(below).length > 0;
  if (!member) return hasBelow ? below : null;
  return hasBelow ? { ".": {}, ...below } : {};
}

function contentOf(node: unknown): FieldSet {
  if (!isObject(node)) return {};
  const { ".": _self, ...rest } = node;
  return rest;
}

/** Combines two sets element by element: `keep` says from the membership in both whether the result has the element. */
function combine(
  left: FieldSet,
  right: FieldSet,
  keep: (inLeft: boolean, inRight: boolean) => boolean,
): FieldSet {
  const result: FieldSet = {};
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (key === ".") continue;
    const [one, two] = [left[key], right[key]];
    const node = built(keep(isMember(one), isMember(two)), combine(contentOf(one), contentOf(two), keep));
    if (node !== null) result[key] = node;
  }
  return result;
}

export function union(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (inLeft, inRight) => inLeft || inRight);
}

export function intersection(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (inLeft, inRight) => inLeft && inRight);
}

export function difference(left: FieldSet, right: FieldSet): FieldSet {
  return combine(left, right, (inLeft, inRight) => inLeft && !inRight);
}

export function isEmptySet(set: FieldSet): boolean {
  return Object.keys(set).length === 0;
}

/** Members of a set as the server prints them: `.spec.ports[name="http"].port`. */
export function pathsOf(set: FieldSet, prefix = ""): string[] {
  return Object.entries(set).flatMap(([key, node]) => {
    if (key === ".") return [];
    const path = prefix + printed(key);
    return [...(isMember(node) ? [path] : []), ...pathsOf(contentOf(node), path)];
  });
}

function printed(key: string): string {
  const rest = key.slice(2);
  if (key.startsWith("f:")) return `.${rest}`;
  if (key.startsWith("v:")) return `[=${rest}]`;
  const identity = JSON.parse(rest) as JsonObject;
  const parts = Object.entries(identity).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `[${parts.join(",")}]`;
}
