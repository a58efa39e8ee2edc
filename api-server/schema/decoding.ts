// Built-in kinds are decoded into typed structures by the real server, so a value of the wrong type is a 400 that ends
// the request at the first one, in the decoder's words. (Custom resources get a 422 with all causes instead.) MicroTime
// is the strictest of the types: exactly six digits of a second, or a 400.
import { isObject } from "../objects/json.ts";
import type { SchemasByModel } from "./built-in-schemas.ts";
import type { Schema } from "./schema.ts";
import { fieldSchema } from "./schema.ts";

const microTimeLayout = "2006-01-02T15:04:05.000000Z07:00";
const timeLayout = "2006-01-02T15:04:05Z07:00";
const secondsPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const zonePattern = /^(?:Z|[+-]\d\d:\d\d)$/;

/** Names of the types by their schema, for the messages. */
export type TypeNames = ReadonlyMap<Schema, string>;

export function typeNamesOf(schemas: SchemasByModel): TypeNames {
  return new Map(
    [...schemas].map(([model, schema]) => [schema, model.replace(/^[A-Za-z]*?V\d[a-z\d]*/, "")]),
  );
}

/**
 * The decoder's complaint about the first value of a wrong type, null when there is none. Numbers given as quantities
 * become text in place, as the API writes them.
 */
export function decodeError(
  schema: Schema,
  value: unknown,
  names: TypeNames,
  path = "",
  type = "",
): string | null {
  if (value === null || value === undefined) return null;
  if (schema["x-kubernetes-int-or-string"] === true) {
    return typeof value === "string" || typeof value === "number"
      ? null
      : mismatch(value, path, type, "string");
  }
  switch (schema.type) {
    case "object":
      return objectError(schema, value, names, path, type);
    case "array":
      if (!Array.isArray(value))
        return mismatch(value, path, type, `[]${names.get(schema.items ?? {}) ?? "string"}`);
      for (const item of value) {
        const found = decodeError(schema.items ?? {}, item, names, path, type);
        if (found !== null) return found;
      }
      return null;
    case "integer":
      if (typeof value === "number" && Number.isInteger(value)) {
        const isFit = schema.format !== "int32" || (value >= -(2 ** 31) && value < 2 ** 31);
        return isFit ? null : unmarshalError(`number ${value}`, path, type, "int32");
      }
      return mismatch(value, path, type, schema.format ?? "int64");
    case "number":
      return typeof value === "number" ? null : mismatch(value, path, type, "float64");
    case "boolean":
      return typeof value === "boolean" ? null : mismatch(value, path, type, "bool");
    case "string":
      return stringError(schema, value, path, type);
    default:
      return null;
  }
}

function objectError(
  schema: Schema,
  value: unknown,
  names: TypeNames,
  path: string,
  type: string,
): string | null {
  const own = names.get(schema);
  if (!isObject(value)) return mismatch(value, path, type, own ?? "map[string]string");
  for (const [field, child] of Object.entries(value)) {
    const known = fieldSchema(schema, field);
    if (known === undefined) continue;
    if (known.format === "quantity" && typeof child === "number") value[field] = String(child);
    const found = decodeError(known, child, names, path === "" ? field : `${path}.${field}`, own ?? type);
    if (found !== null) return found;
  }
  return null;
}

function stringError(schema: Schema, value: unknown, path: string, type: string): string | null {
  if (typeof value !== "string") return mismatch(value, path, type, "string");
  if (schema.format === "date-time-micro") return microTimeError(value);
  if (schema.format === "date-time") return timeError(value);
  if (schema.format === "byte" && !/^[A-Za-z0-9+/\r\n]*={0,2}$/.test(value)) {
    return `illegal base64 data at input byte ${Math.max(0, value.search(/[^A-Za-z0-9+/=\r\n]/))}`;
  }
  return null;
}

function mismatch(value: unknown, path: string, type: string, wanted: string): string {
  const got = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  const shown = got === "number" && !Number.isInteger(value) ? `number ${String(value)}` : got;
  return unmarshalError(shown, path, type, wanted);
}

function unmarshalError(shown: string, path: string, type: string, wanted: string): string {
  return `json: cannot unmarshal ${shown} into Go struct field ${type}.${path} of type ${wanted}`;
}

function unparsed(value: string, layout: string, rest: string, part: string): string {
  return `parsing time "${value}" as "${layout}": cannot parse "${rest}" as "${part}"`;
}

function microTimeError(value: string): string | null {
  const seconds = secondsPattern.exec(value)?.[0];
  if (seconds === undefined) return unparsed(value, microTimeLayout, value, "2006");
  const rest = value.slice(seconds.length);
  const fraction = /^[.,]\d{6}/.exec(rest)?.[0];
  if (fraction === undefined) return unparsed(value, microTimeLayout, rest, ".000000");
  const zone = rest.slice(fraction.length);
  return zonePattern.test(zone) ? null : unparsed(value, microTimeLayout, zone, "Z07:00");
}

function timeError(value: string): string | null {
  const seconds = secondsPattern.exec(value)?.[0];
  if (seconds === undefined) return unparsed(value, timeLayout, value, "2006");
  const zone = value.slice(seconds.length).replace(/^[.,]\d+/, "");
  return zonePattern.test(zone) ? null : unparsed(value, timeLayout, zone, "Z07:00");
}
