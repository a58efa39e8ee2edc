// What a client sends, read as an object of the kind that its path names, and the parts of it that count there: status
// alone through `/status`, all but status elsewhere.
import { decodeError } from "../schema/decoding.ts";
import type { TypeNames } from "../schema/decoding.ts";
import { isObject } from "./json.ts";
import type { KubernetesObject, ObjectMetadata } from "./json.ts";
import { apiVersionOf } from "../kinds/kinds.ts";
import type { Kind } from "../kinds/kinds.ts";
import { updatedMetadata } from "./metadata.ts";
import { prune } from "../schema/schema.ts";
import { badRequest } from "./status.ts";

export interface DecodeOptions {
  readonly fieldValidation: "Strict" | "Warn" | "Ignore";
  /** Told of what was accepted and should not have been written: becomes a Warning header. */
  readonly warn: (message: string) => void;
}

/**
 * Reads a body as an object of the kind. Throws a 400 for a wrong apiVersion or kind, for a value of a wrong type, and,
 * when told to be strict, for unknown fields; otherwise those are dropped, with a warning if that is wanted.
 */
export function decoded(
  kind: Kind,
  body: unknown,
  options: DecodeOptions,
  names: TypeNames,
): KubernetesObject {
  if (!isObject(body))
    throw badRequest(`couldn't get version/kind; json parse error: the body is not an object`);
  const object = body;
  const apiVersion = apiVersionOf(kind);
  object["apiVersion"] ??= apiVersion;
  object["kind"] ??= kind.kind;
  if (object["apiVersion"] !== apiVersion || object["kind"] !== kind.kind) {
    const [got, wanted] = [
      `${String(object["apiVersion"])}, Kind=${String(object["kind"])}`,
      `${apiVersion}, Kind=${kind.kind}`,
    ];
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind.kind}): got ${got}, expected ${wanted}`,
    );
  }
  object["metadata"] ??= {};
  const prefix = `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: `;
  const typed = kind.isCustom ? { metadata: object["metadata"] } : object;
  const fault = decodeError(kind.schema, typed, names);
  if (fault !== null) throw badRequest(prefix + fault);
  const unknown = prune(kind.schema, object).map((path) => `unknown field "${path}"`);
  if (unknown.length > 0 && options.fieldValidation === "Strict") {
    throw badRequest(`${prefix}strict decoding error: ${unknown.join(", ")}`);
  }
  if (options.fieldValidation === "Warn") for (const message of unknown) options.warn(message);
  const result = object as unknown as KubernetesObject;
  (result.metadata.name as string | undefined) ??= "";
  dropEmpty(result.metadata);
  return result;
}

/** Empty maps and lists of metadata are the same as none, and none is what the API writes. */
function dropEmpty(metadata: ObjectMetadata): void {
  if (Object.keys(metadata.labels ?? {}).length === 0) delete metadata.labels;
  if (Object.keys(metadata.annotations ?? {}).length === 0) delete metadata.annotations;
  if ((metadata.finalizers ?? []).length === 0) delete metadata.finalizers;
  if ((metadata.ownerReferences ?? []).length === 0) delete metadata.ownerReferences;
}

/** A namespace in the body must be that of the path; where the kind has none, it is dropped. Throws a 400. */
export function checkNamespace(kind: Kind, namespace: string, metadata: ObjectMetadata): void {
  const given = metadata.namespace ?? "";
  if (given === "" || given === namespace) return;
  if (!kind.namespaced) {
    delete metadata.namespace;
    return;
  }
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** Ownership to go on from: a client may rewrite `managedFields`, and an empty list resets it. */
export function managedBefore(
  live: KubernetesObject,
  given: KubernetesObject,
): NonNullable<ObjectMetadata["managedFields"]> {
  const own = given.metadata.managedFields;
  if (own === undefined) return live.metadata.managedFields ?? [];
  return own.filter((entry) => Object.keys(entry).length > 0);
}

/** What a write through a path may change: status alone through `/status`, all but status elsewhere. */
export function merged(
  kind: Kind,
  live: KubernetesObject,
  given: KubernetesObject,
  subresource: string,
): KubernetesObject {
  if (subresource === "status") {
    const { status: _status, ...rest } = live;
    const metadata = updatedMetadata(live.metadata, live.metadata);
    return {
      ...rest,
      ...("status" in given ? { status: given["status"] } : {}),
      metadata,
    };
  }
  const metadata = updatedMetadata(given.metadata, live.metadata);
  if (!kind.hasStatus) return { ...given, metadata };
  const { status: _status, ...rest } = given;
  return { ...rest, ...("status" in live ? { status: live["status"] } : {}), metadata };
}

/** Of an applied configuration, what can be applied through the path: the rest is neither set nor owned. */
export function onlyOwnPart(kind: Kind, wanted: KubernetesObject, subresource: string): KubernetesObject {
  if (subresource === "status") {
    const { apiVersion, kind: name, metadata } = wanted;
    const { labels: _labels, annotations: _annotations, ...identity } = metadata;
    const { ownerReferences: _owners, finalizers: _finalizers, ...rest } = identity;
    return {
      apiVersion,
      kind: name,
      metadata: rest,
      ...("status" in wanted ? { status: wanted["status"] } : {}),
    };
  }
  if (!kind.hasStatus) return wanted;
  const { status: _status, ...rest } = wanted;
  return rest;
}
