// On a connection to the loopback one request is read at a time, whatever else has come on it. node:http parses all that a
// read brings before anything else gets a turn: thousands of requests, a tenth of a second for each connection that does so,
// and nobody answers the gate meanwhile. So what comes is looked at first, and what is more than one request is refused.
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { requestErrors } from "../../contract/errors.ts";
import { RequestError } from "./http-error.ts";

const headEnd = "\r\n\r\n";
const refusal = JSON.stringify(
  new RequestError(
    "ONE_AT_A_TIME",
    "one request at a time, and none has a body: wait for each answer",
  ).body(),
);
const { status } = requestErrors.ONE_AT_A_TIME;

export interface OneAtATime {
  /** To be called for each connection that http has taken up. */
  guard(socket: Socket): void;
  /** To be called for each request. False: it announced a body, and was refused. */
  admits(request: IncomingMessage, response: ServerResponse): boolean;
}

interface State {
  /** Gives bytes to http. */
  readonly feed: (bytes: Buffer) => void;
  isAsking: boolean;
  /** What came while an answer was under way. */
  next: Buffer | null;
}

/** `onRefusal` is told before a connection is ended for what came on it. */
export function createOneAtATime(onRefusal: (socket: Socket) => void): OneAtATime {
  const states = new WeakMap<Socket, State>();

  function refuse(socket: Socket, isAsking: boolean): void {
    onRefusal(socket);
    // Amid another answer these words would be a part of it.
    if (!isAsking) {
      socket.write(
        `HTTP/1.1 ${status} Bad Request\r\nContent-Type: application/json; charset=utf-8\r\n` +
          `Content-Length: ${Buffer.byteLength(refusal)}\r\nConnection: close\r\n\r\n${refusal}`,
      );
    }
    socket.removeAllListeners("data");
    socket.destroySoon();
  }

  function hear(socket: Socket, state: State, bytes: Buffer): void {
    const end = bytes.indexOf(headEnd);
    const isMore = end !== -1 && end + headEnd.length < bytes.length;
    if (isMore || state.next !== null) return refuse(socket, state.isAsking);
    if (state.isAsking) state.next = bytes;
    else state.feed(bytes);
  }

  return {
    guard(socket) {
      const [feed] = socket.listeners("data") as ((bytes: Buffer) => void)[];
      assert.ok(feed, "http listens to what comes");
      const state: State = { feed, isAsking: false, next: null };
      states.set(socket, state);
      socket.off("data", feed);
      socket.on("data", (bytes: Buffer) => hear(socket, state, bytes));
    },
    admits(request, response) {
      const { socket, headers } = request;
      const state = states.get(socket);
      assert.ok(state, "every connection is guarded");
      state.isAsking = true;
      response.once("close", () => {
        state.isAsking = false;
        const { next } = state;
        state.next = null;
        if (next !== null && !socket.destroyed) state.feed(next);
      });
      const hasBody =
        (headers["content-length"] ?? "0") !== "0" || headers["transfer-encoding"] !== undefined;
      if (!hasBody) return true;
      onRefusal(socket);
      response.writeHead(status, { "content-type": "application/json; charset=utf-8", connection: "close" });
      response.end(refusal);
      return false;
    },
  };
}
