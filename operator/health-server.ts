// Health and metrics over HTTP, the same for both programs. Builds a server, and leaves it to the caller to listen.
import { fastify } from "fastify";
import type { FastifyInstance } from "fastify";
import type { Registry } from "prom-client";

export interface HealthOptions {
  readonly registry: Registry;
  /** Why the program is not ready, or null if it is. */
  whyNotReady(): Promise<string | null>;
}

/** `/livez` and `/healthz` tell that the process answers, `/readyz` that it can do its work, `/metrics` the rest. */
export function createHealthServer({ registry, whyNotReady }: HealthOptions): FastifyInstance {
  const server = fastify({ logger: false, bodyLimit: 1024, requestTimeout: 10_000 });
  server.get("/livez", (_request, reply) => reply.type("text/plain").send("ok\n"));
  server.get("/healthz", (_request, reply) => reply.type("text/plain").send("ok\n"));
  server.get("/readyz", async (_request, reply) => {
    const reason = await whyNotReady();
    return reply
      .code(reason === null ? 200 : 503)
      .type("text/plain")
      .send(`${reason ?? "ok"}\n`);
  });
  server.get("/metrics", async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
  return server;
}
