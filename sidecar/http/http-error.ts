// The errors of both listeners: JSON, with a stable code, and the field that is wrong where there is one.
import type { FastifyInstance } from "fastify";

export class RequestError extends Error {
  readonly statusCode: number;
  readonly code: string;
  readonly field: string | null;
  constructor(statusCode: number, code: string, message: string, field: string | null = null) {
    super(message);
    this.name = "RequestError";
    this.statusCode = statusCode;
    this.code = code;
    this.field = field;
  }
}

export const errorSchema = {
  $id: "Error",
  type: "object",
  required: ["error"],
  properties: {
    error: {
      type: "object",
      required: ["code", "message"],
      properties: {
        code: { type: "string" },
        message: { type: "string" },
        field: { type: ["string", "null"], description: "What in the request is wrong." },
      },
    },
  },
} as const;

/** Answers every error in that form; paths that exist under another method are a 405 that names it. */
export function answerErrors(
  server: FastifyInstance,
  methods: Readonly<Record<string, readonly string[]>>,
): void {
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    const field = error instanceof RequestError ? error.field : null;
    const code = error.code ?? "INTERNAL";
    return reply.code(status).send({ error: { code, message: error.message, field } });
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    const allowed = methods[path];
    if (allowed) {
      const message = `${request.method} is not for ${path}: use ${allowed.join(", ")}`;
      return reply
        .code(405)
        .header("allow", allowed.join(", "))
        .send({ error: { code: "METHOD_NOT_ALLOWED", message, field: "method" } });
    }
    const message = `nothing is at ${path}: there are ${Object.keys(methods).join(", ")}`;
    return reply.code(404).send({ error: { code: "NOT_FOUND", message, field: "path" } });
  });
}
