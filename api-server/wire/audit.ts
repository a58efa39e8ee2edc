// The record of a finished request, as an observer outside of all clients would keep it.
import type { IncomingMessage, ServerResponse } from "node:http";

export interface AuditRecord {
  /** When the request came, in ms of wall-clock time. */
  readonly atMs: number;
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** Name of the object; of a list or watch, the one that its field selector pins. */
  readonly name: string;
  readonly user: string;
  /** Pod that the user's token is bound to, "" when it is bound to none. */
  readonly podName: string;
  /** HTTP status; 0 when the client left before there was one. */
  readonly status: number;
  /** The request's `fencing-token` header, "" when it had none. */
  readonly fencingToken: string;
  readonly userAgent: string;
  /** resourceVersion and annotations of the resulting object, empty when there is none. */
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Called once for every request about objects, when it has ended (a watch: when it ends). */
export type Observe = (record: AuditRecord) => void;

/** Completes what is known of a request with what its exchange shows. */
export function auditRecord(
  known: Partial<AuditRecord>,
  request: IncomingMessage,
  response: ServerResponse,
  atMs: number,
): AuditRecord {
  const token = request.headers["fencing-token"];
  return {
    verb: "",
    group: "",
    resource: "",
    subresource: "",
    namespace: "",
    name: "",
    user: "",
    podName: "",
    resourceVersion: "",
    annotations: {},
    ...known,
    atMs,
    status: response.headersSent ? response.statusCode : 0,
    fencingToken: typeof token === "string" ? token : "",
    userAgent: request.headers["user-agent"] ?? "",
  };
}
