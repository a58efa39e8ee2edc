// For the tests of this folder: a running server, and the plainest client that speaks to it over the wire.
import { Agent, request } from "undici";
import type { Dispatcher } from "undici";
import { createLog } from "../platform/log.ts";
import { createSystemClock } from "../platform/clock.ts";
import { createSystemRandom } from "../platform/random.ts";
import { startApiServer } from "./api-server.ts";
import type { ApiServer, ApiServerOptions } from "./api-server.ts";
import { isObject } from "./objects/json.ts";
import type { JsonObject } from "./objects/json.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: JsonObject;
}

export interface CallOptions {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface WireEvent {
  readonly type: string;
  readonly object: JsonObject;
}

export type WireEvents = AsyncGenerator<WireEvent, void, undefined>;

export interface Fixture {
  readonly server: ApiServer;
  call(method: string, path: string, options?: CallOptions): Promise<Reply>;
  /** Begins a watch; gives its events as they come, and ends it when the caller stops taking them. */
  watch(path: string, accept?: string): Promise<WireEvents>;
  close(): Promise<void>;
}

// Far above what any call here takes, so that a hang is a failure and not a hang.
const callLimitMs = 20_000;

export async function startFixture(options: Partial<ApiServerOptions> = {}): Promise<Fixture> {
  const server = await startApiServer({
    clock: createSystemClock(),
    random: createSystemRandom(),
    log: createLog("silent", {}),
    ...options,
  });
  const dispatcher = new Agent({ connect: { ca: server.certificateAuthority }, bodyTimeout: callLimitMs });

  function authorization(token: string | null | undefined): Record<string, string> {
    return token === null ? {} : { authorization: `Bearer ${token ?? server.adminToken}` };
  }

  async function call(method: string, path: string, given: CallOptions = {}): Promise<Reply> {
    const { body, type = "application/json", accept = "application/json", token, headers } = given;
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const reply = await request(`${server.url}${path}`, {
      method,
      dispatcher,
      signal: AbortSignal.timeout(callLimitMs),
      headers: {
        accept,
        ...(text === undefined ? {} : { "content-type": type }),
        ...authorization(token),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const raw = await reply.body.text();
    const isJson = String(reply.headers["content-type"]).startsWith("application/json");
    const value: unknown = isJson ? JSON.parse(raw) : { text: raw };
    return { status: reply.statusCode, headers: reply.headers, body: isObject(value) ? value : {} };
  }

  async function watch(path: string, accept = "application/json"): Promise<WireEvents> {
    const headers = { accept, ...authorization(undefined) };
    const reply = await request(`${server.url}${path}`, { dispatcher, headers });
    // Destroying a body that is being read makes it emit an error, which says nothing that the caller did not ask for.
    reply.body.on("error", () => undefined);
    return eventsOf(reply.body);
  }

  return {
    server,
    call,
    watch,
    close: async () => {
      await dispatcher.destroy();
      await server.close();
    },
  };
}

async function* eventsOf(body: Dispatcher.ResponseData["body"]): WireEvents {
  let rest = "";
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) yield JSON.parse(line) as WireEvent;
    }
  } finally {
    body.destroy();
  }
}

/** The next event of a watch. Throws when the stream has ended instead. */
export async function nextEvent(events: WireEvents): Promise<WireEvent> {
  const next = await events.next();
  if (next.done === true) throw new Error("the watch ended");
  return next.value;
}

/** Leases of the namespace default. */
export const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

/** What kubectl accepts when it prints. */
export const tableType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

/** A Lease in the namespace default. */
export function lease(name: string, extra: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace: "default", ...metadata },
    spec: { holderIdentity: "a", leaseDurationSeconds: 15, ...extra },
  };
}
