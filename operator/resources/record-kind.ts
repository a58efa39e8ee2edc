// What all kinds of record objects have in common, and how each says the rest: the type of its records, and how its
// spec becomes values. Nothing else in the operator knows one kind of record from another.
import type { RecordType, RecordValue } from "../bind9/resource-record.ts";
import { conditionsSchema } from "./conditions.ts";
import type { Condition } from "./conditions.ts";
import type { CustomResource, PrinterColumn, Schema } from "./custom-resource.ts";
import { customResource, readyColumn, ttlSchema } from "./custom-resource.ts";
import { keyOf } from "./kubernetes-object.ts";
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
  readonly zoneRef?: ObjectReference & { readonly zoneName: string };
  /** The absolute name under which it is served. */
  readonly publishedName?: string;
}

export interface RecordObject extends KubernetesObject {
  readonly spec: RecordSpec;
  readonly status?: RecordStatus;
}

export interface RecordValues {
  readonly values: readonly RecordValue[];
  /** What is not a value of this type, in words for the object's condition. */
  readonly refused: readonly string[];
}

export interface RecordKind {
  readonly resource: CustomResource;
  readonly type: RecordType;
  /** Reads the values of an object of this kind; `origin` is what relative names in them are relative to. */
  valuesOf(object: RecordObject, origin: string): RecordValues;
}

interface RecordResource {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly description: string;
  readonly required: readonly string[];
  readonly properties: Schema;
  readonly columns: readonly PrinterColumn[];
}

/** The custom resource of a record kind: what they share around what is the kind's own. */
export function recordResource(own: RecordResource): CustomResource {
  const { kind, plural, singular, shortNames, description } = own;
  return customResource({
    kind,
    plural,
    singular,
    shortNames,
    description,
    spec: {
      type: "object",
      required: ["name", ...own.required],
      properties: {
        name: {
          type: "string",
          minLength: 1,
          maxLength: 254,
          description: 'Name of the record: "@" for the zone itself, otherwise relative to the zone.',
        },
        ttl: ttlSchema,
        ...own.properties,
      },
    },
    status: {
      type: "object",
      properties: {
        conditions: conditionsSchema,
        observedGeneration: { type: "integer", format: "int64" },
        zoneRef: {
          type: "object",
          properties: {
            namespace: { type: "string" },
            name: { type: "string" },
            zoneName: { type: "string" },
          },
        },
        publishedName: { type: "string" },
      },
    },
    columns: [
      { name: "Name", type: "string", jsonPath: ".spec.name" },
      { name: "Zone", type: "string", jsonPath: ".status.zoneRef.zoneName" },
      ...own.columns,
      { name: "TTL", type: "integer", jsonPath: ".spec.ttl" },
      readyColumn,
    ],
  });
}

/** Which record object: its kind, and its key among those of that kind. */
export interface RecordReference {
  readonly kind: string;
  readonly key: string;
}

export function referenceTo(kind: RecordKind, object: RecordObject): RecordReference {
  return { kind: kind.resource.kind, key: keyOf(object) };
}

/** The reference as text, for maps and for sorting; it is never taken apart again. */
export function textOf({ kind, key }: RecordReference): string {
  return `${kind}/${key}`;
}
