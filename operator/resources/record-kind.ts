// What all kinds of record objects have in common, and how each says the rest: the type of its records, and how its
// spec becomes values. Nothing else in the operator knows one kind of record from another.
import type { ReadName } from "../bind9/domain-name.ts";
import type { RecordType, RecordValue } from "../bind9/resource-record.ts";
import type { Condition, KeptStatus } from "./conditions.ts";
import type { CustomResource, PrinterColumn, Schema } from "./custom-resource.ts";
import {
  customResource,
  integerSchema,
  readyColumn,
  referenceSchemas,
  rulesKey,
  statusSchema,
  textSchema,
  ttlSchema,
} from "./custom-resource.ts";
import { asOneText, keyOf } from "./kubernetes-object.ts";
import type { KubernetesObject, ObjectReference } from "./kubernetes-object.ts";

export interface RecordSpec {
  /** "@" for the zone itself, a name relative to it, or an absolute one with a trailing dot. */
  readonly name: string;
  readonly ttl?: number;
}

export interface RecordStatus {
  readonly conditions?: readonly Condition[];
  readonly observedGeneration?: number;
  /** The zone that took the record up. */
  readonly zoneRef?: ObjectReference & {
    readonly apiVersion: string;
    readonly kind: string;
    readonly zoneName: string;
  };
  /** The absolute name under which it is served. */
  readonly publishedName?: string;
  /** Of A and AAAA: their addresses, separated by commas. */
  readonly addresses?: string;
}

export interface RecordObject extends KubernetesObject {
  readonly spec: RecordSpec;
  readonly status?: KeptStatus;
}

export interface RecordValues {
  readonly values: readonly RecordValue[];
  /** Why a value was left out, in words for the object's condition that name the field, the value and the remedy. */
  readonly refused: readonly string[];
}

export interface RecordKind {
  readonly resource: CustomResource;
  readonly type: RecordType;
  /** Reads the values of an object of this kind; `origin` is the zone's name, which relative names in them are relative to. */
  valuesOf(object: RecordObject, origin: string): RecordValues;
  /** What the status shows of the spec, for people. */
  shownIn(object: RecordObject): Partial<RecordStatus>;
}

/** What a kind says of itself; the rest is the same for all. */
export interface RecordKindDescription {
  readonly type: RecordType;
  readonly kind: string;
  readonly description: string;
  /** For kubectl; absent: the type's name in small letters. */
  readonly shortName?: string;
  /** Names of those of `properties` that an object must have. */
  readonly required: readonly string[];
  /** What its spec has beside `name` and `ttl`. */
  readonly properties: Schema;
  readonly columns: readonly PrinterColumn[];
  valuesOf(object: RecordObject, origin: string): RecordValues;
  shownIn?(object: RecordObject): Partial<RecordStatus>;
}

/** A kind of records: what they share around what is the kind's own. */
export function recordKind(own: RecordKindDescription): RecordKind {
  const singular = own.kind.toLowerCase();
  const resource = customResource({
    kind: own.kind,
    plural: `${singular}s`,
    singular,
    shortNames: [own.shortName ?? own.type.name.toLowerCase()],
    description: own.description,
    spec: {
      type: "object",
      description: "What is to be served.",
      required: ["name", ...own.required],
      properties: { name: nameSchema, ttl: ttlSchema, ...own.properties },
    },
    status: recordStatusSchema,
    columns: [
      { name: "Name", type: "string", jsonPath: ".spec.name" },
      { name: "Zone", type: "string", jsonPath: ".status.zoneRef.zoneName" },
      ...own.columns,
      { name: "TTL", type: "integer", jsonPath: ".spec.ttl" },
      readyColumn,
    ],
  });
  return { resource, type: own.type, valuesOf: own.valuesOf, shownIn: own.shownIn ?? (() => ({})) };
}

/** Reads each item of a list: a value, or in words why it is none. */
export function eachValue<T>(items: readonly T[], read: (item: T) => RecordValue | string): RecordValues {
  const found = items.map(read);
  // As it is where nothing is refused, as nearly always: what is filtered has room for more, and is kept of hundreds of thousands.
  if (found.every(isValue)) return { values: found, refused: [] };
  return {
    values: found.filter(isValue),
    refused: found.filter((value) => typeof value === "string"),
  };
}

function isValue(read: RecordValue | string): read is RecordValue {
  return typeof read !== "string";
}

/** The one value of a record that points at a name; `write` makes its text of the absolute name. */
export function pointingAt(
  field: string,
  target: ReadName,
  write: (name: string) => RecordValue,
): RecordValues {
  if (target.kind === "refused") return { values: [], refused: [`${field}: ${target.why}`] };
  return { values: [write(target.name)], refused: [] };
}

/** The value with this text, which points at `host`: the root says that there is none, and stands alone. */
export function orNone(text: string, host: string): RecordValue {
  return host === "." ? { text, isAlone: true } : { text };
}

/** The schema of a name that a record points at. */
export function targetSchema(description: string): Schema {
  return {
    type: "string",
    maxLength: 254,
    [rulesKey]: [{ rule: "self != ''", message: "write the name of a host, like www.example.com." }],
    description: `${description} With a final dot it is taken as it is; a single label is relative to the zone.`,
  };
}

/** The schema of a number of 16 bits. */
export function numberSchema(description: string): Schema {
  return integerSchema(0, 65_535, description);
}

const nameSchema: Schema = {
  type: "string",
  maxLength: 254,
  [rulesKey]: [
    { rule: "self != ''", message: "write @ for the zone itself, or a name relative to it, like www" },
  ],
  description:
    'Name of the record: "@" for the zone itself, otherwise relative to the zone, or absolute with a final dot.',
};

const recordStatusSchema = statusSchema({
  zoneRef: {
    type: "object",
    description: "The zone that took the record up.",
    properties: {
      ...referenceSchemas("the zone's object"),
      // In lower case a letter beyond ASCII may be two.
      zoneName: textSchema(2 * 253, "Of the zone itself."),
    },
  },
  // 255 octets, each of which may be written as \DDD.
  publishedName: textSchema(1020, "The absolute name under which it is served."),
  addresses: textSchema(6500, "The addresses of an A or AAAA record, separated by commas."),
});

/** Which record object: its kind, and its key among those of that kind. */
export interface RecordReference {
  readonly kind: string;
  readonly key: string;
}

export function referenceTo(kind: RecordKind, object: RecordObject): RecordReference {
  return { kind: kind.resource.kind, key: keyOf(object) };
}

/** The reference as text, for maps and for sorting. */
export function textOf({ kind, key }: RecordReference): string {
  return asOneText(kind, key);
}

/** The reference that a text is of. */
export function referenceOfText(text: string): RecordReference {
  const kindEnd = text.indexOf("/");
  return { kind: text.slice(0, kindEnd), key: text.slice(kindEnd + 1) };
}
