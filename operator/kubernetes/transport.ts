// Requests to the API server, all over one undici Agent: connections are kept and shared, where client-node opens
// one per call. Knows HTTP and JSON; what an answer means is known one floor up.
import { Agent } from "undici";
import type { Dispatcher } from "undici";
import type { Clock } from "../../platform/clock.ts";
import type { Credentials } from "./credentials.ts";
import { startDeadline } from "./deadline.ts";
import { KubernetesError } from "./kubernetes-error.ts";

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly contentType?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The whole exchange ends after this, with API_TIMEOUT. */
  readonly timeoutMs: number;
}

export interface ApiAnswer {
  readonly status: number;
  /** The parsed body; of an error, a Status. */
  readonly body: unknown;
  readonly retryAfterMs: number;
}

export interface Transport {
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

// The API server refuses objects over 1.5 MiB (etcd's limit) and lists are read in pages: a line or a body beyond
// these sizes is not one of ours.
const longestBody = 256 * 1024 * 1024;
const longestLine = 16 * 1024 * 1024;

/** Creates the transport; `userAgent` names this program in the server's logs. */
export function createTransport(credentials: Credentials, userAgent: string, clock: Clock): Transport {
  const agent = new Agent({
    connect: { ...credentials.tls, timeout: 10_000 },
    // Writes come in bursts with pauses between them; a handshake each time would cost more than the write.
    keepAliveTimeout: 60_000,
    keepAliveMaxTimeout: 60_000,
    connections: 64,
    pipelining: 1,
    // Every request has its own deadline.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function open(request: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const url = new URL(credentials.server);
    url.pathname = url.pathname.replace(/\/$/, "") + request.path;
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const content =
      request.body === undefined ? {} : { "content-type": request.contentType ?? "application/json" };
    const answer = agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: {
        accept: "application/json",
        "user-agent": userAgent,
        ...content,
        ...(await credentials.headers()),
        ...request.headers,
      },
      body: request.body === undefined ? null : JSON.stringify(request.body),
      signal,
    });
    return await unlessAborted(answer, signal);
  }

  async function send(request: ApiRequest, signal: AbortSignal): Promise<ApiAnswer> {
    const deadline = startDeadline(clock, request.timeoutMs, signal);
    try {
      return await read(await open(request, deadline.signal));
    } catch (error) {
      throw described(error, request, deadline.isOver());
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
      const response = await open(request, AbortSignal.any([deadline.signal, ending.signal]));
      if (response.statusCode !== 200) throw onRefusal(await read(response));
      yield* splitLines(response.body, deadline.extend);
    } catch (error) {
      throw described(error, request, deadline.isOver());
    } finally {
      deadline.end();
      // Whoever stops reading early has left the connection in the middle of an answer.
      ending.abort();
    }
  }

  return { send, lines, close: () => agent.destroy() };
}

/** Undici heeds an abort only once a request has a connection: one that still waits for it must not be waited for. */
async function unlessAborted(
  answer: Promise<Dispatcher.ResponseData>,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  const { promise: abortion, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([answer, abortion]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function* splitLines(body: AsyncIterable<Buffer>, alive: () => void): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of body) {
    alive();
    const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > longestLine) throw new KubernetesError("API_PROTOCOL", "a watch event is too long");
    for (const line of parts) if (line !== "") yield line;
  }
  if (rest.trim() !== "") yield rest;
}

async function read(response: Dispatcher.ResponseData): Promise<ApiAnswer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response.body as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > longestBody) throw new KubernetesError("API_PROTOCOL", "the answer is too long");
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString("utf8");
  const seconds = Number(response.headers["retry-after"] ?? "0");
  return {
    status: response.statusCode,
    body: parsed(text, response.statusCode),
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0,
  };
}

function parsed(text: string, status: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Proxies answer errors in prose: the status says enough, and the prose is for the message.
    if (status >= 400) return { message: text.slice(0, 200) };
    throw new KubernetesError("API_PROTOCOL", "the answer is no JSON", { status, cause: error });
  }
}

function described(error: unknown, request: ApiRequest, isOver: boolean): Error {
  const what = `${request.method} ${request.path}`;
  if (isOver) {
    return new KubernetesError(
      "API_TIMEOUT",
      `${what}: no answer within ${Math.round(request.timeoutMs)} ms`,
      {
        cause: error,
      },
    );
  }
  if (error instanceof KubernetesError) return error;
  return new KubernetesError("API_UNREACHABLE", `${what}: the API server cannot be reached`, {
    cause: error,
  });
}
