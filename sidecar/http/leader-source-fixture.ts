// For the tests of this folder: a source of answers that says what the test wants, and a server on a port of its own.
import { connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import type { FastifyInstance } from "fastify";
import { createSystemClock, type Clock } from "../../platform/clock.ts";
import type { ElectionEvent } from "../election/election.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import { createLeaderServer, type LeaderSource } from "./leader-server.ts";
import { leaderAnswer } from "../../test/kit/leader-answer.ts";

export interface HandSource extends LeaderSource {
  /** What was told, in order. */
  readonly told: ElectionEvent[];
  /** To whom promises were made, in order. */
  readonly answered: ("gate" | "plain")[];
  isLeader: boolean;
  isForsaken: boolean;
  /** Moves the index on, and calls those who wait for that. */
  change(): void;
  waiting(): number;
}

function createHandSource(): HandSource {
  let index = 1;
  const listeners = new Set<() => void>();
  const source: HandSource = {
    told: [],
    answered: [],
    isLeader: false,
    isForsaken: false,
    isGateForsaken: () => source.isForsaken,
    answer(to) {
      source.answered.push(to);
      return answerTo(to);
    },
    peek: () => answerTo("plain"),
    ask() {
      source.told.push({ type: "asked", by: "plain" });
      return source.answer("plain");
    },
    holderName: () => (source.isLeader ? "a" : "b"),
    index: () => index,
    tell: (event) => void source.told.push(event),
    stepDown: () => source.isLeader,
    onChange(listener) {
      const call = (): void => listener({} as never);
      listeners.add(call);
      return () => listeners.delete(call);
    },
    change() {
      index += 1;
      for (const listener of listeners) listener();
    },
    waiting: () => listeners.size,
  };
  return source;

  function answerTo(to: "gate" | "plain"): LeaderAnswer {
    const isLeader = source.isLeader;
    return leaderAnswer(isLeader, {
      name: isLeader ? "a" : "b",
      validForMs: isLeader ? (to === "gate" ? 9000 : 2000) : 0,
      fencingToken: isLeader ? "42" : null,
      index,
      lease: { namespace: "dns-system", name: "bindy-leader" },
    });
  }
}

export interface Served {
  readonly source: HandSource;
  readonly server: FastifyInstance;
  readonly port: number;
  readonly clock: Clock;
  close(): Promise<void>;
}

export async function serve(): Promise<Served> {
  const source = createHandSource();
  const clock = createSystemClock();
  const server = createLeaderServer({
    source,
    clock,
    longestWaitMs: 2500,
    address: "127.0.0.1",
    version: "1.2.3",
    observe: null,
  });
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return {
    source,
    server,
    port,
    clock,
    async close() {
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

/** A connection over which a test says exactly what it wants, byte by byte. */
export interface RawConnection {
  readonly socket: Socket;
  send(text: string): void;
  /** Resolves with all text received once it contains `part`; rejects when the connection ends before. */
  until(part: string): Promise<string>;
  readonly closed: Promise<unknown>;
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  // A reset is one of the ends that a test may ask for.
  socket.on("error", () => undefined);
  const closed = once(socket, "close");
  await once(socket, "connect");
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    async until(part) {
      while (!text.includes(part)) {
        if (socket.destroyed) throw new Error(`the connection ended after: ${text}`);
        await Promise.race([once(socket, "data"), closed]);
      }
      const received = text;
      text = "";
      return received;
    },
    closed,
  };
}

/** A request as a gate sends it. */
export function get(path: string, headers = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${headers}\r\n`;
}
