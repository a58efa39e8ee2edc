// Requests to the API server, all over one undici Agent: connections are kept and shared, where client-node opens
// one per call. Knows JSON, deadlines and the codes of what fails; what an answer means is known one floor up.
import { Agent } from "undici";
import type { Clock } from "../../platform/clock.ts";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import { AccessError } from "../../kubernetes/access-error.ts";
import { TooLongError } from "../../platform/bounded-stream.ts";
import { createConnector } from "../../kubernetes/connector.ts";
import { explainFailure } from "../../kubernetes/connection-failure.ts";
import { createExchange, type OpenReply, type Question, type Reply } from "../../kubernetes/exchange.ts";
import { startDeadline } from "../../platform/deadline.ts";
import { KubernetesError } from "./kubernetes-error.ts";
import { withLastLook } from "./last-look.ts";

export interface ApiRequest extends Question {
  /** Added to the path. */
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** The whole exchange ends after this, with API_TIMEOUT. */
  readonly timeoutMs: number;
  /** Called immediately before the first byte is sent; what it throws comes out of the call, and nothing is sent. */
  readonly lastLook?: () => void;
}

export interface ApiAnswer {
  readonly status: number;
  /** The parsed body; of an error, a Status. */
  readonly body: unknown;
  readonly retryAfterMs: number;
}

export interface Transport {
  /** The longest that any call but a watch may take, in ms. */
  readonly callTimeoutMs: number;
  /** Sends a request and reads the whole answer. Throws KubernetesError only where there is no answer to read. */
  send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer>;
  /**
   * Sends a request and yields its body line by line. `timeoutMs` bounds the silence before the answer and between
   * any two pieces of it. An answer other than 200 is thrown as `send` would return it, by `onRefusal`.
   */
  lines(
    request: ApiRequest,
    signal: AbortSignal,
    onRefusal: (answer: ApiAnswer) => Error,
  ): AsyncGenerator<string, void>;
  close(): Promise<void>;
}

/** Told of each request once its answer begins, or there is none: `code` is null then. Of one that its own last look kept back nothing is told. */
export type OnRequest = (method: string, host: string, code: number | null) => void;

// The API server refuses objects over 1.5 MiB (etcd's limit) and lists are read in pages: a line beyond this size is not one of ours, and of
// a body beyond its own a list asks for a smaller page. An answer is in memory some four times while it is read, and a pod has 512 MiB.
const longestBody = 32 * 1024 * 1024;
const longestLine = 16 * 1024 * 1024;
/** How long a call may take where nothing is known of the network, in ms. */
export const usualCallMs = 15_000;

/**
 * Creates the transport; `userAgent` names this program in the server's logs. A connection may take as long as a call: a
 * request that gives up before leaves the handshake to the next one.
 */
export function createTransport(
  access: ClusterAccess,
  userAgent: string,
  clock: Clock,
  callTimeoutMs = usualCallMs,
  onRequest: OnRequest = () => undefined,
): Transport {
  const connector = createConnector(access, callTimeoutMs);
  const retired = new Set<Agent>();
  let agent = createAgent(connector);
  const exchange = createExchange(access, userAgent, clock);

  async function open(request: ApiRequest, signal: AbortSignal): Promise<OpenReply> {
    const { lastLook, query, timeoutMs: _, ...question } = request;
    const path = request.path + queryOf(query ?? {});
    const told = (code: number | null): void => onRequest(request.method, access.server().host, code);
    let isKeptBack = false;
    const look = (): void => {
      isKeptBack = true;
      lastLook?.();
      isKeptBack = false;
    };
    try {
      const opened = await exchange(
        () => {
          const used = agent;
          const dispatcher = lastLook === undefined ? used : withLastLook(used, look);
          return { dispatcher, server: access.server(), refused: () => leave(used) };
        },
        { ...question, path },
        signal,
      );
      told(opened.status);
      return opened;
    } catch (error) {
      if (!isKeptBack) told(null);
      throw error;
    }
  }

  /** New connections from now on, which show what was read anew. */
  function leave(used: Agent): void {
    if (used !== agent) return;
    agent = createAgent(connector);
    retired.add(used);
    void used.close().then(
      () => retired.delete(used),
      () => retired.delete(used), // destroyed by close() in the meantime: gone is gone
    );
  }

  async function send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const deadline = startDeadline(clock, request.timeoutMs, signal);
    let refusal: { readonly error: unknown } | null = null;
    const lastLook = (): void => {
      try {
        request.lastLook?.();
      } catch (error) {
        refusal = { error };
        throw error;
      }
    };
    try {
      const opened = await open({ ...request, lastLook }, deadline.signal);
      return answerOf(await opened.read(longestBody));
    } catch (error) {
      if (refusal !== null) throw error;
      throw described(error, request, deadline.isOver(), access);
    } finally {
      deadline.end();
    }
  }

  async function* lines(
    request: ApiRequest,
    signal: AbortSignal,
    onRefusal: (answer: ApiAnswer) => Error,
  ): AsyncGenerator<string, void> {
    const deadline = startDeadline(clock, request.timeoutMs, signal);
    const ending = new AbortController();
    try {
      const opened = await open(request, AbortSignal.any([deadline.signal, ending.signal]));
      if (opened.status !== 200) throw onRefusal(answerOf(await opened.read(longestBody)));
      yield* opened.lines(longestLine, deadline.extend);
    } catch (error) {
      throw described(error, request, deadline.isOver(), access);
    } finally {
      deadline.end();
      // A reader that stops early has left the connection in the middle of an answer.
      ending.abort();
    }
  }

  async function close(): Promise<void> {
    await Promise.allSettled([agent, ...retired].map((one) => one.destroy()));
  }

  return { callTimeoutMs, send, lines, close };
}

function queryOf(query: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, value);
  return parameters.size === 0 ? "" : `?${parameters.toString()}`;
}

function createAgent(connector: ReturnType<typeof createConnector>): Agent {
  return new Agent({
    connect: connector,
    // Writes come in bursts with pauses between them; a handshake each time would cost more than the write.
    keepAliveTimeout: 60_000,
    keepAliveMaxTimeout: 60_000,
    connections: 64,
    pipelining: 1,
    // Every request has its own deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
}

function answerOf({ status, text, retryAfterMs }: Reply): ApiAnswer {
  return { status, body: parsed(text, status), retryAfterMs };
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Proxies answer errors in prose: the status says enough, and the prose is for the message.
    if (status >= 400) return { message: text.slice(0, 200) };
    throw new KubernetesError("API_PROTOCOL", "the answer is not JSON", { status, cause: error });
  }
}

function described(error: unknown, request: ApiRequest, isOver: boolean, access: ClusterAccess): Error {
  const what = `${request.method} ${request.path}`;
  if (isOver) {
    const message = `${what}: no answer within ${Math.round(request.timeoutMs)} ms`;
    return new KubernetesError("API_TIMEOUT", message, { cause: error });
  }
  if (error instanceof KubernetesError) return error;
  if (error instanceof TooLongError) {
    return new KubernetesError("API_PROTOCOL", `${what}: ${error.message}`, { cause: error });
  }
  const message = `${what}: ${explainFailure(error, access.server(), access.sources())}`;
  const code = error instanceof AccessError ? "API_UNAUTHORIZED" : "API_UNREACHABLE";
  return new KubernetesError(code, message, { cause: error });
}
