// The node:http server under the routes of /leader: how long a request may take, how many connections are kept, and which of
// them goes when there are too many. Builds a server, never listens.
import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import { createConnectionBound } from "./connection-bound.ts";
import type { GateKeeper } from "./gate-keeper.ts";
import { createOneAtATime } from "./one-at-a-time.ts";
import type { PlainQuestion } from "./plain-question.ts";

// An import of node:http loads all that it can export, WebSocket and fetch with it: 1.5 MiB that nobody here needs.
const { createServer } = process.getBuiltinModule("node:http");
// Enough for an operator, its probes and a few curls; and few, since one more is accepted only when all of them have been read
// once: of 256 that flood, on a slow machine, a gate that came later waited in the kernel's queue until it gave up.
const mostConnections = 64;
// Those that were ended a moment ago count for the kernel until they are gone.
const mostSockets = mostConnections + 64;
const slowestRequestMs = 5000;
// Libraries with much to say about themselves send a kilobyte.
const longestHeadBytes = 8192;

/** `routes` is given what is not a plain question. */
export function createLeaderListener(
  gate: GateKeeper,
  answersPlainly: PlainQuestion,
  routes: RequestListener,
): Server {
  const bound = createConnectionBound(mostConnections, gate.standingOf, (socket) => socket.destroy());
  const oneAtATime = createOneAtATime(gate.endedByUs);
  const server = createServer(
    {
      // The gate's connection must never be closed for being idle.
      keepAliveTimeout: 0,
      headersTimeout: slowestRequestMs,
      requestTimeout: slowestRequestMs,
      connectionsCheckingInterval: slowestRequestMs,
      maxHeaderSize: longestHeadBytes,
    },
    (request, response) => {
      bound.heard(request.socket);
      if (!oneAtATime.admits(request, response)) return;
      if (!answersPlainly(request, response)) routes(request, response);
    },
  );
  server.maxConnections = mostSockets;
  server.on("connection", (socket) => {
    bound.admit(socket);
    oneAtATime.guard(socket);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    // An error of a system call is a reset: so the kernel ends the connection of a process that died with an answer
    // unread, and the gate's side did it. Anything else is a request that we refuse.
    if (error.syscall === undefined) gate.endedByUs(socket as Socket);
    socket.destroy();
  });
  return server;
}
