// GET /leader as a shell, a probe or a library asks it: by far the most common request, and the same each time. It is answered
// before the framework sees it, which would spend more on it than everything else here together.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { LeaderAnswer } from "../../contract/answer.ts";

/** Answers the request if it is a plain question, just as the route does; false: it is none, and nothing was done. */
export type PlainQuestion = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createPlainQuestion(
  ask: () => LeaderAnswer,
  isRefused: (host: string | undefined) => boolean,
): PlainQuestion {
  return (request, response) => {
    if (request.url !== "/leader" || request.method !== "GET" || isRefused(request.headers.host))
      return false;
    const body = JSON.stringify(ask());
    response.writeHead(200, [
      "cache-control",
      "no-store",
      "content-type",
      "application/json; charset=utf-8",
      "content-length",
      String(Buffer.byteLength(body)),
    ]);
    response.end(body);
    return true;
  };
}
