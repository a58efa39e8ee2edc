// The patches that a client can send beside server-side apply: JSON patch (RFC 6902), merge patch (RFC 7386) and the
// strategic merge patch of the built-in kinds, which merges lists by the keys of the schema. Pure: the object given is
// not changed.
import jsonPatch from "fast-json-patch";
import { copyOf, isObject, sameJson } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { fieldSchema } from "../schema/schema.ts";
import type { Schema } from "../schema/schema.ts";
import { ApiError, badRequest } from "./status.ts";

// The real server's bound for one JSON patch.
const operationsLimit = 10_000;

/** Applies a JSON patch. A failed `test` or a path that is not there is a 422, a malformed patch a 400. */
export function jsonPatched(object: JsonObject, patch: unknown): JsonObject {
  if (!Array.isArray(patch))
    throw badRequest("json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  if (patch.length > operationsLimit) {
    const message = `The allowed maximum operations in a JSON patch is ${operationsLimit}, got ${patch.length}`;
    throw new ApiError(413, "RequestEntityTooLarge", message);
  }
  try {
    return jsonPatch.applyPatch(copyOf(object), patch, true, false).newDocument;
  } catch (error) {
    const name = error instanceof Error ? error.name : "";
    if (name === "SEQUENCE_NOT_AN_ARRAY" || name.startsWith("OPERATION_OP"))
      throw badRequest(`Invalid JSON patch: ${name}`);
    const message = `the server rejected our request due to an error in our request: ${name}`;
    throw new ApiError(422, "Invalid", message, {});
  }
}

/** Applies a merge patch: objects merge, null removes, everything else replaces. */
export function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return copyOf(patch);
  const result: JsonObject = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete result[field];
    else result[field] = mergePatched(result[field], value);
  }
  return copyOf(result);
}

/** Applies a strategic merge patch by the merge keys and directives (`$patch`, `$retainKeys` …) that it uses. */
export function strategicPatched(schema: Schema, target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return copyOf(patch);
  if (patch["$patch"] === "replace") return withoutDirectives(patch);
  if (patch["$patch"] === "delete") return {};
  const result: JsonObject = isObject(target) ? { ...target } : {};
  const retained = patch["$retainKeys"];
  if (Array.isArray(retained)) {
    for (const field of Object.keys(result)) if (!retained.includes(field)) delete result[field];
  }
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith("$")) continue;
    if (value === null) delete result[field];
    else result[field] = strategicField(fieldSchema(schema, field) ?? {}, result[field], value);
  }
  deleteFromPrimitives(result, patch);
  orderElements(schema, result, patch);
  return copyOf(result);
}

function withoutDirectives(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(patch).filter(([field]) => !field.startsWith("$")));
}

function mergesLists(schema: Schema): boolean {
  return (schema["x-kubernetes-patch-strategy"] ?? "").includes("merge");
}

function strategicField(schema: Schema, target: unknown, patch: unknown): unknown {
  if (isObject(patch)) {
    const replaced = schema["x-kubernetes-patch-strategy"] === "replace";
    return replaced ? withoutDirectives(patch) : strategicPatched(schema, target, patch);
  }
  if (!Array.isArray(patch)) return patch;
  const items = patch as unknown[];
  const key = schema["x-kubernetes-patch-merge-key"];
  const current = Array.isArray(target) ? (target as unknown[]) : [];
  if (key !== undefined) return mergedList(schema.items ?? {}, key, current, items);
  if (!mergesLists(schema)) return items;
  return [...current, ...items.filter((item) => !current.some((other) => sameJson(item, other)))];
}

function mergedList(
  schema: Schema,
  key: string,
  current: readonly unknown[],
  patch: readonly unknown[],
): unknown[] {
  const replaces = patch.some(
    (item) => isObject(item) && item["$patch"] === "replace" && item[key] === undefined,
  );
  const result = replaces ? [] : [...current];
  for (const item of patch) {
    if (!isObject(item))
      throw badRequest(`invalid patch: an item of a list that merges by ${key} is not an object`);
    if (item["$patch"] === "replace" && item[key] === undefined) continue;
    if (item[key] === undefined) {
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    }
    const index = result.findIndex((other) => isObject(other) && sameJson(other[key], item[key]));
    if (item["$patch"] === "delete") {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) result[index] = strategicPatched(schema, result[index], item);
    else result.push(strategicPatched(schema, {}, item));
  }
  return result;
}

const deleteDirective = "$deleteFromPrimitiveList/";
const orderDirective = "$setElementOrder/";

function deleteFromPrimitives(result: JsonObject, patch: JsonObject): void {
  for (const [directive, gone] of Object.entries(patch)) {
    if (!directive.startsWith(deleteDirective) || !Array.isArray(gone)) continue;
    const field = directive.slice(deleteDirective.length);
    const list = result[field];
    if (Array.isArray(list))
      result[field] = list.filter((item) => !gone.some((other) => sameJson(item, other)));
  }
}

/** Puts the items named by `$setElementOrder` in that order; others keep their place after the one they followed. */
function orderElements(schema: Schema, result: JsonObject, patch: JsonObject): void {
  for (const [directive, order] of Object.entries(patch)) {
    if (!directive.startsWith(orderDirective) || !Array.isArray(order)) continue;
    const field = directive.slice(orderDirective.length);
    const list = result[field];
    if (!Array.isArray(list)) continue;
    const key = fieldSchema(schema, field)?.["x-kubernetes-patch-merge-key"];
    const identity = (item: unknown): unknown => (key !== undefined && isObject(item) ? item[key] : item);
    const rank = (item: unknown): number =>
      (order as unknown[]).findIndex((other) => sameJson(identity(other), identity(item)));
    const items = list as unknown[];
    const ranked = items.filter((item) => rank(item) >= 0).toSorted((one, two) => rank(one) - rank(two));
    let next = 0;
    result[field] = items.map((item) => (rank(item) >= 0 ? ranked[next++] : item));
  }
}
