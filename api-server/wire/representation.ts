// In which form an answer goes out: plain, as a Table, or as metadata alone, by the Accept header; and the envelope of
// a list.
import type { IncomingHttpHeaders } from "node:http";
import type { JsonObject, KubernetesObject } from "../objects/json.ts";
import { apiVersionOf } from "../kinds/kinds.ts";
import type { Kind } from "../kinds/kinds.ts";
import { partialObject, tableOf } from "../kubectl/table.ts";
import type { IncludeObject } from "../kubectl/table.ts";

export interface Form {
  readonly as: "plain" | "table" | "metadata";
  readonly includeObject: IncludeObject;
}

/** The form that a request asks for. Anything else (protobuf, CBOR) gets JSON, which every client also accepts. */
export function formOf(headers: IncomingHttpHeaders, query: URLSearchParams): Form {
  const accept = headers.accept ?? "";
  const first = accept.split(",").find((type) => type.includes("json")) ?? "";
  const include = query.get("includeObject");
  const includeObject = include === "Object" || include === "None" ? include : "Metadata";
  if (/;as=Table\b/.test(first)) return { as: "table", includeObject };
  if (/;as=PartialObjectMetadata(?:List)?\b/.test(first)) return { as: "metadata", includeObject };
  return { as: "plain", includeObject };
}

/** The object in the version of `kind`: all versions of a resource are one stored object. */
export function presented(kind: Kind, object: KubernetesObject): KubernetesObject {
  const apiVersion = apiVersionOf(kind);
  return object.apiVersion === apiVersion ? object : { ...object, apiVersion };
}

/** One object as an answer. */
export function oneAs(form: Form, kind: Kind, object: KubernetesObject, nowMs: number): JsonObject {
  const shown = presented(kind, object);
  if (form.as === "metadata") return partialObject(shown);
  if (form.as === "plain") return shown;
  const metadata = { resourceVersion: object.metadata.resourceVersion };
  return tableOf(kind, [shown], metadata, { includeObject: form.includeObject, hasColumns: true, nowMs });
}

/** A list as an answer; `version` is that of the whole store. */
export function listAs(
  form: Form,
  kind: Kind,
  objects: readonly KubernetesObject[],
  version: number,
  nowMs: number,
): JsonObject {
  const metadata = { resourceVersion: String(version) };
  const shown = objects.map((object) => presented(kind, object));
  if (form.as === "table") {
    return tableOf(kind, shown, metadata, { includeObject: form.includeObject, hasColumns: true, nowMs });
  }
  if (form.as === "metadata") {
    const items = shown.map(partialObject);
    return { kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1", metadata, items };
  }
  // Built-in lists leave out what the list itself says of its items; lists of custom resources do not.
  const items = kind.isCustom ? shown : shown.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items };
}
