// Schemas of the built-in kinds, made at start from the models of @kubernetes/client-node (which come from the API's
// own OpenAPI document): names and types of all fields. What the models do not say (how lists merge, defaults, which
// fields are required) stands beside this in schema-overlay.ts.
import { overlays } from "./schema-overlay.ts";
import type { Schema } from "./schema.ts";

interface Attribute {
  readonly baseName: string;
  readonly type: string;
  readonly format: string;
}

/** Schemas by the name of their model, `V1PodSpec`. */
export type SchemasByModel = ReadonlyMap<string, Schema>;

// Types of the models that are not models.
const plainTypes = new Set(["Array", "Set", "Date", "IntOrString", "V1MicroTime"]);
// The schema of schemas is recursive, and the server reads it as data anyway.
const openModels = new Set(["V1JSONSchemaProps"]);
const quantityFields = new Set([
  "limits",
  "requests",
  "overhead",
  "capacity",
  "allocatable",
  "allocatedResources",
  "sizeLimit",
  "divisor",
  "hard",
  "used",
]);

/** Loads the models that `roots` need, one file each, and returns the schemas of all of them. */
export async function loadBuiltInSchemas(roots: readonly string[]): Promise<SchemasByModel> {
  const attributes = new Map<string, readonly Attribute[]>();
  const load = async (model: string): Promise<void> => {
    if (attributes.has(model) || openModels.has(model)) return;
    attributes.set(model, []);
    const found = await attributesOf(model);
    attributes.set(model, found);
    await Promise.all(found.flatMap((attribute) => modelsIn(attribute.type)).map(load));
  };
  await Promise.all(roots.map(load));
  const schemas = new Map<string, Schema>();
  for (const model of attributes.keys()) schemaOf(model, attributes, schemas);
  return schemas;
}

async function attributesOf(model: string): Promise<readonly Attribute[]> {
  const path = `@kubernetes/client-node/dist/gen/models/${model}.js`;
  const loaded = (await import(path)) as Record<string, { attributeTypeMap?: readonly Attribute[] }>;
  const found = loaded[model]?.attributeTypeMap;
  if (found === undefined) throw new Error(`@kubernetes/client-node has no model ${model}`);
  return found;
}

function modelsIn(type: string): string[] {
  return [...type.matchAll(/\b[A-Z]\w*/g)].map((match) => match[0]).filter((name) => !plainTypes.has(name));
}

function schemaOf(
  model: string,
  attributes: ReadonlyMap<string, readonly Attribute[]>,
  schemas: Map<string, Schema>,
): Schema {
  const done = schemas.get(model);
  if (done !== undefined) return done;
  if (openModels.has(model)) return { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const overlay = overlays[model];
  const properties: Record<string, Schema> = {};
  const schema: Schema = { type: "object", properties, ...overlay?.self };
  schemas.set(model, schema);
  for (const { baseName, type, format } of attributes.get(model) ?? []) {
    const plain = typeSchema(type, format, baseName, (name) => schemaOf(name, attributes, schemas));
    const extra = overlay?.fields?.[baseName];
    properties[baseName] = extra === undefined ? plain : { ...plain, ...extra };
  }
  return schema;
}

function typeSchema(type: string, format: string, field: string, model: (name: string) => Schema): Schema {
  const inList = /^(?:Array|Set)<(.*)>$/.exec(type)?.[1];
  if (inList !== undefined) return { type: "array", items: typeSchema(inList, format, field, model) };
  const inMap = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (inMap !== undefined) {
    return { type: "object", additionalProperties: typeSchema(inMap, format, field, model) };
  }
  switch (type) {
    case "string":
      if (quantityFields.has(field)) return { "x-kubernetes-int-or-string": true, format: "quantity" };
      return format === "" ? { type: "string" } : { type: "string", format };
    case "number":
      return { type: format === "double" ? "number" : "integer", format };
    case "boolean":
      return { type: "boolean" };
    case "Date":
      return { type: "string", format: "date-time" };
    case "V1MicroTime":
      return { type: "string", format: "date-time-micro" };
    case "IntOrString":
      return { "x-kubernetes-int-or-string": true, format: "int-or-string" };
    case "any":
    case "object":
      return { "x-kubernetes-preserve-unknown-fields": true };
    default:
      return model(type);
  }
}
