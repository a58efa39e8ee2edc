// The server on the wire: TLS, who asks and whether they may, the way to the code that answers, and the record of each
// request when it has ended.
import { createServer } from "node:https";
import type { Server } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Log } from "../../platform/log.ts";
import { attributesOf, refusalOf } from "../access/access.ts";
import type { Authorize } from "../access/access.ts";
import type { AuditRecord, Observe } from "./audit.ts";
import { auditRecord } from "./audit.ts";
import type { Authentication, User } from "../access/authentication.ts";
import { actingUser } from "../access/impersonation.ts";
import { objectBody, mediaTypeOf, readBody } from "./body.ts";
import type { SchemasByModel } from "../schema/built-in-schemas.ts";
import type { ServingCertificate } from "../access/certificates.ts";
import type { JsonObject } from "../objects/json.ts";
import { numberAt, textAt } from "../objects/json.ts";
import type { KindRegistry } from "../kinds/kind-registry.ts";
import { storageOf } from "../kinds/kinds.ts";
import {
  createObject,
  deleteCollection,
  deleteObject,
  getObject,
  listObjects,
  patchObject,
  statusOf,
  updateObject,
} from "./object-requests.ts";
import type { Answer, ObjectParts, ObjectRequest } from "./object-requests.ts";
import { parseTarget, verbOf } from "./request-target.ts";
import type { RequestTarget, Verb } from "./request-target.ts";
import { answeredReview } from "../kinds/reviews.ts";
import { badRequest, methodNotAllowed, notFound, unauthorized, unknownResource } from "../objects/status.ts";
import { isPublicPath, systemAnswer } from "./system-paths.ts";
import { selectedName } from "../objects/selectors.ts";
import { sendLog, startWatch } from "./stream-requests.ts";
import type { StreamParts } from "./stream-requests.ts";

export interface HttpParts extends ObjectParts, StreamParts {
  readonly registry: KindRegistry;
  readonly models: SchemasByModel;
  readonly authentication: Authentication;
  readonly authorize: Authorize;
  readonly observe: Observe | null;
  readonly log: Log;
  readonly bodyLimitBytes: number;
  /** Connections at a time; more are refused. */
  readonly connectionsLimit: number;
}

export interface HttpFront {
  readonly server: Server;
  /** Ends every watch and every followed log. */
  endStreams(): void;
}

/** One request on its way through. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  record: Partial<AuditRecord>;
}

const collectionVerbs: ReadonlySet<Verb> = new Set(["list", "watch", "deletecollection"]);

/** Builds the server; it does not listen yet. */
export function createHttpFront(parts: HttpParts, certificate: ServingCertificate): HttpFront {
  const streams = new Set<() => void>();
  const options = { cert: certificate.certificate, key: certificate.privateKey };
  const server = createServer(options, (request, response) => {
    void handle(parts, streams, request, response);
  });
  // Clients keep connections for their watches and leases; an idle one is theirs to close.
  server.keepAliveTimeout = 0;
  server.maxConnections = parts.connectionsLimit;
  return {
    server,
    endStreams: () => {
      for (const end of streams) end();
    },
  };
}

// Made once: with none given, every request would make an error of its own, and its stack, only to end.
const exchangeOver = new Error("the exchange is over");

async function handle(
  parts: HttpParts,
  streams: Set<() => void>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startMs = parts.clock.now().wallMs;
  const url = new URL(request.url ?? "/", "https://server");
  const gone = new AbortController();
  const end = (): void => gone.abort(exchangeOver);
  const exchange: Exchange = {
    request,
    response,
    path: url.pathname,
    query: url.searchParams,
    signal: gone.signal,
    record: {},
  };
  streams.add(end);
  response.on("error", (error) => parts.log.debug("a client went away", { error }));
  response.on("close", () => {
    end();
    streams.delete(end);
    if (exchange.record.verb === undefined) return;
    parts.observe?.(auditRecord(exchange.record, request, response, startMs));
  });
  try {
    await route(parts, exchange);
  } catch (error) {
    const status = statusOf(error);
    if (status.httpStatus >= 500) parts.log.error("a request failed", { path: exchange.path, error });
    sendJson(response, status.httpStatus, status.body);
  }
}

async function route(parts: HttpParts, exchange: Exchange): Promise<void> {
  const { path, request } = exchange;
  const asking = parts.authentication.userOf(request.headers.authorization);
  const user = asking === null ? null : actingUser(asking, request, parts.authorize);
  if (user === null && !isPublicPath(path)) throw unauthorized();
  const addressed = parseTarget(path);
  if (addressed === null || user === null) {
    sendSystem(parts, exchange);
    return;
  }
  const isWatch = ["true", "1"].includes(exchange.query.get("watch") ?? "");
  const verb = verbOf(request.method ?? "GET", addressed, isWatch);
  if (verb === null) throw methodNotAllowed();
  if (!isWatch) checkTimeout(exchange.query);
  // A list or watch that a field selector pins to one object counts as being about that object.
  const name = collectionVerbs.has(verb) ? selectedName(exchange.query.get("fieldSelector") ?? "") : "";
  const target = { ...addressed, name: addressed.name || name };
  exchange.record = { ...recordOf(user, verb, target) };
  const attributes = attributesOf(user, verb, target);
  // Asking what one is and may is allowed to everybody who is somebody.
  const isReview =
    parts.registry.byPlural(target.group, target.version, target.resource)?.behaviour === "review";
  const refusal = isReview ? null : refusalOf(attributes, parts.authorize(attributes));
  if (refusal !== null) throw refusal;
  await answerTarget(parts, exchange, user, verb, target);
}

// A duration as Go writes it. Every answer here comes at once, so that it need not be heeded, only understood.
const goDuration = /^[-+]?(0|((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+)$/;

function checkTimeout(query: URLSearchParams): void {
  const timeout = query.get("timeout") ?? "";
  if (timeout === "" || goDuration.test(timeout)) return;
  throw badRequest(`invalid timeout specified in the request URL: time: invalid duration "${timeout}"`);
}

function recordOf(user: User, verb: Verb, target: RequestTarget): Partial<AuditRecord> {
  const { group, resource, subresource, namespace, name } = target;
  return { verb, group, resource, subresource, namespace, name, user: user.name, podName: user.podName };
}

function sendSystem({ registry, models }: HttpParts, { path, request, response }: Exchange): void {
  const answer = systemAnswer(path, request.headers.accept ?? "", registry, models);
  if (answer === null) {
    response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found\n");
    return;
  }
  const text = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body);
  response
    .writeHead(200, { "content-type": answer.contentType, "cache-control": "no-cache, private" })
    .end(text);
}

async function answerTarget(
  parts: HttpParts,
  exchange: Exchange,
  user: User,
  verb: Verb,
  target: RequestTarget,
): Promise<void> {
  const { request, query, response } = exchange;
  const bytes = await readBody(request, parts.bodyLimitBytes);
  const kind = parts.registry.byPlural(target.group, target.version, target.resource);
  const isMisplaced = kind !== null && !kind.namespaced && target.namespace !== "";
  const needsNamespace = kind !== null && kind.namespaced && !collectionVerbs.has(verb);
  if (kind === null || isMisplaced || (needsNamespace && target.namespace === "")) throw unknownResource();
  const objectRequest: ObjectRequest = {
    kind,
    target,
    query,
    headers: request.headers,
    bytes,
    nowMs: parts.clock.now().wallMs,
  };
  if (kind.behaviour === "review") {
    const body = objectBody(bytes, mediaTypeOf(request.headers["content-type"]));
    sendJson(response, 201, answeredReview(kind.kind, body, user, parts.authentication, parts.authorize));
  } else if (verb === "watch") {
    startWatch(parts, objectRequest, response, exchange.signal);
  } else if (target.subresource === "log" && kind.kind === "Pod" && verb === "get") {
    await sendLog(parts, objectRequest, response, exchange.signal);
  } else if (target.subresource === "token" && kind.kind === "ServiceAccount" && verb === "create") {
    sendJson(response, 201, issuedToken(parts, objectRequest));
  } else {
    const answer = answerObject(parts, verb, objectRequest);
    noteResult(exchange, answer);
    sendJson(response, answer.status, answer.body, answer.warnings);
  }
}

function answerObject(parts: HttpParts, verb: Verb, request: ObjectRequest): Answer {
  switch (verb) {
    case "get":
      return getObject(parts, request);
    case "create":
      return createObject(parts, request);
    case "update":
      return updateObject(parts, request);
    case "patch":
      return patchObject(parts, request);
    case "delete":
      return deleteObject(parts, request);
    case "deletecollection":
      return deleteCollection(parts, request);
    default:
      return listObjects(parts, request);
  }
}

function noteResult(exchange: Exchange, { object }: Answer): void {
  if (object === null) return;
  const { name, resourceVersion = "", annotations = {} } = object.metadata;
  exchange.record = { ...exchange.record, name, resourceVersion, annotations };
}

function issuedToken(parts: HttpParts, { kind, target, bytes, headers }: ObjectRequest): JsonObject {
  const { namespace, name } = target;
  if (parts.store.get(storageOf(kind), namespace, name) === null) throw notFound(kind, name);
  const body = objectBody(bytes, mediaTypeOf(headers["content-type"]));
  const bound = {
    name: textAt(body, "spec", "boundObjectRef", "name"),
    uid: textAt(body, "spec", "boundObjectRef", "uid"),
  };
  const expirationSeconds = numberAt(body, "spec", "expirationSeconds") || 3600;
  const token = parts.authentication.issueToken({
    namespace,
    serviceAccount: name,
    expirationSeconds,
    ...(bound.name === "" ? {} : { pod: bound }),
  });
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {},
    spec: { expirationSeconds },
    status: { token },
  };
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: JsonObject,
  warnings: readonly string[] = [],
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = Buffer.from(JSON.stringify(body));
  const headers: Record<string, string | string[]> = {
    "content-type": "application/json",
    "content-length": String(text.length),
    "cache-control": "no-cache, private",
  };
  if (warnings.length > 0) headers["warning"] = warnings.map((warning) => `299 - ${JSON.stringify(warning)}`);
  // The rest of a body that was refused is not read: this connection cannot go on.
  if (status === 413) headers["connection"] = "close";
  response.writeHead(status, headers).end(text);
}
