// From a CustomResourceDefinition to the kinds that it defines, one for each served version, and to the status that the
// real server gives it once it serves them.
import { compilePath } from "../schema/json-path.ts";
import { arrayAt, isObject, objectAt, textAt, valueAt } from "../objects/json.ts";
import type { JsonObject, KubernetesObject } from "../objects/json.ts";
import type { Kind, ScalePaths } from "./kinds.ts";
import type { Schema } from "../schema/schema.ts";
import { sinceText } from "../kubectl/duration.ts";
import { ageColumn, nameColumn } from "../kubectl/table-columns.ts";
import type { Column } from "../kubectl/table-columns.ts";
import { defaultFaults } from "../cel/default-rules.ts";
import { compileRules } from "../cel/schema-rules.ts";
import { invalidValue, required } from "../schema/causes.ts";
import { compiledPattern } from "../schema/patterns.ts";
import type { Cause } from "../schema/causes.ts";

/** The kinds that a definition serves. `metadataSchema` is that of every object's metadata. */
export function definedKinds(definition: KubernetesObject, metadataSchema: Schema): readonly Kind[] {
  const names = objectAt(definition, "spec", "names");
  const served = arrayAt(definition, "spec", "versions").filter(
    (version) => valueAt(version, "served") === true,
  );
  return served.map((version): Kind => {
    return {
      group: textAt(definition, "spec", "group"),
      version: textAt(version, "name"),
      kind: textAt(names, "kind"),
      plural: textAt(names, "plural"),
      singular: textAt(names, "singular") || textAt(names, "kind").toLowerCase(),
      shortNames: arrayAt(names, "shortNames").map(String),
      categories: arrayAt(names, "categories").map(String),
      namespaced: textAt(definition, "spec", "scope") === "Namespaced",
      hasStatus: valueAt(version, "subresources", "status") !== undefined,
      scale: scaleOf(valueAt(version, "subresources", "scale")),
      hasGeneration: true,
      createsOnUpdate: false,
      updatesUnconditionally: false,
      deletesGracefully: false,
      isCustom: true,
      lifetimeMs: null,
      selectable: arrayAt(version, "selectableFields").map((field) =>
        textAt(field, "jsonPath").replace(/^\./, ""),
      ),
      behaviour: null,
      columns: printerColumns(version),
      schema: rootSchema(ownSchema(version), metadataSchema),
      rules: compileRules(ownSchema(version), "").tree,
      model: "",
    };
  });
}

function ownSchema(version: unknown): Schema {
  const own = valueAt(version, "schema", "openAPIV3Schema");
  return isObject(own) ? own : { "x-kubernetes-preserve-unknown-fields": true };
}

function rootSchema(schema: Schema, metadata: Schema): Schema {
  const identity = { type: "string" };
  return {
    ...schema,
    type: "object",
    properties: { ...schema.properties, apiVersion: identity, kind: identity, metadata },
  };
}

function scaleOf(scale: unknown): ScalePaths | null {
  if (!isObject(scale)) return null;
  const path = (field: string): string[] => textAt(scale, field).split(".").filter(Boolean);
  return {
    specReplicas: path("specReplicasPath"),
    statusReplicas: path("statusReplicasPath"),
    selector: path("labelSelectorPath"),
  };
}

function printerColumns(version: unknown): readonly Column[] {
  const listed = arrayAt(version, "additionalPrinterColumns");
  return listed.length === 0 ? [nameColumn, ageColumn] : [nameColumn, ...listed.map(printerColumn)];
}

function printerColumn(row: unknown): Column {
  const type = textAt(row, "type");
  const read = compilePath(textAt(row, "jsonPath")) ?? (() => []);
  const priority = Number(textAt(row, "priority") || "0");
  return {
    name: textAt(row, "name"),
    type,
    format: textAt(row, "format"),
    description: textAt(row, "description"),
    priority,
    cell: (object, nowMs) => printedCell(type, read(object), nowMs),
  };
}

function printedCell(type: string, values: readonly unknown[], nowMs: number): unknown {
  const first = values[0];
  if (first === undefined || first === null) return null;
  if (type === "date") return sinceText(first, nowMs);
  if (type === "integer" || type === "number" || type === "boolean") return first;
  const texts = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
  return texts.join(",");
}

/** What is wrong with a definition beyond the schema of definitions. */
export function definitionFaults(definition: KubernetesObject): Cause[] {
  const causes: Cause[] = [];
  const group = textAt(definition, "spec", "group");
  const plural = textAt(definition, "spec", "names", "plural");
  const { name } = definition.metadata;
  if (name !== `${plural}.${group}`) {
    causes.push(invalidValue("metadata.name", name, 'must be spec.names.plural+"."+spec.group'));
  }
  const versions = arrayAt(definition, "spec", "versions");
  const stored = versions.filter((version) => valueAt(version, "storage") === true);
  if (stored.length !== 1) {
    const why = "must have exactly one version marked as storage version";
    causes.push(
      invalidValue(
        "spec.versions",
        versions.map((version) => textAt(version, "name")),
        why,
      ),
    );
  }
  for (const [index, version] of versions.entries()) {
    const at = `spec.versions[${index}].schema.openAPIV3Schema`;
    const schema = valueAt(version, "schema", "openAPIV3Schema");
    if (!isObject(schema)) causes.push(required(at, "schemas are required"));
    else causes.push(...schemaFaults(schema, at, versions.length));
  }
  return causes;
}

/** Rules are looked at once the schema is sound: the types of CEL come from it. */
function schemaFaults(schema: Schema, path: string, versions: number): readonly Cause[] {
  // The real server keeps the schema of a single version apart from it, and names that place.
  const place = versions === 1 ? "spec.validation.openAPIV3Schema" : path;
  const faults = structuralFaults(schema, place, true);
  if (faults.length > 0) return faults;
  const { tree, faults: ofRules } = compileRules(schema, place);
  return tree === null ? ofRules : defaultFaults(tree, place);
}

/** A structural schema names a type at every node that it describes. Patterns must be such. */
function structuralFaults(schema: Schema, path: string, isRoot: boolean): Cause[] {
  const causes: Cause[] = [];
  const open =
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (schema.type === undefined && !open) {
    const why = isRoot ? "must not be empty at the root" : "must not be empty for specified object fields";
    causes.push(required(`${path}.type`, why));
  }
  const pattern = schema.pattern === undefined ? null : compiledPattern(schema.pattern);
  if (pattern !== null && "fault" in pattern) {
    const why = `must be a valid regular expression, but isn't: ${pattern.fault}`;
    causes.push(invalidValue(`${path}.pattern`, schema.pattern, why));
  }
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    if (isRoot && field === "metadata") continue;
    causes.push(...structuralFaults(child, `${path}.properties[${field}]`, false));
  }
  if (schema.items !== undefined) causes.push(...structuralFaults(schema.items, `${path}.items`, false));
  if (typeof schema.additionalProperties === "object") {
    causes.push(...structuralFaults(schema.additionalProperties, `${path}.additionalProperties`, false));
  }
  return causes;
}

/** The status of a definition that is served. `time` is RFC 3339; earlier conditions keep their own. */
export function servedStatus(definition: KubernetesObject, time: string): JsonObject {
  const names = objectAt(definition, "spec", "names");
  const stored = arrayAt(definition, "spec", "versions").find(
    (version) => valueAt(version, "storage") === true,
  );
  const conditions = arrayAt(definition, "status", "conditions");
  const condition = (type: string, reason: string, message: string): unknown =>
    conditions.find((other) => textAt(other, "type") === type) ?? {
      type,
      status: "True",
      lastTransitionTime: time,
      reason,
      message,
    };
  const earlier = arrayAt(definition, "status", "storedVersions").map(String);
  const kind = textAt(names, "kind");
  return {
    conditions: [
      condition("NamesAccepted", "NoConflicts", "no conflicts found"),
      condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ],
    acceptedNames: { listKind: `${kind}List`, singular: kind.toLowerCase(), ...names },
    storedVersions: [...new Set([...earlier, textAt(stored, "name")])],
  };
}
