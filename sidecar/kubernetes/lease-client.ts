// The Lease over HTTP: read, write, watch. One kept connection for reads and writes, one for the watch; a write may ask
// for a fresh one, because the one in use may be dead without knowing it. Every call ends in an outcome, within its timeout;
// nothing is retried here, that is the election's business.
import type { Clock } from "../../platform/clock.ts";
import { startDeadline, unlessAborted } from "../../platform/deadline.ts";
import type { Random } from "../../platform/random.ts";
import type { Failure, LeaseReadOutcome, WatchNews, LeaseWriteOutcome } from "../election/election.ts";
import { readLeaseRecord, type Lease, type LeaseRecord } from "../election/lease-record.ts";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import { createExchange, type OpenReply, type Reply, type Route } from "../../kubernetes/exchange.ts";
import { statusOf } from "../../kubernetes/status.ts";
import { createApiConnections } from "./api-connections.ts";
import { failureOf, failureOfError } from "./status-failure.ts";

export interface LeaseClient {
  read(timeoutMs: number): Promise<LeaseReadOutcome>;
  write(
    verb: "create" | "update",
    lease: Lease,
    timeoutMs: number,
    isOnFreshSocket: boolean,
  ): Promise<LeaseWriteOutcome>;
  /** Brings news until its last, `ended`; the returned function ends it in silence. */
  watch(resourceVersion: string, tell: (news: WatchNews) => void): () => void;
  /** Posts an Event about the lease; resolves to the failure, or null. */
  postEvent(event: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<Failure | null>;
  /** Sets labels on a pod; one of another uid is left alone. Resolves to the failure, or null. */
  labelPod(
    pod: PodReference,
    labels: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<Failure | null>;
  /** Ends all connections, and with them whatever is under way. */
  close(): Promise<void>;
}

export interface PodReference {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** One request that has ended: `code` is the HTTP status, 0 when there was no answer. */
export interface RequestRecord {
  readonly verb: "get" | "create" | "update" | "patch" | "watch";
  readonly resource: "leases" | "events" | "pods";
  readonly code: number;
  readonly durationMs: number;
}

export interface LeaseClientOptions {
  readonly access: ClusterAccess;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly userAgent: string;
  /** The longest that a connection may take to be made: TLS over a slow network is several round trips. */
  readonly connectTimeoutMs: number;
  readonly onRequest: (record: RequestRecord) => void;
}

interface Call {
  readonly verb: RequestRecord["verb"];
  readonly resource: RequestRecord["resource"];
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

// A Lease is a few hundred bytes; whatever is longer is not worth reading on.
const longestBodyBytes = 1 << 20;
// The server ends a watch after 5 to 10 minutes (spread, so that standbys do not come back all at once).
const watchSeconds = { least: 300, spread: 300 };
const watchSlackMs = 15_000;
const methods = { get: "GET", create: "POST", update: "PUT", patch: "PATCH", watch: "GET" } as const;

export function createLeaseClient(options: LeaseClientOptions): LeaseClient {
  const { access, lease, clock, random } = options;
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(lease.namespace)}/leases`;
  const named = `${collection}/${encodeURIComponent(lease.name)}`;
  const connections = createApiConnections(access, options.connectTimeoutMs);
  const exchange = createExchange(access, options.userAgent, clock);

  /** One request and its whole answer; throws what the exchange throws, and a timeout of its own. */
  async function call(take: () => Route, { verb, resource, path, body, timeoutMs }: Call): Promise<Reply> {
    const startedMs = clock.now().waitMs;
    let code = 0;
    try {
      return await limited(clock, timeoutMs, async (signal) => {
        const contentType = verb === "patch" ? "application/merge-patch+json" : "application/json";
        const opened = await exchange(take, { method: methods[verb], path, body, contentType }, signal);
        const reply = await opened.read(longestBodyBytes);
        code = reply.status;
        return reply;
      });
    } finally {
      const durationMs = clock.now().waitMs - startedMs;
      options.onRequest({ verb, resource, code, durationMs });
    }
  }

  const calls = (): Route => connections.kept("calls");

  function failed(error: unknown, what: string): Failure {
    return failureOfError(error, what, access);
  }

  async function read(timeoutMs: number): Promise<LeaseReadOutcome> {
    try {
      const path = `${named}?timeout=${serverTimeout(timeoutMs)}`;
      const reply = await call(calls, { verb: "get", resource: "leases", path, timeoutMs });
      // A 404 that is not a Status comes from something in between, which knows nothing about the lease.
      if (reply.status === 404 && statusOf(reply.text) !== null) return { kind: "missing" };
      if (reply.status !== 200) return { kind: "failed", failure: failureOf(reply) };
      return { kind: "found", record: recordIn(JSON.parse(reply.text), "GET") };
    } catch (error) {
      return { kind: "failed", failure: failed(error, "GET of the lease") };
    }
  }

  async function write(
    verb: "create" | "update",
    object: Lease,
    timeoutMs: number,
    isOnFreshSocket: boolean,
  ): Promise<LeaseWriteOutcome> {
    const path = `${verb === "create" ? collection : named}?timeout=${serverTimeout(timeoutMs)}`;
    try {
      if (isOnFreshSocket) connections.abandon("calls");
      const reply = await call(calls, { verb, resource: "leases", path, body: object, timeoutMs });
      if (reply.status === 200 || reply.status === 201) {
        // A proxy can answer 200 too; what really became of the write, a read will show.
        return { kind: "written", record: recordIn(JSON.parse(reply.text), methods[verb]) };
      }
      if (reply.status === 409 || (reply.status === 404 && verb === "update")) return { kind: "conflict" };
      return { kind: "failed", failure: failureOf(reply) };
    } catch (error) {
      const what = verb === "create" ? "POST of the lease" : "PUT of the lease";
      return { kind: "failed", failure: failed(error, what) };
    }
  }

  function watch(resourceVersion: string, tell: (news: WatchNews) => void): () => void {
    const abort = new AbortController();
    const seconds = watchSeconds.least + random.below(watchSeconds.spread);
    const cancel = clock.schedule(seconds * 1000 + watchSlackMs, () =>
      abort.abort(new Error("the watch is overdue")),
    );
    const query = new URLSearchParams({
      watch: "1",
      fieldSelector: `metadata.name=${lease.name}`,
      resourceVersion,
      allowWatchBookmarks: "true",
      timeoutSeconds: String(seconds),
    });
    const startedMs = clock.now().waitMs;
    let isSilenced = false;
    async function run(): Promise<Failure | null> {
      let code = 0;
      try {
        const path = `${collection}?${query.toString()}`;
        const opened = await exchange(
          () => connections.kept("watch"),
          { method: methods.watch, path },
          abort.signal,
        );
        code = opened.status;
        if (code !== 200) {
          const reply = await opened.read(longestBodyBytes);
          return code === 410 ? null : failureOf(reply);
        }
        tell({ kind: "started" });
        return await tellLines(opened, tell);
      } catch (error) {
        return failed(error, "watch of the lease");
      } finally {
        cancel();
        const durationMs = clock.now().waitMs - startedMs;
        options.onRequest({ verb: "watch", resource: "leases", code, durationMs });
      }
    }
    async function tellAll(): Promise<void> {
      const failure = await run();
      if (!isSilenced) tell({ kind: "ended", failure });
    }
    void tellAll();
    return () => {
      isSilenced = true;
      abort.abort(new Error("the watch is no longer wanted"));
    };
  }

  /** On a connection of its own: what hangs must not hold up the renewal behind it. */
  async function callApart(asked: Call, what: string): Promise<Failure | null> {
    let connection: Route | null = null;
    try {
      const own = connections.short();
      connection = own;
      const reply = await call(() => own, asked);
      if (reply.status !== 200 && reply.status !== 201) return failureOf(reply);
      // What answers in the place of an API server answers with a page.
      JSON.parse(reply.text);
      return null;
    } catch (error) {
      return failed(error, what);
    } finally {
      if (connection !== null) connections.retire(connection);
    }
  }

  function postEvent(body: Readonly<Record<string, unknown>>, timeoutMs: number): Promise<Failure | null> {
    const path = `/api/v1/namespaces/${encodeURIComponent(lease.namespace)}/events`;
    return callApart({ verb: "create", resource: "events", path, body, timeoutMs }, "POST of an event");
  }

  function labelPod(
    { namespace, name, uid }: PodReference,
    labels: Readonly<Record<string, string>>,
    timeoutMs: number,
  ): Promise<Failure | null> {
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    // The uid is a precondition.
    const body = { metadata: { uid, labels } };
    return callApart({ verb: "patch", resource: "pods", path, body, timeoutMs }, "PATCH of the pod's labels");
  }

  return { read, write, watch, postEvent, labelPod, close: () => connections.close() };
}

/** Does `work` for `limitMs` at most. */
async function limited<T>(
  clock: Clock,
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = startDeadline(clock, limitMs);
  try {
    return await unlessAborted(work(deadline.signal), deadline.signal);
  } finally {
    deadline.end();
  }
}

/** What the API server has shown; throws where something else has answered in its place. */
function recordIn(value: unknown, verb: string): LeaseRecord {
  const record = readLeaseRecord(value);
  if (record === null) {
    throw new Error(`the answer to ${verb} is not a Lease: is a proxy answering in place of the API server?`);
  }
  return record;
}

function serverTimeout(timeoutMs: number): string {
  return `${Math.max(1, Math.ceil(timeoutMs / 1000))}s`;
}

/** Tells what the lines of a watch say; the failure that ended it, or null when it simply ended. */
async function tellLines(opened: OpenReply, tell: (news: WatchNews) => void): Promise<Failure | null> {
  for await (const line of opened.lines(longestBodyBytes)) {
    const event = JSON.parse(line) as { type: string; object: Lease & { code?: number } };
    if (event.type === "ADDED" || event.type === "MODIFIED") {
      tell({ kind: "changed", record: recordIn(event.object, "a watch") });
    } else if (event.type === "DELETED") {
      tell({ kind: "deleted", resourceVersion: event.object.metadata.resourceVersion ?? "0" });
    } else if (event.type === "ERROR") {
      const code = event.object.code ?? 500;
      const reply = { status: code, text: JSON.stringify(event.object), retryAfterMs: 0 };
      return code === 410 ? null : failureOf(reply);
    }
  }
  return null;
}
