// Judges an object by its schema and says what is wrong with it in the words of the real server: one cause per fault,
// all of them at once. The rules in CEL are judged apart, in cel/, and only where nothing here is in their way.
import assert from "node:assert/strict";
import { isIPv4, isIPv6 } from "node:net";
import { isObject, sameJson } from "../objects/json.ts";
import { invalidValue, required, shown, unsupportedValue } from "./causes.ts";
import type { Cause } from "./causes.ts";
import { spokenDuration } from "./durations.ts";
import { compiledPattern } from "./patterns.ts";
import { itemIdentity, listKeys } from "./schema.ts";
import type { Schema } from "./schema.ts";

// As many as anybody reads; a list of a thousand wrong items must not become a message of a megabyte.
const causesLimit = 100;

/** All that is wrong with `value`, at most 100 causes, in the order of the schema's walk. */
export function validate(schema: Schema, value: unknown, path = ""): Cause[] {
  const causes: Cause[] = [];
  check(schema, value, path, causes);
  return causes.slice(0, causesLimit);
}

function check(schema: Schema, value: unknown, path: string, causes: Cause[]): void {
  if (causes.length >= causesLimit) return;
  if (value === null && schema.nullable === true) return;
  const wanted = typeFault(schema, value);
  if (wanted !== null) {
    const got = JSON.stringify(typeName(value));
    const message = `Invalid value: ${got}: ${path} in body must be of type ${wanted}: ${got}`;
    causes.push({ reason: "FieldValueTypeInvalid", message, field: path });
    return;
  }
  if (schema.enum !== undefined && !schema.enum.some((allowed) => sameJson(allowed, value))) {
    causes.push(unsupportedValue(path, value, schema.enum));
  }
  if (typeof value === "string") checkText(schema, value, path, causes);
  if (typeof value === "number") checkNumber(schema, value, path, causes);
  if (Array.isArray(value)) checkList(schema, value as unknown[], path, causes);
  if (isObject(value)) checkObject(schema, value, path, causes);
  checkCombinations(schema, value, path, causes);
}

function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value;
}

/** The type that was wanted, null when the value is of it. */
function typeFault(schema: Schema, value: unknown): string | null {
  const got = typeName(value);
  if (schema["x-kubernetes-int-or-string"] === true) {
    return got === "integer" || got === "string" ? null : "integer,string";
  }
  const wanted = schema.type;
  if (wanted === undefined || wanted === got) return null;
  return wanted === "number" && got === "integer" ? null : wanted;
}

/** Length in code points, as the real server counts: surrogate pairs are one. */
function lengthOf(value: string): number {
  return value.length - (value.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);
}

function checkText(schema: Schema, value: string, path: string, causes: Cause[]): void {
  if (schema.maxLength !== undefined && lengthOf(value) > schema.maxLength) {
    const message = `Too long: may not be more than ${schema.maxLength} bytes`;
    causes.push({ reason: "FieldValueTooLong", message, field: path });
  }
  if (schema.minLength !== undefined && lengthOf(value) < schema.minLength) {
    causes.push(
      invalidValue(path, value, `${path} in body should be at least ${schema.minLength} chars long`),
    );
  }
  if (schema.pattern !== undefined && !matches(schema.pattern, value)) {
    causes.push(invalidValue(path, value, `${path} in body should match '${schema.pattern}'`));
  }
  const { format } = schema;
  const fits = format === undefined ? undefined : formats[format];
  if (fits !== undefined && !fits(value)) {
    const message = `Invalid value: ${shown(value)}: ${path} in body must be of type ${format}: ${shown(value)}`;
    causes.push({ reason: "FieldValueTypeInvalid", message, field: path });
  }
}

/** A definition whose pattern is not one has been refused. */
function matches(pattern: string, value: string): boolean {
  const compiled = compiledPattern(pattern);
  assert.ok(!("fault" in compiled), pattern);
  return compiled.test(value);
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

const formats: Readonly<Record<string, (value: string) => boolean>> = {
  ipv4: isIPv4,
  ipv6: isIPv6,
  "date-time": (value) => timePattern.test(value),
  date: (value) => /^\d{4}-\d\d-\d\d$/.test(value),
  uuid: (value) => /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i.test(value),
  byte: (value) => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value),
  duration: (value) => spokenDuration(value) !== null,
};

function checkNumber(schema: Schema, value: number, path: string, causes: Cause[]): void {
  const { minimum, maximum, multipleOf } = schema;
  const fault = (why: string): number =>
    causes.push(invalidValue(path, value, `${path} in body should be ${why}`));
  if (minimum !== undefined && schema.exclusiveMinimum === true && value <= minimum)
    fault(`greater than ${minimum}`);
  else if (minimum !== undefined && value < minimum) fault(`greater than or equal to ${minimum}`);
  if (maximum !== undefined && schema.exclusiveMaximum === true && value >= maximum)
    fault(`less than ${maximum}`);
  else if (maximum !== undefined && value > maximum) fault(`less than or equal to ${maximum}`);
  if (multipleOf !== undefined && value % multipleOf !== 0) fault(`a multiple of ${multipleOf}`);
}

function checkList(schema: Schema, list: readonly unknown[], path: string, causes: Cause[]): void {
  if (schema.maxItems !== undefined && list.length > schema.maxItems) {
    const message = `Too many: ${list.length}: must have at most ${schema.maxItems} items`;
    causes.push({ reason: "FieldValueTooMany", message, field: path });
  }
  if (schema.minItems !== undefined && list.length < schema.minItems) {
    causes.push(invalidValue(path, list, `${path} in body should have at least ${schema.minItems} items`));
  }
  const keys = listKeys(schema);
  const isSet = schema["x-kubernetes-list-type"] === "set" || schema.uniqueItems === true;
  const seen = new Set<string>();
  for (const [index, item] of list.entries()) {
    const at = `${path}[${index}]`;
    if (keys !== null || isSet) {
      const identity = JSON.stringify(keys === null ? item : itemIdentity(schema, keys, item));
      if (seen.has(identity)) {
        causes.push({ reason: "FieldValueDuplicate", message: `Duplicate value: ${identity}`, field: at });
      }
      seen.add(identity);
    }
    if (schema.items !== undefined) check(schema.items, item, at, causes);
  }
}

function checkObject(schema: Schema, value: Record<string, unknown>, path: string, causes: Cause[]): void {
  const at = (field: string): string => (path === "" ? field : `${path}.${field}`);
  for (const field of schema.required ?? []) if (value[field] === undefined) causes.push(required(at(field)));
  const count = Object.keys(value).length;
  if (schema.maxProperties !== undefined && count > schema.maxProperties) {
    const message = `Too many: ${count}: must have at most ${schema.maxProperties} items`;
    causes.push({ reason: "FieldValueTooMany", message, field: path });
  }
  if (schema.minProperties !== undefined && count < schema.minProperties) {
    const why = `${path} in body should have at least ${schema.minProperties} properties`;
    causes.push(invalidValue(path, value, why));
  }
  for (const [field, child] of Object.entries(value)) {
    const own = schema.properties?.[field];
    if (own !== undefined) check(own, child, at(field), causes);
    else if (typeof schema.additionalProperties === "object") {
      check(schema.additionalProperties, child, at(field), causes);
    }
  }
}

function checkCombinations(schema: Schema, value: unknown, path: string, causes: Cause[]): void {
  const fits = (part: Schema): boolean => validate(part, value, path).length === 0;
  const fault = (why: string): number =>
    causes.push(invalidValue(path, value, `${path} in body must ${why}`));
  for (const part of schema.allOf ?? []) check(part, value, path, causes);
  if (schema.anyOf !== undefined && !schema.anyOf.some(fits)) fault("validate at least one schema (anyOf)");
  if (schema.oneOf !== undefined && schema.oneOf.filter(fits).length !== 1) {
    fault("validate one and only one schema (oneOf)");
  }
  if (schema.not !== undefined && fits(schema.not)) fault("not validate the schema (not)");
}
