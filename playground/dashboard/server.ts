// The playground over HTTP, on the loopback: its state, what can be done, a stream of events, and the page that uses
// nothing but these. Documented in docs/playground.md. Builds a server, never listens.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Clock } from "../../platform/clock.ts";
import { ClusterError } from "../cluster/cluster.ts";
import { zoneName } from "../cluster/zone-objects.ts";
import type { Playground } from "../playground.ts";
import { actionNames, type ActionName } from "./actions.ts";
import { queryName } from "./dns-query.ts";

const pageFolder = fileURLToPath(new URL("../page/", import.meta.url));
const pageFiles: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  ...Object.fromEntries(
    [
      "page.js",
      "api.js",
      "dom.js",
      "format.js",
      "happenings.js",
      "leader.js",
      "lease.js",
      "log-lines.js",
      "replica-cards.js",
      "timeline.js",
      "zone.js",
    ].map((file) => [`/${file}`, [file, "text/javascript; charset=utf-8"]]),
  ),
};

// A page follows the countdown by itself; this often it is told how it really stands.
const refreshMs = 500;
// Several changes at once are one event.
const gatherMs = 15;
const mostStreams = 16;
// A browser that reads slower than this is cut off, and comes back by itself.
const mostBufferedBytes = 1 << 20;

export function createDashboardServer(playground: Playground, clock: Clock): FastifyInstance {
  const server = fastify({ bodyLimit: 4096, forceCloseConnections: true });
  server.addHook("onRequest", async (request, reply) => {
    const refusal = refusalOf(request);
    if (refusal !== null) return reply.code(403).send(failure("REFUSED", refusal));
    reply.header("cache-control", "no-store");
    reply.header(
      "content-security-policy",
      "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    );
  });
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error instanceof ClusterError ? error.status : (error.statusCode ?? 500);
    return reply.code(status).send(failure(error.code ?? "INTERNAL", error.message));
  });
  for (const [url, [file, type]] of Object.entries(pageFiles)) {
    const content = readFileSync(`${pageFolder}${file}`);
    server.get(url, (request, reply) => reply.type(type).send(content));
  }
  server.get("/api/state", async () => await playground.state());
  server.get("/api/lines", async () => ({ lines: playground.recentLines() }));
  server.get("/api/events", (request, reply) => stream(playground, clock, request, reply));
  server.post<{ Params: { name: string; action: string } }>(
    "/api/replicas/:name/:action",
    async (request, reply) => {
      const { name, action } = request.params;
      if (!isAction(action)) {
        return reply
          .code(404)
          .send(failure("ACTION_UNKNOWN", `"${action}" is none of ${actionNames.join(", ")}`));
      }
      const record = await playground.act(action, name);
      if (record === null)
        return reply.code(404).send(failure("REPLICA_UNKNOWN", `there is no replica "${name}"`));
      return record;
    },
  );
  server.put<{ Body: { address?: unknown } }>("/api/record", async (request, reply) => {
    const { address } = request.body ?? {};
    if (typeof address !== "string" || address === "") {
      return reply.code(400).send(failure("ADDRESS_MISSING", 'the body must be {"address": "192.0.2.1"}'));
    }
    await playground.setAddress(address);
    return { address };
  });
  server.get<{ Querystring: { name?: string } }>("/api/query", async (request, reply) => {
    const { name = `www.${zoneName}` } = request.query;
    if (playground.nameServer === null) {
      return reply.code(409).send(failure("NAME_SERVER_MISSING", playground.advice ?? ""));
    }
    if (!/^[A-Za-z0-9._-]{1,253}$/.test(name)) {
      return reply.code(400).send(failure("NAME_INVALID", `"${name.slice(0, 80)}" is not a host name`));
    }
    return await queryName(name, zoneName, playground.nameServer.port);
  });
  return server;
}

function failure(code: string, message: string): { error: { code: string; message: string } } {
  return { error: { code, message } };
}

function isAction(text: string): text is ActionName {
  return (actionNames as readonly string[]).includes(text);
}

/** Buttons that kill processes are not for pages from elsewhere: neither by a rebound name nor by a form. */
function refusalOf(request: FastifyRequest): string | null {
  const host = (request.headers.host ?? "").replace(/:\d+$/, "");
  if (!["127.0.0.1", "localhost", "[::1]"].includes(host)) return `the host "${host}" is not a loopback name`;
  const { origin } = request.headers;
  const isOwn = origin === undefined || origin === `http://${request.headers.host ?? ""}`;
  return isOwn ? null : `requests from ${origin} are not taken`;
}

const streams = new WeakMap<Playground, Set<object>>();

/** Server-sent events: `state` on every change and now and then, `line` for every line that a replica writes. */
function stream(playground: Playground, clock: Clock, request: FastifyRequest, reply: FastifyReply): void {
  const open = streams.get(playground) ?? new Set();
  streams.set(playground, open);
  if (open.size >= mostStreams) {
    void reply.code(503).send(failure("TOO_MANY", `${mostStreams} pages are open already`));
    return;
  }
  reply.hijack();
  const { raw } = reply;
  open.add(raw);
  raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const closing = new AbortController();
  let isDue = true;
  let wake = new AbortController();

  function send(event: string, data: unknown): void {
    if (raw.writableLength > mostBufferedBytes) raw.destroy();
    else raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  const stops = [
    playground.onLine((line) => send("line", line)),
    playground.onChange(() => {
      isDue = true;
      wake.abort();
    }),
  ];
  raw.once("close", () => {
    for (const stop of stops) stop();
    open.delete(raw);
    closing.abort();
    wake.abort();
  });

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      isDue = false;
      send("state", await playground.state());
      await clock.sleep(gatherMs, closing.signal);
      wake = new AbortController();
      if (!isDue) await clock.sleep(refreshMs, wake.signal);
    }
  }
  run().catch((error: unknown) => raw.destroy(error as Error));
}
