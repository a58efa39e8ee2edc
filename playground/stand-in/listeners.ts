// The two sockets of the stand-in. Over UDP a datagram is a question; over TCP each message has its length before it (RFC
// 1035, section 4.2.2), several may come on one connection, and they are answered in their order (RFC 7766).
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Clock } from "../../platform/clock.ts";
import type { Transport } from "./message.ts";

export interface Listeners {
  readonly port: number;
  close(): Promise<void>;
}

export interface ListenersOptions {
  readonly address: string;
  /** 0 for any that is free for both. */
  readonly port: number;
  readonly clock: Clock;
  /** Never throws; null for what gets no answer. */
  respond(message: Buffer, transport: Transport): Buffer | null;
  /** A socket that can no longer listen. */
  onFailure(error: Error): void;
  /** An answer that did not get through. */
  onLost(error: Error): void;
}

const mostConnections = 100;
// named's own (`tcp-idle-timeout`): so long may a client be silent, or take for one message.
const idleMs = 30_000;
// A client that asks on without reading the answers is cut off.
const mostUnreadBytes = 1 << 20;

/** Listens on UDP and TCP. Throws when the port is taken. */
export async function listen(options: ListenersOptions): Promise<Listeners> {
  const { address, clock, respond, onFailure, onLost } = options;
  const server = createServer((socket) => serve(socket, clock, respond));
  server.maxConnections = mostConnections;
  server.listen(options.port, address);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const datagrams = createSocket("udp4");
  try {
    datagrams.bind(port, address);
    await once(datagrams, "listening");
  } catch (error) {
    datagrams.close();
    server.close();
    throw error;
  }
  server.on("error", onFailure);
  datagrams.on("error", onFailure);
  datagrams.on("message", (message, from) => {
    // Nobody can be answered at port 0, and trying to is an exception.
    if (from.port === 0) return;
    const answer = respond(message, "udp");
    if (answer === null) return;
    datagrams.send(answer, from.port, from.address, (error) => {
      if (error) onLost(error);
    });
  });
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return {
    port,
    async close() {
      const ended = once(server, "close");
      server.close();
      datagrams.close();
      for (const socket of open) socket.destroy();
      await ended;
    },
  };
}

function serve(socket: Socket, clock: Clock, respond: ListenersOptions["respond"]): void {
  let waiting: Buffer = Buffer.alloc(0);
  let cancelIdle = (): void => {};
  const restart = (): void => {
    cancelIdle();
    cancelIdle = clock.schedule(idleMs, () => socket.destroy());
  };

  socket.on("data", (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    for (;;) {
      const length = waiting.length < 2 ? Number.POSITIVE_INFINITY : waiting.readUInt16BE(0);
      if (waiting.length < 2 + length) return;
      const message = waiting.subarray(2, 2 + length);
      waiting = waiting.subarray(2 + length);
      restart();
      const answer = respond(message, "tcp");
      // What is not to be answered ends the conversation, since the next answer would be taken for its own.
      if (answer === null || socket.writableLength > mostUnreadBytes) {
        socket.destroy();
        return;
      }
      const head = Buffer.alloc(2);
      head.writeUInt16BE(answer.length, 0);
      socket.write(Buffer.concat([head, answer]));
    }
  });
  // A client that is gone has no use for an answer.
  socket.on("error", () => socket.destroy());
  socket.once("close", () => cancelIdle());
  restart();
}
