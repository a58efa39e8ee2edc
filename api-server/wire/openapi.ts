// OpenAPI v3, made from the schemas that the server itself validates by: one document for each group and version, as
// `kubectl apply` (which looks there whether the server checks unknown fields) and `kubectl explain` read them.
// Version 2 is answered with an empty document: clients that know version 3 only look there as a last resort.
import type { SchemasByModel } from "../schema/built-in-schemas.ts";
import type { JsonObject } from "../objects/json.ts";
import { apiVersionOf } from "../kinds/kinds.ts";
import type { Kind } from "../kinds/kinds.ts";
import type { Schema } from "../schema/schema.ts";

/** /openapi/v3. `hash` changes with the kinds, so that a client may keep what it has. */
export function openApiIndex(kinds: readonly Kind[], hash: string): JsonObject {
  const names = new Set(kinds.map((kind) => documentPath(kind)));
  const paths = [...names].map(
    (path) => [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const,
  );
  return { paths: Object.fromEntries(paths) };
}

function documentPath(kind: Kind): string {
  return kind.group === "" ? `api/${kind.version}` : `apis/${kind.group}/${kind.version}`;
}

/** /openapi/v3/PATH, null when nothing is served there. */
export function openApiDocument(
  kinds: readonly Kind[],
  path: string,
  models: SchemasByModel,
): JsonObject | null {
  const members = kinds.filter((kind) => documentPath(kind) === path);
  if (members.length === 0) return null;
  const names = new Map([...models].map(([model, schema]) => [schema, model]));
  const schemas: Record<string, JsonObject> = {};
  const refer = (schema: Schema): JsonObject => {
    const model = names.get(schema);
    if (model === undefined) return expand(schema);
    if (schemas[model] === undefined) {
      schemas[model] = {};
      Object.assign(schemas[model], expand(schema));
    }
    return { $ref: `#/components/schemas/${model}` };
  };
  const expand = (schema: Schema): JsonObject => {
    const { properties, items, additionalProperties } = schema;
    const fields = Object.entries(properties ?? {}).map(([field, child]) => [field, refer(child)] as const);
    return {
      ...schema,
      ...(properties === undefined ? {} : { properties: Object.fromEntries(fields) }),
      ...(items === undefined ? {} : { items: refer(items) }),
      ...(typeof additionalProperties === "object"
        ? { additionalProperties: refer(additionalProperties) }
        : {}),
    };
  };
  const paths: Record<string, JsonObject> = {};
  for (const kind of members) {
    const component = kind.isCustom ? `${kind.group}.${kind.version}.${kind.kind}` : kind.model;
    const identity = { group: kind.group, version: kind.version, kind: kind.kind };
    schemas[component] = { ...expand(kind.schema), "x-kubernetes-group-version-kind": [identity] };
    const scope = kind.namespaced ? "namespaces/{namespace}/" : "";
    const root = `/${documentPath(kind)}/${scope}${kind.plural}`;
    Object.assign(paths, operationsOf(kind, root, `#/components/schemas/${component}`));
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: "v1.36.0" },
    paths,
    components: { schemas },
  };
}

function operationsOf(kind: Kind, root: string, reference: string): Record<string, JsonObject> {
  const identity = { group: kind.group, version: kind.version, kind: kind.kind };
  const answer = { content: { "application/json": { schema: { $ref: reference } } }, description: "OK" };
  const operation = (action: string): JsonObject => ({
    operationId: `${action}${apiVersionOf(kind)}${kind.kind}`,
    responses: { 200: answer },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": identity,
  });
  const writes = ["dryRun", "fieldManager", "fieldValidation"].map((name) => {
    return { in: "query", name, schema: { type: "string", uniqueItems: true } };
  });
  // Strategic merge is left out on purpose: kubectl then computes such patches by the types that it has compiled in.
  const patch = {
    ...operation("patch"),
    parameters: [...writes, { in: "query", name: "force", schema: { type: "boolean" } }],
    requestBody: { content: { "application/merge-patch+json": {}, "application/apply-patch+yaml": {} } },
  };
  return {
    [root]: { get: operation("list"), post: { ...operation("post"), parameters: writes } },
    [`${root}/{name}`]: {
      get: operation("get"),
      put: { ...operation("put"), parameters: writes },
      patch,
      delete: operation("delete"),
    },
  };
}
