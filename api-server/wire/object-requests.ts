// Requests for objects: from a target and a verb to an answer or a stream. Reads, writes and the subresources that
// every kind may have; what is peculiar to one (log, token, reviews) is handed on.
import type { IncomingHttpHeaders } from "node:http";
import { jsonValue, mediaTypeOf, objectBody, yamlValue } from "./body.ts";
import { deleteOptionsOf } from "../objects/deletion.ts";
import type { Remove } from "../objects/deletion.ts";
import type { JsonObject, KubernetesObject } from "../objects/json.ts";
import { copyOf } from "../objects/json.ts";
import { storageOf } from "../kinds/kinds.ts";
import type { Kind, ScalePaths } from "../kinds/kinds.ts";
import type { ObjectStore } from "../objects/object-store.ts";
import { jsonPatched, mergePatched, strategicPatched } from "../objects/patching.ts";
import { formOf, listAs, oneAs, presented } from "./representation.ts";
import type { RequestTarget } from "./request-target.ts";
import type { ObjectPlace, Resources, WriteOptions } from "../objects/resources.ts";
import { scaleOf, scaled } from "../objects/scale.ts";
import { fieldTest, labelTest } from "../objects/selectors.ts";
import {
  ApiError,
  badRequest,
  deleted,
  expired,
  invalid,
  methodNotAllowed,
  notFound,
  unknownResource,
  unsupportedMediaType,
  versionTooLarge,
} from "../objects/status.ts";
import { required } from "../schema/causes.ts";
import { listView } from "../objects/watching.ts";
import type { View } from "../objects/watching.ts";

export interface ObjectRequest {
  readonly kind: Kind;
  readonly target: RequestTarget;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly nowMs: number;
}

export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
  /** Texts of Warning headers. */
  readonly warnings: readonly string[];
  /** The object that was read or written, for the audit record. */
  readonly object: KubernetesObject | null;
}

export interface ObjectParts {
  readonly store: ObjectStore;
  readonly resources: Resources;
  readonly remove: Remove;
}

const patchTypes = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

function answer(
  status: number,
  body: JsonObject,
  object: KubernetesObject | null,
  warnings: string[] = [],
): Answer {
  return { status, body, object, warnings };
}

function placeOf({ kind, target }: ObjectRequest): ObjectPlace {
  return { kind, namespace: target.namespace, name: target.name };
}

/** The part of a resource that a collection request is about. */
export function viewOf({ kind, target, query }: ObjectRequest): View {
  const byLabel = labelTest(query.get("labelSelector") ?? "");
  const byField = fieldTest(query.get("fieldSelector") ?? "", kind.selectable);
  const isOne = target.name !== "";
  return {
    kind,
    namespace: target.namespace === "" ? undefined : target.namespace,
    test: (object) => byLabel(object) && byField(object) && (!isOne || object.metadata.name === target.name),
  };
}

/** A resourceVersion of a query; null when there is none. Throws a 400 for what is not a number. */
export function versionIn(query: URLSearchParams): number | null {
  const text = query.get("resourceVersion") ?? "";
  if (text === "") return null;
  if (!/^\d+$/.test(text)) throw badRequest(`Invalid value: "${text}": invalid resource version`);
  return Number(text);
}

function checkVersion(store: ObjectStore, query: URLSearchParams): void {
  const version = versionIn(query) ?? 0;
  if (version > store.version()) throw versionTooLarge(version, store.version());
  if (query.get("resourceVersionMatch") !== "Exact" || version === store.version()) return;
  throw expired(version, store.version());
}

/** Answers a get of one object or of one of its subresources. */
export function getObject({ store }: ObjectParts, request: ObjectRequest): Answer {
  const { kind, target, query, headers, nowMs } = request;
  checkVersion(store, query);
  const live = store.get(storageOf(kind), target.namespace, target.name);
  if (live === null) throw notFound(kind, target.name);
  if (target.subresource === "scale") return answer(200, scaleOf(scalePaths(kind), live), live);
  checkSubresource(kind, target.subresource);
  return answer(200, oneAs(formOf(headers, query), kind, live, nowMs), live);
}

export function listObjects({ store }: ObjectParts, request: ObjectRequest): Answer {
  const { kind, query, headers, nowMs } = request;
  checkVersion(store, query);
  const objects = listView(store, viewOf(request));
  return answer(200, listAs(formOf(headers, query), kind, objects, store.version(), nowMs), null);
}

function scalePaths(kind: Kind): ScalePaths {
  if (kind.scale === null) throw unknownResource();
  return kind.scale;
}

function checkSubresource(kind: Kind, subresource: string): void {
  if (subresource === "" || (subresource === "status" && kind.hasStatus)) return;
  throw unknownResource();
}

function writeOptions({ query, headers, target }: ObjectRequest, warnings: string[]): WriteOptions {
  const agent = (headers["user-agent"] ?? "unknown").split("/")[0] ?? "unknown";
  const dryRun = query.get("dryRun");
  if (dryRun !== null && dryRun !== "" && dryRun !== "All") {
    throw badRequest(`dryRun: Unsupported value: "${dryRun}": supported values: "All"`);
  }
  const validation = query.get("fieldValidation");
  return {
    fieldManager: (query.get("fieldManager") || agent).slice(0, 128),
    isDryRun: dryRun === "All",
    fieldValidation: validation === "Strict" || validation === "Ignore" ? validation : "Warn",
    subresource: target.subresource === "status" || target.subresource === "scale" ? target.subresource : "",
    warn: (message) => warnings.push(message),
  };
}

export function createObject({ resources }: ObjectParts, request: ObjectRequest): Answer {
  const { kind, target, headers, query, bytes, nowMs } = request;
  if (target.name !== "") throw methodNotAllowed();
  const warnings: string[] = [];
  const body = objectBody(bytes, mediaTypeOf(headers["content-type"]));
  const object = resources.create(kind, target.namespace, body, writeOptions(request, warnings));
  return answer(201, oneAs(formOf(headers, query), kind, object, nowMs), object, warnings);
}

export function updateObject({ resources }: ObjectParts, request: ObjectRequest): Answer {
  const { kind, target, headers, query, bytes, nowMs } = request;
  const warnings: string[] = [];
  const options = writeOptions(request, warnings);
  const body = objectBody(bytes, mediaTypeOf(headers["content-type"]));
  if (target.subresource === "scale") {
    const paths = scalePaths(kind);
    const { object } = resources.patch(placeOf(request), (live) => scaled(paths, live, body), options);
    return answer(200, scaleOf(paths, object), object, warnings);
  }
  checkSubresource(kind, target.subresource);
  const { object, isNew } = resources.replace(placeOf(request), body, options);
  return answer(isNew ? 201 : 200, oneAs(formOf(headers, query), kind, object, nowMs), object, warnings);
}

export function patchObject({ resources }: ObjectParts, request: ObjectRequest): Answer {
  const { kind, target, headers, query, bytes, nowMs } = request;
  const warnings: string[] = [];
  const options = writeOptions(request, warnings);
  const mediaType = mediaTypeOf(headers["content-type"]);
  const accepted = patchTypes.filter((type) => !kind.isCustom || !type.includes("strategic"));
  if (!accepted.includes(mediaType)) throw unsupportedMediaType(accepted);
  if (target.subresource === "scale") {
    const paths = scalePaths(kind);
    const change = (live: KubernetesObject): KubernetesObject =>
      scaled(paths, live, patched(kind, mediaType, scaleOf(paths, live), jsonValue(bytes)));
    const { object } = resources.patch(placeOf(request), change, options);
    return answer(200, scaleOf(paths, object), object, warnings);
  }
  checkSubresource(kind, target.subresource);
  if (mediaType === "application/apply-patch+yaml") {
    if ((query.get("fieldManager") ?? "") === "") {
      const cause = required("fieldManager", "is required for apply patch");
      throw invalid("meta.k8s.io", "PatchOptions", "", [cause]);
    }
    const isForced = query.get("force") === "true";
    const { object, isNew } = resources.apply(placeOf(request), yamlValue(bytes), isForced, options);
    return answer(isNew ? 201 : 200, oneAs(formOf(headers, query), kind, object, nowMs), object, warnings);
  }
  const patch = jsonValue(bytes);
  const { object } = resources.patch(
    placeOf(request),
    (live) => patched(kind, mediaType, live, patch),
    options,
  );
  return answer(200, oneAs(formOf(headers, query), kind, object, nowMs), object, warnings);
}

function patched(kind: Kind, mediaType: string, object: KubernetesObject, patch: unknown): unknown {
  if (mediaType === "application/json-patch+json") return jsonPatched(object, patch);
  if (mediaType === "application/merge-patch+json") return mergePatched(object, patch);
  return strategicPatched(kind.schema, object, patch);
}

export function deleteObject({ remove }: ObjectParts, request: ObjectRequest): Answer {
  const { kind, target, query } = request;
  if (target.subresource !== "") throw methodNotAllowed();
  const { object, isGone } = remove(placeOf(request), deleteOptionsOf(deletionBody(request), query));
  const isShown = !isGone || kind.deletesGracefully;
  const body = isShown ? presented(kind, object) : deleted(kind, target.name, object.metadata.uid ?? "");
  return answer(200, body, object);
}

export function deleteCollection({ store, remove }: ObjectParts, request: ObjectRequest): Answer {
  const { kind, query, headers, nowMs } = request;
  const options = deleteOptionsOf(deletionBody(request), query);
  const objects = listView(store, viewOf(request));
  for (const { metadata } of objects) {
    remove({ kind, namespace: metadata.namespace ?? "", name: metadata.name }, options);
  }
  return answer(200, listAs(formOf(headers, query), kind, objects, store.version(), nowMs), null);
}

function deletionBody({ bytes, headers }: ObjectRequest): unknown {
  return bytes.length === 0 ? {} : copyOf(objectBody(bytes, mediaTypeOf(headers["content-type"])));
}

/** The Status of anything thrown: an ApiError's own, or a 500 for what nobody expected. */
export function statusOf(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}
