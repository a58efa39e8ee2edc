// A listener for a port that anybody can reach: the kubelet's probes, Prometheus, and clients that mean harm. Imagine a counter
// where each visitor puts one question, gets its answer, and leaves:
// 1. a connection is accepted and not read yet; where it is one too many, one of the address that has most goes;
// 2. some of those that wait are served, a few every few milliseconds, the addresses in turn (connection-shares.ts);
// 3. of the one that is served the head of a request is read, and then nothing more;
// 4. the answer says `Connection: close`, the connection ends, and what came behind the question is thrown away unread.
// Each step has a bound in bytes and in time. Measured, what costs under a flood is to read: ten times what it costs to accept
// a connection and to end it again. What is answered is the caller's: nothing here knows of it.
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import type { Clock } from "../platform/clock.ts";
import { createConnectionShares } from "./connection-shares.ts";
import { readHead } from "./request-head.ts";

export interface PublicAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Buffer;
}

/** Answers GET, and HEAD, of one path. Must come to its end: a connection waits for it for some seconds only. */
export type PublicRoute = () => PublicAnswer | Promise<PublicAnswer>;

export interface PublicListenerOptions {
  /** By path, without a query. */
  readonly routes: Readonly<Record<string, PublicRoute>>;
  readonly clock: Clock;
  /** A route has failed; its asker got a 500. */
  readonly onError: (path: string, error: unknown) => void;
}

export interface PublicListener {
  /** Begins to listen; rejects with the system's error. */
  listen(at: { readonly host: string; readonly port: number }): Promise<AddressInfo>;
  /** Ends every connection, and listens no more. */
  close(): Promise<void>;
}

// Probes and scrapes are a handful at a time. What a connection may leave unread in the kernel (up to 128 KiB, which a cgroup
// counts as ours) is the dearest about it.
const mostConnections = 128;
// In the kernel's queue a thousand that come at once wait their turn; one that finds it full waits for a second.
const backlog = 4096;
// To read a question and to answer it takes a quarter of a millisecond where the asker sends more than one.
const spell = { ms: 4, mostServed: 8 } as const;
// Connections are looked through this often, and each stage of one lasts for so many looks at least.
const lookMs = 500;
const looks = { waiting: 10, asking: 10, answering: 10, leaving: 2 } as const;
// A head comes in one piece or two; one that comes byte by byte costs a read for each.
const mostPieces = 32;
// Of a body so much is read away for the answer to arrive before the end.
const mostSurplusBytes = 64 * 1024;
// A client that has sent more than so much with its question was not only in a hurry: it may find its answer cut off.
const mostKindBytes = 16 * 1024;
const texts: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

interface Connection {
  readonly socket: Socket;
  stage: keyof typeof looks;
  looksLeft: number;
  head: Buffer;
  pieces: number;
  /** Bytes that came behind its question. */
  surplusBytes: number;
}

export function createPublicListener({ routes, clock, onError }: PublicListenerOptions): PublicListener {
  const connections = new Set<Connection>();
  const shares = createConnectionShares<Connection>(mostConnections);
  let served = 0;
  let isSpell = false;
  let isLooking = false;
  let cancelLook = (): void => {};
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, accept);

  function accept(socket: Socket): void {
    // A reset, or an end in the middle, is what a public port must expect: it concerns nobody.
    socket.on("error", () => socket.destroy());
    const address = socket.remoteAddress;
    if (address === undefined) return void socket.destroy();
    const connection: Connection = {
      socket,
      stage: "waiting",
      looksLeft: looks.waiting,
      head: Buffer.alloc(0),
      pieces: 0,
      surplusBytes: 0,
    };
    connections.add(connection);
    socket.once("close", () => {
      connections.delete(connection);
      shares.leave(connection, address);
    });
    shares.admit(connection, address)?.socket.destroy();
    serveSome();
    if (!isLooking) look();
  }

  /** Serves as many as this spell has left; the others wait for the next. */
  function serveSome(): void {
    while (served < spell.mostServed) {
      const connection = shares.next();
      if (connection === null) break;
      served += 1;
      serve(connection);
    }
    if (isSpell || served === 0) return;
    isSpell = true;
    clock.schedule(spell.ms, () => {
      isSpell = false;
      served = 0;
      serveSome();
    });
  }

  function serve(connection: Connection): void {
    const { socket } = connection;
    enter(connection, "asking");
    socket.on("data", (bytes) => hear(connection, bytes));
    socket.once("end", () => {
      // It will not ask any more; or it has its answer, and the connection is over.
      if (connection.stage !== "answering") socket.destroy();
    });
    socket.resume();
  }

  function hear(connection: Connection, bytes: Buffer): void {
    const { socket } = connection;
    if (connection.stage !== "asking") {
      connection.surplusBytes += bytes.length;
      if (connection.surplusBytes > mostSurplusBytes) socket.destroy();
      return;
    }
    connection.pieces += 1;
    connection.head = connection.pieces === 1 ? bytes : Buffer.concat([connection.head, bytes]);
    const head = readHead(connection.head);
    if (head.kind === "incomplete") {
      if (connection.pieces >= mostPieces) socket.destroy();
      return;
    }
    socket.pause();
    if (head.kind === "request") connection.surplusBytes = connection.head.length - head.bytes;
    connection.head = Buffer.alloc(0);
    enter(connection, "answering");
    if (head.kind === "refused") reply(connection, plain(head.status, `${head.message}\n`));
    else void answer(connection, head.method, head.path);
  }

  async function answer(connection: Connection, method: string, path: string): Promise<void> {
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route === undefined) {
      const known = Object.keys(routes).join(", ");
      return reply(connection, plain(404, `nothing is here: there are ${known}\n`), method);
    }
    if (method !== "GET" && method !== "HEAD") {
      return reply(connection, plain(405, "use GET or HEAD\n"), method, "Allow: GET, HEAD\r\n");
    }
    try {
      reply(connection, await route(), method);
    } catch (error) {
      onError(path, error);
      reply(connection, plain(500, "this failed; the log says why\n"), method);
    }
  }

  function reply(
    connection: Connection,
    { status, contentType, body }: PublicAnswer,
    method = "GET",
    more = "",
  ): void {
    const { socket } = connection;
    if (socket.destroyed) return;
    const bytes = typeof body === "string" ? Buffer.from(body) : body;
    const head =
      `HTTP/1.1 ${status} ${texts[status] ?? ""}\r\n` +
      `Date: ${new Date(clock.now().wallMs).toUTCString()}\r\n` +
      `Content-Type: ${contentType}\r\nContent-Length: ${bytes.length}\r\n${more}Connection: close\r\n\r\n`;
    socket.cork();
    socket.write(head);
    // Who floods is not waited for, and not read once more: that is what costs most.
    const isOver = connection.surplusBytes > mostKindBytes;
    socket.write(method === "HEAD" ? "" : bytes, () => isOver && socket.destroy());
    if (!isOver) {
      socket.end(() => {
        enter(connection, "leaving");
        socket.resume();
      });
    }
    socket.uncork();
  }

  /** A client that is too slow in its stage goes. One timer for all: a flood would make thousands of them. */
  function look(): void {
    for (const connection of connections) {
      connection.looksLeft -= 1;
      if (connection.looksLeft < 0) connection.socket.destroy();
    }
    isLooking = connections.size > 0;
    if (isLooking) cancelLook = clock.schedule(lookMs, look);
  }

  return {
    async listen({ host, port }) {
      server.listen({ host, port, backlog });
      await once(server, "listening");
      return server.address() as AddressInfo;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const { socket } of connections) socket.destroy();
      // A process that ends does not wait for it.
      cancelLook();
      await closed;
    },
  };
}

function enter(connection: Connection, stage: Connection["stage"]): void {
  connection.stage = stage;
  connection.looksLeft = looks[stage];
}

function plain(status: number, body: string): PublicAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body };
}
