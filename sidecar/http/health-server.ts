// The listener for the kubelet and Prometheus. Nothing on it changes state. Builds a server, never listens.
import fastify, { type FastifyInstance } from "fastify";
import { answerErrors } from "./http-error.ts";

export interface HealthServerOptions {
  /** Why the process should be restarted, null while it should not. */
  readonly stuck: () => string | null;
  /** Why it cannot do its work yet, null once it can. Standbys are ready: readiness never means leadership. */
  readonly unready: () => string | null;
  readonly metrics: { readonly contentType: string; readonly text: () => Promise<string> };
}

export function createHealthServer(options: HealthServerOptions): FastifyInstance {
  const server = fastify({ bodyLimit: 1024 });
  server.server.headersTimeout = 5000;
  server.server.requestTimeout = 5000;
  server.server.maxConnections = 64;
  answerErrors(server, {
    "/livez": ["GET", "HEAD"],
    "/healthz": ["GET", "HEAD"],
    "/readyz": ["GET", "HEAD"],
    "/metrics": ["GET", "HEAD"],
  });
  for (const [url, problem] of [
    ["/livez", options.stuck],
    ["/healthz", options.stuck],
    ["/readyz", options.unready],
  ] as const) {
    server.get(url, async (request, reply) => {
      const reason = problem();
      return reply
        .code(reason === null ? 200 : 503)
        .type("text/plain; charset=utf-8")
        .send(`${reason ?? "ok"}\n`);
    });
  }
  server.get("/metrics", async (request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.text()),
  );
  return server;
}
