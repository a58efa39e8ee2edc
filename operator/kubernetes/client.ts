// The Kubernetes API as the operator and its agent use it: a handful of calls, each bounded in time, each with the
// outcomes that its caller must expect. Anything else is thrown as KubernetesError.
import type { ListedPage, WatchEvent } from "../controller/watcher.ts";
import { TooLongError } from "../../platform/bounded-stream.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import { createReceiver, type Receive, type Trim } from "./received.ts";
import type { ApiAnswer, ApiRequest, Transport } from "./transport.ts";

export type ReadOutcome<T> = { readonly kind: "found"; readonly object: T } | { readonly kind: "missing" };

export type WriteOutcome<T> =
  | { readonly kind: "written"; readonly object: T }
  /** 409: it is no longer what it was computed from, or it exists already. */
  | { readonly kind: "conflict"; readonly message: string }
  | { readonly kind: "missing" }
  /** 400 or 422, or 500 of an apply that does not fit its kind: this content will never be taken. Or its namespace is being deleted, and takes nothing new. */
  | { readonly kind: "invalid"; readonly message: string };

export type DeleteOutcome =
  | { readonly kind: "deleted" }
  | { readonly kind: "missing" }
  | { readonly kind: "conflict"; readonly message: string };

/** Which objects of a kind are meant; all namespaces if none is given. */
export interface Selection {
  readonly namespace?: string;
  readonly labelSelector?: string;
}

export interface WriteOptions {
  readonly signal: AbortSignal;
  /** Bound of the call in ms, at most the transport's. */
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called immediately before anything is sent; what it throws comes out of the call. */
  readonly lastLook?: () => void;
}

/** An object to apply: with uid and resourceVersion in its metadata it is refused if it is no longer that very one. */
export type Applied = KubernetesObject & Readonly<Record<string, unknown>>;

export interface KubernetesClient {
  get<T extends KubernetesObject>(
    type: ResourceType,
    namespace: string,
    name: string,
    signal: AbortSignal,
  ): Promise<ReadOutcome<T>>;
  /** All objects of one moment, in pages; it throws where one fails, since what was forgotten of that moment cannot be asked for. */
  list<T extends KubernetesObject>(
    type: ResourceType,
    selection: Selection,
    signal: AbortSignal,
  ): AsyncIterable<ListedPage<T>>;
  watch<T extends KubernetesObject>(
    type: ResourceType,
    selection: Selection,
    resourceVersion: string,
    signal: AbortSignal,
  ): AsyncIterable<WatchEvent<T>>;
  /** Applies an object that must not exist yet; if it does, that is a conflict. */
  create<T extends KubernetesObject>(
    type: ResourceType,
    object: Applied,
    options: WriteOptions,
  ): Promise<WriteOutcome<T>>;
  apply<T extends KubernetesObject>(
    type: ResourceType,
    object: Applied,
    options: WriteOptions,
  ): Promise<WriteOutcome<T>>;
  applyStatus<T extends KubernetesObject>(
    type: ResourceType,
    object: Applied,
    options: WriteOptions,
  ): Promise<WriteOutcome<T>>;
  /** Changes parts of a status by JSON merge patch, for fields that belong to another manager. */
  mergeStatus<T extends KubernetesObject>(
    type: ResourceType,
    object: Applied,
    options: WriteOptions,
  ): Promise<WriteOutcome<T>>;
  /** Deletes exactly the object given: its uid and resourceVersion are preconditions. */
  remove(type: ResourceType, object: KubernetesObject, options: WriteOptions): Promise<DeleteOutcome>;
  close(): Promise<void>;
}

// A page is read and parsed as one, which holds the loop, and with it the gate. A server takes objects of up to 1.5 MiB, and whoever may edit a
// namespace may make them: smaller pages are more requests at the start, of which each is over sooner.
const pageSize = 100;
// After a page that was too long: what is long often lies together, and the rest of the list need not come bit by bit.
const pageGrowth = 5;
// Ten million objects: no list is without an end. What can be held is memory's to say, and nobody's objects of one kind may stop all others before.
const mostPages = 100_000;
const watchSeconds = 60;
// A server that keeps to `timeoutSeconds` ends the watch itself; one that does not answer any more is left then.
const watchSilenceMs = (watchSeconds + 10) * 1000;

/** Creates the client. `fieldManager` is the name under which server-side apply keeps our fields; `trim` takes out of what arrives what is not read. */
export function createKubernetesClient(
  transport: Transport,
  fieldManager: string,
  trim?: Trim,
): KubernetesClient {
  const { callTimeoutMs } = transport;
  const receive = createReceiver(trim);

  async function write<T extends KubernetesObject>(
    request: Omit<ApiRequest, "timeoutMs">,
    options: WriteOptions,
  ): Promise<WriteOutcome<T>> {
    const answer = await transport.send({ ...request, ...bounded(options, callTimeoutMs) }, options.signal);
    return writeOutcome<T>(answer, request, receive);
  }

  function patch<T extends KubernetesObject>(
    type: ResourceType,
    object: Applied,
    how: { readonly subresource: string; readonly contentType: string; readonly force: boolean },
    options: WriteOptions,
  ): Promise<WriteOutcome<T>> {
    const path = objectPath(type, object.metadata.namespace ?? "", object.metadata.name) + how.subresource;
    const query = { fieldManager, ...(how.force ? { force: "true" } : {}) };
    return write<T>({ method: "PATCH", path, query, contentType: how.contentType, body: object }, options);
  }

  return {
    get: async <T extends KubernetesObject>(
      type: ResourceType,
      namespace: string,
      name: string,
      signal: AbortSignal,
    ): Promise<ReadOutcome<T>> => {
      const path = objectPath(type, namespace, name);
      const request = { method: "GET", path, timeoutMs: callTimeoutMs } as const;
      const answer = await transport.send(request, signal);
      if (answer.status === 404) return { kind: "missing" };
      return { kind: "found", object: accepted(answer, request) as T };
    },
    list: (type, selection, signal) => listAll(transport, receive, type, selection, signal),
    watch: (type, selection, resourceVersion, signal) =>
      watchAll(transport, receive, type, selection, resourceVersion, signal),
    create: (type, object, options) => {
      const metadata = { ...object.metadata, resourceVersion: noResourceVersion };
      return patch(type, { ...object, metadata }, { ...serverSideApply, subresource: "" }, options);
    },
    apply: (type, object, options) => patch(type, object, { ...serverSideApply, subresource: "" }, options),
    applyStatus: (type, object, options) =>
      patch(type, object, { ...serverSideApply, subresource: "/status" }, options),
    mergeStatus: (type, object, options) =>
      patch(type, object, { ...mergePatch, subresource: "/status" }, options),
    remove: (type, object, options) => removeObject(transport, type, object, options),
    close: () => transport.close(),
  };
}

// An apply with a resourceVersion is refused where the object exists and has another; where there is none it creates
// (tried on 1.36). No object ever has this one: revision 1 is etcd's before its first write. A POST would do for the
// race, but it owns its fields as another kind of manager than an apply does, and so what we wrote at the creation and
// later leave out would stay for good.
const noResourceVersion = "1";

// JSON is YAML. `force` takes back our own fields where a hand has changed them.
const serverSideApply = { contentType: "application/apply-patch+yaml", force: true };
const mergePatch = { contentType: "application/merge-patch+json", force: false };

/** What of a write's options becomes part of its request. */
function bounded(
  { timeoutMs = Number.POSITIVE_INFINITY, headers = {}, lastLook }: WriteOptions,
  mostMs: number,
): Pick<ApiRequest, "timeoutMs" | "headers" | "lastLook"> {
  return {
    headers,
    timeoutMs: Math.min(timeoutMs, mostMs),
    ...(lastLook === undefined ? {} : { lastLook }),
  };
}

async function* listAll<T extends KubernetesObject>(
  transport: Transport,
  receive: Receive,
  type: ResourceType,
  selection: Selection,
  signal: AbortSignal,
): AsyncGenerator<ListedPage<T>, void> {
  let next: string | undefined;
  let limit = pageSize;
  for (let page = 0; page < mostPages; page += 1) {
    const request = {
      method: "GET",
      path: collectionPath(type, selection.namespace),
      query: { labelSelector: selection.labelSelector, limit: String(limit), continue: next },
      timeoutMs: transport.callTimeoutMs,
    } as const;
    const answer = await unlessTooLong(transport.send(request, signal), limit);
    if (answer === null) {
      limit = Math.ceil(limit / 2);
      continue;
    }
    const list = accepted(answer, request) as ListBody<T>;
    const objects = list.items.map((item) => receive(item, type));
    yield { objects, resourceVersion: list.metadata.resourceVersion };
    next = list.metadata.continue;
    if (!next) return;
    limit = Math.min(pageSize, limit + pageGrowth);
  }
  throw new KubernetesError("API_PROTOCOL", `there are more than ${mostPages} pages of ${type.plural}`);
}

/** Null where a page of `limit` objects is longer than an answer may be, and a smaller one may do. */
async function unlessTooLong(answer: Promise<ApiAnswer>, limit: number): Promise<ApiAnswer | null> {
  try {
    return await answer;
  } catch (error) {
    const isTooLong = error instanceof KubernetesError && error.cause instanceof TooLongError;
    if (isTooLong && limit > 1) return null;
    throw error;
  }
}

interface ListBody<T> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly T[];
}

async function* watchAll<T extends KubernetesObject>(
  transport: Transport,
  receive: Receive,
  type: ResourceType,
  selection: Selection,
  resourceVersion: string,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>, void> {
  const request = {
    method: "GET",
    path: collectionPath(type, selection.namespace),
    query: {
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion,
      labelSelector: selection.labelSelector,
      timeoutSeconds: String(watchSeconds),
    },
    timeoutMs: watchSilenceMs,
  } as const;
  const refusal = (answer: ApiAnswer): Error => failure(answer, request);
  for await (const line of transport.lines(request, signal, refusal)) yield readEvent<T>(line, receive);
}

function readEvent<T extends KubernetesObject>(line: string, receive: Receive): WatchEvent<T> {
  let event: { readonly type?: string; readonly object?: T & StatusBody };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (error) {
    throw new KubernetesError("API_PROTOCOL", "a watch event is not JSON", { cause: error });
  }
  const { type, object } = event;
  if (object === undefined) throw new KubernetesError("API_PROTOCOL", "a watch event has no object");
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
    case "BOOKMARK":
      return { type, object: receive<T>(object) };
    case "ERROR":
      return { type, code: object.code ?? 0, message: object.message ?? "no reason given" };
    default:
      throw new KubernetesError("API_PROTOCOL", `a watch event has the unknown type ${String(type)}`);
  }
}

async function removeObject(
  transport: Transport,
  type: ResourceType,
  object: KubernetesObject,
  options: WriteOptions,
): Promise<DeleteOutcome> {
  const { uid, resourceVersion, name, namespace = "" } = object.metadata;
  const { callTimeoutMs } = transport;
  const request = {
    method: "DELETE",
    path: objectPath(type, namespace, name),
    body: {
      apiVersion: "v1",
      kind: "DeleteOptions",
      propagationPolicy: "Background",
      preconditions: { uid, resourceVersion },
    },
    ...bounded(options, callTimeoutMs),
  } as const;
  const answer = await transport.send(request, options.signal);
  if (answer.status === 404) return { kind: "missing" };
  if (answer.status === 409) return { kind: "conflict", message: messageOf(answer) };
  accepted(answer, request);
  return { kind: "deleted" };
}

function writeOutcome<T extends KubernetesObject>(
  answer: ApiAnswer,
  request: Pick<ApiRequest, "method" | "path">,
  receive: Receive,
): WriteOutcome<T> {
  switch (answer.status) {
    case 404:
      return { kind: "missing" };
    case 409:
      return { kind: "conflict", message: messageOf(answer) };
    case 400:
    case 413:
    case 422:
      return { kind: "invalid", message: messageOf(answer) };
    default:
      // For as long as it is, which only its end can end: an error would be tried again all the while.
      if (isOfLeavingNamespace(answer) || isMisshapen(answer))
        return { kind: "invalid", message: messageOf(answer) };
      return { kind: "written", object: receive(accepted(answer, request) as T) };
  }
}

function accepted(answer: ApiAnswer, request: Pick<ApiRequest, "method" | "path">): unknown {
  if (answer.status < 200 || answer.status > 299) throw failure(answer, request);
  return answer.body;
}

function failure(answer: ApiAnswer, { method, path }: Pick<ApiRequest, "method" | "path">): KubernetesError {
  const { status, retryAfterMs } = answer;
  const message = `${method} ${path}: ${status} ${messageOf(answer)}`;
  const details = { status, retryAfterMs };
  if (status === 401) return new KubernetesError("API_UNAUTHORIZED", message, details);
  if (status === 403) {
    return new KubernetesError(
      message.includes(fencedMark) ? "API_FENCED" : "API_FORBIDDEN",
      message,
      details,
    );
  }
  if (status === 429 || status >= 500) return new KubernetesError("API_UNAVAILABLE", message, details);
  return new KubernetesError("API_PROTOCOL", message, details);
}

/** How the charts' fencing policies begin what they say. */
const fencedMark = "denied request: fenced: ";

interface StatusBody {
  readonly code?: number;
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly reason?: string }[] };
}

function isOfLeavingNamespace({ status, body }: ApiAnswer): boolean {
  const { details } = (typeof body === "object" && body !== null ? body : {}) as StatusBody;
  return status === 403 && (details?.causes ?? []).some(({ reason }) => reason === "NamespaceTerminating");
}

// An apply with a field that its kind does not have, a value of another type or two entries of one key is a 500 (tried on 1.36), though
// it is the content that is at fault, and not the server.
const misshapen = /^failed to (create typed patch object|convert new object) \(/;

function isMisshapen(answer: ApiAnswer): boolean {
  return answer.status === 500 && misshapen.test(messageOf(answer));
}

function messageOf({ body }: ApiAnswer): string {
  const { message } = (typeof body === "object" && body !== null ? body : {}) as StatusBody;
  return message ?? "no message";
}

function collectionPath({ apiVersion, plural }: ResourceType, namespace: string | undefined): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within =
    namespace === undefined || namespace === "" ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${within}/${plural}`;
}

function objectPath(type: ResourceType, namespace: string, name: string): string {
  return `${collectionPath(type, namespace)}/${encodeURIComponent(name)}`;
}
