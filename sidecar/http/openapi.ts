// The document at /openapi.json, made from the schemas that the routes themselves answer by.
import type { FastifyInstance, RouteOptions } from "fastify";
import { refusalsByCode } from "./http-error.ts";

declare module "fastify" {
  interface FastifySchema {
    /** What the route is for, in the published contract; a route without one is not in it. */
    summary?: string;
  }
}

interface DescribedSchema {
  readonly summary?: string;
  readonly querystring?: {
    readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  readonly response?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Collects routes as they are added; the returned function gives the document. */
export function describeRoutes(server: FastifyInstance, version: string): () => Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  server.addHook("onRoute", (route: RouteOptions) => {
    const schema = (route.schema ?? {}) as DescribedSchema;
    if (schema.summary === undefined) return;
    for (const method of [route.method].flat()) {
      (paths[route.url] ??= {})[method.toLowerCase()] = operation(schema);
    }
  });
  return () => ({
    openapi: "3.1.0",
    info: {
      title: "Leader election on localhost",
      version,
      description: "Whether this pod leads, and for how long it may act on that.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    // All there are, those of no path included.
    components: { responses: refusalsByCode() },
  });
}

function operation(schema: DescribedSchema): Record<string, unknown> {
  const parameters = Object.entries(schema.querystring?.properties ?? {}).map(
    ([name, { description, ...rest }]) => ({
      name,
      in: "query",
      required: false,
      description,
      schema: rest,
    }),
  );
  const responses = Object.fromEntries(
    Object.entries(schema.response ?? {}).map(([status, { description, ...body }]) => [
      status,
      { description: description ?? "", content: { "application/json": { schema: body } } },
    ]),
  );
  return { summary: schema.summary, ...(parameters.length > 0 ? { parameters } : {}), responses };
}
