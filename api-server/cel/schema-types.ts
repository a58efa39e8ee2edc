// What a schema is to CEL: the type of what it describes, and the value that a piece of JSON is by it. Names of fields that
// CEL cannot say are escaped (`__dash__`); fields whose type the schema does not say do not exist for CEL.
import { isObject } from "../objects/json.ts";
import type { JsonObject } from "../objects/json.ts";
import { spokenDuration } from "../schema/durations.ts";
import type { Schema } from "../schema/schema.ts";
import { boolType, bytesType, doubleType, durationType, dynType, intType } from "./types.ts";
import { stringType, timestampType, type CelType } from "./types.ts";
import { CelError, CelList, CelMap, CelObject, Duration } from "./values.ts";
import type { CelValue, ListKind } from "./values.ts";
import { parseTimestamp } from "./functions/times.ts";

const reserved = new Set(
  (
    "true false null in as break const continue else for function if import let loop package namespace return var " +
    "void while"
  ).split(" "),
);
const escapes: Readonly<Record<string, string>> = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** The name of a field in CEL; null when CEL has no way to say it. */
function escapedName(field: string): string | null {
  if (reserved.has(field)) return `__${field}__`;
  if (!/^[A-Za-z_./-][A-Za-z0-9_./-]*$/.test(field)) return null;
  return field.replace(/__|[./-]/g, (found) => escapes[found] ?? found);
}

/** A field by its name in CEL: a word that CEL keeps for itself may stand behind a dot as it is. */
export function fieldByName<Found>(fields: ReadonlyMap<string, Found>, name: string): Found | undefined {
  const isReserved = reserved.has(name) && !fields.has(name);
  return fields.get(isReserved ? `__${name}__` : name);
}

const text: Schema = { type: "string" };

/** At the root of an object, and of one inside of it, of metadata its names alone. */
function withIdentity(schema: Schema): Schema {
  const metadata: Schema = { type: "object", properties: { name: text, generateName: text } };
  return { ...schema, properties: { ...schema.properties, apiVersion: text, kind: text, metadata } };
}

/** A schema with the type that CEL gives it, and the same for all parts of it. */
export interface TypedSchema {
  readonly schema: Schema;
  readonly type: CelType;
  /** By the names that JSON has for them. */
  readonly properties: ReadonlyMap<string, TypedSchema>;
  readonly items: TypedSchema | null;
  readonly values: TypedSchema | null;
}

/** null: CEL does not see what the schema describes. `name` is for messages. */
export function typedSchema(given: Schema, name: string, isRoot: boolean): TypedSchema | null {
  const isEmbedded = isRoot || given["x-kubernetes-embedded-resource"] === true;
  const schema = isEmbedded ? withIdentity(given) : given;
  const plain = { schema, properties: new Map<string, TypedSchema>(), items: null, values: null };
  if (schema["x-kubernetes-int-or-string"] === true) return { ...plain, type: dynType };
  switch (schema.type) {
    case "object":
      return typedObject(schema, name);
    case "array": {
      const items = schema.items === undefined ? null : typedSchema(schema.items, `${name}.@idx`, false);
      return items === null ? null : { ...plain, type: { kind: "list", element: items.type }, items };
    }
    default: {
      const type = plainType(schema);
      return type === null ? null : { ...plain, type };
    }
  }
}

function plainType({ type, format }: Schema): CelType | null {
  if (type === "boolean") return boolType;
  if (type === "integer") return intType;
  if (type === "number") return doubleType;
  if (type !== "string") return null;
  if (format === "byte") return bytesType;
  if (format === "duration") return durationType;
  return format === "date" || format === "date-time" ? timestampType : stringType;
}

function typedObject(schema: Schema, name: string): TypedSchema | null {
  const properties = new Map<string, TypedSchema>();
  if (typeof schema.additionalProperties === "object") {
    const values = typedSchema(schema.additionalProperties, `${name}.@elem`, false);
    if (values === null) return null;
    return {
      schema,
      type: { kind: "map", key: stringType, value: values.type },
      properties,
      items: null,
      values,
    };
  }
  const fields = new Map<string, CelType>();
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    const typed = typedSchema(child, `${name}.${field}`, false);
    if (typed === null) continue;
    properties.set(field, typed);
    const escaped = escapedName(field);
    if (escaped !== null) fields.set(escaped, typed.type);
  }
  return { schema, type: { kind: "object", name, fields }, properties, items: null, values: null };
}

/** What a piece of JSON is to CEL. It has been judged by the schema before. */
export function valueOf(typed: TypedSchema, json: unknown): CelValue {
  if (json === null || json === undefined) return null;
  if (Array.isArray(json)) return listOf(typed, json as unknown[]);
  if (isObject(json)) return objectOf(typed, json);
  if (typeof json === "number") {
    // An int-or-string is an integer where it is a number; no other type decides at run time.
    return typed.type === doubleType ? json : BigInt(json);
  }
  return typeof json === "string" ? textOf(typed, json) : (json as boolean);
}

function textOf({ type, schema }: TypedSchema, json: string): CelValue {
  if (type === bytesType) return Buffer.from(json, "base64");
  if (type === durationType) return new Duration(spokenDuration(json) ?? unfit("Invalid duration", json));
  if (type !== timestampType) return json;
  return (
    parseTimestamp(schema.format === "date" ? `${json}T00:00:00Z` : json) ??
    unfit("Invalid date-time formatted string", json)
  );
}

function unfit(what: string, json: string): never {
  throw new CelError(`${what} ${json}`);
}

function listOf({ items, schema }: TypedSchema, json: readonly unknown[]): CelValue {
  if (items === null) throw new CelError("invalid array type, expected Items with a non-empty Schema");
  return new CelList(
    json.map((item) => valueOf(items, item)),
    listKind(schema),
  );
}

function listKind(schema: Schema): ListKind {
  if (schema["x-kubernetes-list-type"] === "set") return "set";
  if (schema["x-kubernetes-list-type"] !== "map") return "ordered";
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  return { keys: keys.map((key) => escapedName(key) ?? key) };
}

function objectOf({ type, properties, values }: TypedSchema, json: JsonObject): CelValue {
  if (values !== null) {
    return new CelMap(
      new Map(Object.entries(json).map(([key, child]) => [key, { key, value: valueOf(values, child) }])),
    );
  }
  const fields = new Map<string, CelValue>();
  const unseen: JsonObject = {};
  for (const [field, child] of Object.entries(json)) {
    const [known, escaped] = [properties.get(field), escapedName(field)];
    if (known === undefined || escaped === null) unseen[field] = child;
    // A field that is null counts as absent.
    else if (child !== null) fields.set(escaped, valueOf(known, child));
  }
  return new CelObject(type, fields, unseen);
}
