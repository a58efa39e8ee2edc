// One request to an API server and its answer, alike in every program: who asks, how much of the answer is read, and what is
// done about a 401. Over which connection a request goes is the caller's choice, and what an answer means the caller knows.
import type { Dispatcher } from "undici";
import type { Clock } from "../platform/clock.ts";
import { boundedLines, readBounded } from "../platform/bounded-stream.ts";
import { unlessAborted } from "../platform/deadline.ts";
import type { ClusterAccess, IdentityHeaders } from "./access.ts";
import { explainRefusal } from "./connection-failure.ts";
import { retryAfterMsOf } from "./retry-after.ts";

/** The way of one request. */
export interface Route {
  readonly dispatcher: Dispatcher;
  /** Where that leads; the API may stand below a path. */
  readonly server: URL;
  /** Who asked was not accepted there: a connection keeps the client certificate that it was opened with. */
  refused(): void;
}

export interface Question {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly body?: unknown;
}

/** An answer, whole. */
export interface Reply {
  readonly status: number;
  /** Of a 401 a Status that says what to look at, in place of the server's one word. */
  readonly text: string;
  readonly retryAfterMs: number;
}

/** An answer that has begun. One of the two must be called. */
export interface OpenReply {
  readonly status: number;
  /** Throws TooLongError. */
  read(mostBytes: number): Promise<Reply>;
  /** Its lines as they come; `alive` is called with every piece. Throws TooLongError. */
  lines(mostBytes: number, alive?: () => void): AsyncGenerator<string, void>;
}

/**
 * Sends a request on the route that `take` gives once it is known who asks; resolves when its answer begins. Rejects with
 * AccessError, the signal's reason, or what undici throws.
 */
export type Exchange = (take: () => Route, question: Question, signal: AbortSignal) => Promise<OpenReply>;

/** `userAgent` names this program in the server's logs. */
export function createExchange(access: ClusterAccess, userAgent: string, clock: Clock): Exchange {
  async function read(
    response: Dispatcher.ResponseData,
    identity: IdentityHeaders,
    mostBytes: number,
  ): Promise<Reply> {
    const said = await readBounded(response.body, "the answer", mostBytes);
    const status = response.statusCode;
    return {
      status,
      text: status === 401 ? refusal(identity) : said,
      retryAfterMs: retryAfterMsOf(response.headers["retry-after"]),
    };
  }

  function refusal(identity: IdentityHeaders): string {
    const message = explainRefusal(identity["authorization"], access.sources(), clock.now().wallMs);
    return JSON.stringify({ kind: "Status", message });
  }

  return async (take, question, signal) => {
    const { method, path, body, headers, contentType = "application/json" } = question;
    const identity = await unlessAborted(access.headers(), signal);
    const { dispatcher, server, refused } = take();
    const answer = dispatcher.request({
      origin: server.origin,
      path: server.pathname.replace(/\/$/, "") + path,
      method,
      headers: {
        accept: "application/json",
        "user-agent": userAgent,
        ...(body === undefined ? {} : { "content-type": contentType }),
        ...identity,
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal,
    });
    const response = await unlessAborted(answer, signal);
    if (response.statusCode === 401) {
      access.distrust(identity);
      refused();
    }
    return {
      status: response.statusCode,
      read: (mostBytes) => read(response, identity, mostBytes),
      lines: (mostBytes, alive) => boundedLines(response.body, "a watch event", mostBytes, alive),
    };
  };
}
