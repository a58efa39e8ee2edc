// The listener on the loopback, for the operator: who leads, and for how long. Builds a server, never listens.
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { Clock } from "../../platform/clock.ts";
import type { Elector } from "../elector.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import { createGateKeeper, type GateKeeper } from "./gate-keeper.ts";
import { createHostCheck } from "./host-refusal.ts";
import { answerErrors, RequestError } from "./http-error.ts";
import { createLeaderListener } from "./leader-listener.ts";
import { readLeaderQuery, refuseOtherPod } from "./leader-query.ts";
import { describeRoutes } from "./openapi.ts";
import { createPlainQuestion } from "./plain-question.ts";
import { routeSchemas } from "./route-schemas.ts";

/** What the routes need of an elector; election switched off has one too. */
export type LeaderSource = Pick<
  Elector,
  "answer" | "ask" | "peek" | "holderName" | "index" | "tell" | "stepDown" | "onChange" | "isGateForsaken"
>;

export interface LeaderServerOptions {
  readonly source: LeaderSource;
  readonly clock: Clock;
  /** R/4: the longest that a poll is held. */
  readonly longestWaitMs: number;
  /** The address it will listen on: a `Host` that is neither this nor a loopback name is refused. */
  readonly address: string;
  readonly version: string;
  /** Told of every question that was answered; null where nobody wants to know. */
  readonly observe: ((asked: AskedRecord) => void) | null;
}

/** A question on the loopback, and what it was answered. */
export interface AskedRecord {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly tookMs: number;
  readonly answer: LeaderAnswer | null;
}

type SchemaCompilers = NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]>;

/**
 * The routes' schemas describe them, in /openapi.json; nothing is compiled from them. Each query is read by a function that names
 * what is wrong with it, and bodies are of a type. To compile them took a third of what a start costs.
 */
const schemasDescribe = {
  buildValidator: () => () => () => true,
  buildSerializer: () => () => (body: unknown) => JSON.stringify(body),
  // Fastify's types ask for all that ajv gives a validator; fastify itself only calls it.
} as unknown as SchemaCompilers;

export function createLeaderServer(options: LeaderServerOptions): FastifyInstance {
  const { source } = options;
  const { identity } = source.peek();
  const gate = createGateKeeper(source, options.clock);
  const refusalOf = createHostCheck(options.address);
  const plainQuestion = createPlainQuestion(
    () => {
      const answer = source.ask();
      options.observe?.({ method: "GET", url: "/leader", status: 200, tookMs: 0, answer });
      return answer;
    },
    (host) => refusalOf(host) !== null,
  );
  const server = fastify({
    serverFactory: (routes) => createLeaderListener(gate, plainQuestion, routes),
    routerOptions: { ignoreTrailingSlash: true },
    bodyLimit: 1024,
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: schemasDescribe },
  });

  answerErrors(server, {
    "/": ["GET"],
    "/leader": ["GET", "HEAD", "DELETE"],
    "/leader/held": ["GET", "HEAD"],
    "/openapi.json": ["GET"],
  });
  // By callback: a promise for every request is felt at thousands of them a second.
  server.addHook("onRequest", (request, reply, done) => {
    reply.header("cache-control", "no-store");
    done(refusalOf(request.headers.host) ?? undefined);
  });
  // Before anything is noted of the connection: what asks another pod's sidecar is not our operator.
  server.addHook("preHandler", (request, _reply, done) => {
    refuseOtherPod(request.query, identity);
    done();
  });

  if (options.observe !== null) observeAnswers(server, options.observe);

  addRoutes(server, options, gate);
  return server;
}

function addRoutes(
  server: FastifyInstance,
  { source, longestWaitMs, version }: LeaderServerOptions,
  gate: GateKeeper,
): void {
  const describe = describeRoutes(server, version);

  async function answerLeader(request: FastifyRequest, reply: FastifyReply): Promise<LeaderAnswer> {
    const query = readLeaderQuery(request.query as Record<string, unknown>, longestWaitMs);
    if (request.method === "HEAD") return source.peek();
    const { gate: name, waitMs, index } = query;
    if (name === null) return source.ask();
    return await gate.ask(request.raw.socket, { name, waitMs, index }, reply.raw.shouldKeepAlive);
  }

  server.route({
    method: ["GET", "HEAD"],
    url: "/leader",
    schema: routeSchemas.leader,
    handler: answerLeader,
  });
  server.route({
    method: ["GET", "HEAD"],
    url: "/leader/held",
    schema: routeSchemas.held,
    async handler(request: FastifyRequest, reply: FastifyReply): Promise<LeaderAnswer> {
      const answer = request.method === "HEAD" ? source.peek() : source.ask();
      reply.code(answer.isLeader ? 200 : 503);
      return answer;
    },
  });
  server.delete(
    "/leader",
    {
      schema: routeSchemas.stepDown,
    },
    async (request, reply) => {
      if (!source.stepDown()) throw new RequestError("NOT_LEADING", "there is nothing to give up");
      reply.code(202);
      return source.answer("plain");
    },
  );
  server.get(
    "/",
    {
      schema: routeSchemas.holder,
    },
    async () => ({ name: source.holderName(2000) }),
  );
  server.get(
    "/openapi.json",
    {
      schema: routeSchemas.contract,
    },
    async () => describe(),
  );
}

function observeAnswers(server: FastifyInstance, observe: (asked: AskedRecord) => void): void {
  const answers = new WeakMap<FastifyRequest["raw"], LeaderAnswer>();
  server.addHook("preSerialization", (request, _reply, payload, done) => {
    if (typeof payload === "object" && payload !== null && "validForMs" in payload)
      answers.set(request.raw, payload as LeaderAnswer);
    done(null, payload);
  });
  server.addHook("onResponse", (request, reply, done) => {
    const { method, url } = request;
    const answer = answers.get(request.raw) ?? null;
    observe({ method, url, status: reply.statusCode, tookMs: reply.elapsedTime, answer });
    done();
  });
}
