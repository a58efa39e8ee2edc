// The answers of the API to what it refuses: one constructor for every kind of refusal, with the words, reasons and
// codes that kubectl, client-go and everything built on them look for.
import type { JsonObject } from "./json.ts";

export interface StatusCause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** The group and plural name that stand in a message, as in `leases.coordination.k8s.io`. */
export interface ResourceName {
  readonly group: string;
  readonly plural: string;
}

interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal. `body` is the Status object of the answer, `httpStatus` its code; `code` is the stable reason. */
export class ApiError extends Error {
  readonly code: string;
  readonly httpStatus: number;
  readonly body: JsonObject;
  constructor(httpStatus: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = "ApiError";
    this.code = reason;
    this.httpStatus = httpStatus;
    this.body = {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message,
      ...(reason === "" ? {} : { reason }),
      ...(details === undefined ? {} : { details }),
      code: httpStatus,
    };
  }
}

/** `leases.coordination.k8s.io`, or the bare plural in the core group. */
function qualified(resource: ResourceName): string {
  return resource.group === "" ? resource.plural : `${resource.plural}.${resource.group}`;
}

function detailsOf(resource: ResourceName, name: string): StatusDetails {
  return {
    ...(name === "" ? {} : { name }),
    ...(resource.group === "" ? {} : { group: resource.group }),
    kind: resource.plural,
  };
}

export function notFound(resource: ResourceName, name: string): ApiError {
  const message = `${qualified(resource)} "${name}" not found`;
  return new ApiError(404, "NotFound", message, detailsOf(resource, name));
}

/** The answer for a path, or a resource type, that the server does not have. */
export function unknownResource(): ApiError {
  return new ApiError(404, "NotFound", "the server could not find the requested resource", {});
}

export function alreadyExists(resource: ResourceName, name: string): ApiError {
  const message = `${qualified(resource)} "${name}" already exists`;
  return new ApiError(409, "AlreadyExists", message, detailsOf(resource, name));
}

export function conflict(resource: ResourceName, name: string, why: string): ApiError {
  const message = `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`;
  return new ApiError(409, "Conflict", message, detailsOf(resource, name));
}

/** What a write gets whose resourceVersion is not the current one. */
export const staleObject =
  "the object has been modified; please apply your changes to the latest version and try again";

export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

/** The 422 of a validation: `kind` is the kind's name where the real server gives that, else the plural. */
export function invalid(
  group: string,
  kind: string,
  name: string,
  causes: readonly Required<StatusCause>[],
): ApiError {
  const listed = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const text = listed.length === 1 ? (listed[0] ?? "") : `[${listed.join(", ")}]`;
  const title = group === "" ? kind : `${kind}.${group}`;
  return new ApiError(422, "Invalid", `${title} "${name}" is invalid: ${text}`, {
    name,
    ...(group === "" ? {} : { group }),
    kind,
    causes,
  });
}

export function forbidden(
  resource: ResourceName,
  name: string,
  why: string,
  causes: readonly StatusCause[] = [],
): ApiError {
  const title = name === "" ? qualified(resource) : `${qualified(resource)} "${name}"`;
  const details = { ...detailsOf(resource, name), ...(causes.length === 0 ? {} : { causes }) };
  return new ApiError(403, "Forbidden", `${title} is forbidden: ${why}`, details);
}

export function unauthorized(): ApiError {
  return new ApiError(401, "Unauthorized", "Unauthorized");
}

export function methodNotAllowed(): ApiError {
  const message = "the server does not allow this method on the requested resource";
  return new ApiError(405, "MethodNotAllowed", message, {});
}

/** The watch began too far back: `oldest` is the oldest version from which one could begin. */
export function expired(asked: number, oldest: number): ApiError {
  return new ApiError(410, "Expired", `too old resource version: ${asked} (${oldest})`);
}

/** The read asked for a version that this server has not reached. */
export function versionTooLarge(asked: number, current: number): ApiError {
  return new ApiError(504, "Timeout", `Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
    retryAfterSeconds: 1,
  });
}

export function tooLarge(limitBytes: number): ApiError {
  return new ApiError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limitBytes}`, {});
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const list = accepted.join(", ");
  const message = `the body of the request was in an unknown format - accepted media types include: ${list}`;
  return new ApiError(415, "UnsupportedMediaType", message, {});
}

/** The Status of a deletion that left nothing behind. */
export function deleted(resource: ResourceName, name: string, uid: string): JsonObject {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { ...detailsOf(resource, name), uid },
  };
}
