// Refusals as they travel: JSON, with a code of the catalogue, and the field that is wrong where there is one.
import type { FastifyInstance } from "fastify";
import { requestErrors, type RequestErrorCode } from "../../contract/errors.ts";

export class RequestError extends Error {
  readonly statusCode: number;
  readonly code: RequestErrorCode;
  readonly field: string | null;

  constructor(code: RequestErrorCode, message: string, field: string | null = null) {
    super(message);
    this.name = "RequestError";
    this.statusCode = requestErrors[code].status;
    this.code = code;
    this.field = field;
  }

  /** The body that it is answered by. */
  body(): {
    readonly error: { readonly code: string; readonly message: string; readonly field: string | null };
  } {
    return { error: { code: this.code, message: this.message, field: this.field } };
  }
}

const errorSchema = {
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

// What any request may be refused with, wherever it goes.
const anywhere: readonly RequestErrorCode[] = [
  "REQUEST_INVALID",
  "ONE_AT_A_TIME",
  "HOST_REFUSED",
  "INTERNAL",
];

/** The schemas of what a route may be refused with, by status: these, and what any request may be. */
export function refusals(...codes: readonly RequestErrorCode[]): Record<string, unknown> {
  const all = [...codes, ...anywhere];
  const statuses = new Set(all.map((code) => requestErrors[code].status));
  return Object.fromEntries(
    [...statuses].map((status) => {
      const these = all.filter((code) => requestErrors[code].status === status);
      const description = these.map((code) => `${code}: ${requestErrors[code].meaning}`).join(" ");
      return [status, { ...errorSchema, description }];
    }),
  );
}

/** The catalogue as OpenAPI has responses, by code. */
export function refusalsByCode(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(requestErrors).map(([code, { status, meaning, remedy }]) => [
      code,
      {
        description: `${status}: ${meaning} ${remedy}`,
        content: { "application/json": { schema: errorSchema } },
      },
    ]),
  );
}

/** The error as one of the catalogue: what the framework itself refuses, or fails at, has codes of its own. */
function inCatalogue(error: Error & { statusCode?: number }): RequestError {
  if (error instanceof RequestError) return error;
  const { statusCode = 500, message } = error;
  return new RequestError(statusCode < 500 ? "REQUEST_INVALID" : "INTERNAL", message);
}

/** Answers every error in that form; paths that exist under another method are a 405 that names it. */
export function answerErrors(
  server: FastifyInstance,
  methods: Readonly<Record<string, readonly string[]>>,
): void {
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const refusal = inCatalogue(error);
    return reply.code(refusal.statusCode).send(refusal.body());
  });
  server.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    const allowed = methods[path];
    if (allowed) {
      const message = `${request.method} is not for ${path}: use ${allowed.join(", ")}`;
      const refusal = new RequestError("METHOD_NOT_ALLOWED", message, "method");
      return reply.code(refusal.statusCode).header("allow", allowed.join(", ")).send(refusal.body());
    }
    const message = `nothing is at ${path}: there are ${Object.keys(methods).join(", ")}`;
    const refusal = new RequestError("NOT_FOUND", message, "path");
    return reply.code(refusal.statusCode).send(refusal.body());
  });
}
