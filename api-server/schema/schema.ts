// The one form in which the server knows the shape of objects, built-in or custom: a structural OpenAPI v3 schema with
// the `x-kubernetes-*` keys. Here is its type, and what is done to an object by schema before it is judged: unknown
// fields are found and dropped, defaults filled in.
import { isObject } from "../objects/json.ts";
import type { JsonObject } from "../objects/json.ts";

/** One entry of `x-kubernetes-validations`: a rule in CEL, and what is said where it does not hold. */
export interface ValidationRule {
  readonly rule?: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly reason?: string;
  readonly fieldPath?: string;
  readonly optionalOldSelf?: boolean;
}

export interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly not?: Schema;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
}

/** The schema of one field of an object, undefined where the schema does not know the field. */
export function fieldSchema(schema: Schema | undefined, field: string): Schema | undefined {
  const own = schema?.properties?.[field];
  if (own !== undefined) return own;
  const rest = schema?.additionalProperties;
  return typeof rest === "object" ? rest : undefined;
}

function keepsUnknown(schema: Schema): boolean {
  return schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;
}

/**
 * Drops, in place, the fields that the schema does not know, and nulls that stand for "absent". Returns the paths
 * of the unknown fields as the server names them, as in `spec.ports[0].nodePrt`.
 */
export function prune(schema: Schema, value: unknown, path = ""): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return value.flatMap((item: unknown, index) => prune(items, item, `${path}[${index}]`));
  }
  if (!isObject(value)) return [];
  const unknown: string[] = [];
  for (const [field, child] of Object.entries(value)) {
    const at = path === "" ? field : `${path}.${field}`;
    if (isEmbeddedIdentity(schema, field)) continue;
    const known = fieldSchema(schema, field);
    if (known === undefined) {
      if (keepsUnknown(schema)) continue;
      unknown.push(at);
      delete value[field];
    } else if (child === null) {
      if (known.nullable !== true) delete value[field];
    } else unknown.push(...prune(known, child, at));
  }
  return unknown;
}

function isEmbeddedIdentity(schema: Schema, field: string): boolean {
  if (schema["x-kubernetes-embedded-resource"] !== true) return false;
  return field === "apiVersion" || field === "kind" || field === "metadata";
}

/** Fills in, in place, the defaults of absent fields, at every depth that is there or becomes there. */
export function fillDefaults(schema: Schema, value: unknown): void {
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) for (const item of value) fillDefaults(items, item);
    return;
  }
  if (!isObject(value)) return;
  for (const [field, known] of Object.entries(schema.properties ?? {})) {
    if (known.default !== undefined && value[field] === undefined) {
      value[field] = structuredClone(known.default);
    }
  }
  for (const [field, child] of Object.entries(value)) {
    const known = fieldSchema(schema, field);
    if (known !== undefined) fillDefaults(known, child);
  }
}

/** Whether a list of this schema merges by keys of its items, and by which. */
export function listKeys(schema: Schema | undefined): readonly string[] | null {
  if (schema?.["x-kubernetes-list-type"] !== "map") return null;
  return schema["x-kubernetes-list-map-keys"] ?? null;
}

/** The identity of an item in a list that merges by keys; a key that is absent counts with its default. */
export function itemIdentity(schema: Schema | undefined, keys: readonly string[], item: unknown): JsonObject {
  const identity: JsonObject = {};
  for (const key of keys.toSorted()) {
    const value = isObject(item) ? item[key] : undefined;
    const fallback = schema?.items?.properties?.[key]?.default;
    if ((value ?? fallback) !== undefined) identity[key] = value ?? fallback;
  }
  return identity;
}
