// A sidecar that is only played: a listener that takes a gate's requests apart byte by byte, and answers, or does not, as
// the check at hand wants it. Node's own HTTP server would not let it answer nonsense, nor see which side ended what.
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import type { Clock } from "../../platform/clock.ts";

export interface PlayedConnection {
  readonly socket: Socket;
  readonly openedMs: number;
  requests: number;
  /** When it ended, null while it has not, and which side did it. */
  endedMs: number | null;
  endedBy: "gate" | "sidecar" | null;
}

/** A request of the gate, and what can be done with it. */
export interface Asked {
  readonly target: string;
  readonly query: URLSearchParams;
  readonly connection: PlayedConnection;
  /** When it was received, which is never before it was sent. */
  readonly atMs: number;
  /** How long it asked to be held, in ms. */
  readonly waitMs: number;
  /** Answers with status 200 unless told otherwise. */
  answer(body: unknown, status?: number, headers?: string): void;
  /** Writes exactly this. */
  raw(text: string): void;
  reset(): void;
  /** Ends the connection in good order. */
  end(): void;
}

export type Behaviour = (asked: Asked) => void | Promise<void>;

export interface PlayedSidecar {
  readonly port: number;
  readonly connections: readonly PlayedConnection[];
  readonly asked: readonly Asked[];
  /** What breaks a rule in the requests themselves, in order. */
  readonly faults: readonly string[];
  play(behaviour: Behaviour): void;
  /** Ends every connection and listens no more. */
  leave(): Promise<void>;
  /** Listens again, on the same port. */
  comeBack(): Promise<void>;
  close(): Promise<void>;
}

const longestHeadBytes = 16 * 1024;

export async function startPlayedSidecar(clock: Clock): Promise<PlayedSidecar> {
  const connections: PlayedConnection[] = [];
  const asked: Asked[] = [];
  const faults: string[] = [];
  let behaviour: Behaviour = () => undefined;
  let server = createServer();
  let port = 0;

  function take(socket: Socket): void {
    const connection: PlayedConnection = {
      socket,
      openedMs: clock.now().waitMs,
      requests: 0,
      endedMs: null,
      endedBy: null,
    };
    connections.push(connection);
    const end = (by: "gate" | "sidecar"): void => {
      connection.endedMs ??= clock.now().waitMs;
      connection.endedBy ??= by;
    };
    let text = "";
    socket.setEncoding("latin1").on("data", (piece: string) => {
      text += piece;
      for (let at = text.indexOf("\r\n\r\n"); at >= 0; at = text.indexOf("\r\n\r\n")) {
        const head = text.slice(0, at);
        text = text.slice(at + 4);
        request(connection, head, text !== "");
      }
      if (text.length > longestHeadBytes) socket.destroy();
    });
    socket.on("end", () => end("gate"));
    // A reset by the gate: its side ended it, as with a FIN.
    socket.on("error", () => end("gate"));
    socket.on("close", () => end("gate"));
  }

  function endHere(connection: PlayedConnection, how: () => void): void {
    connection.endedMs ??= clock.now().waitMs;
    connection.endedBy ??= "sidecar";
    how();
  }

  function request(connection: PlayedConnection, head: string, isPiped: boolean): void {
    const { socket } = connection;
    connection.requests += 1;
    faults.push(...faultsOf(head), ...(isPiped ? ["two requests at a time"] : []));
    const target = head.split(" ")[1] ?? "";
    const query = new URL(target, "http://localhost").searchParams;
    const write = (bytes: string): void => {
      if (!socket.destroyed && socket.writable) socket.write(bytes);
    };
    const question: Asked = {
      target,
      query,
      connection,
      atMs: clock.now().waitMs,
      waitMs: Math.round(Number(query.get("wait") ?? 0) * 1000) || 0,
      answer(body, status = 200, headers = "") {
        const payload = typeof body === "string" ? body : JSON.stringify(body);
        const length = Buffer.byteLength(payload);
        write(
          `HTTP/1.1 ${status} ${status === 200 ? "OK" : "No"}\r\nCache-Control: no-store\r\n` +
            `Content-Type: application/json\r\n${headers}Content-Length: ${length}\r\n\r\n${payload}`,
        );
      },
      raw: write,
      reset: () => endHere(connection, () => socket.resetAndDestroy()),
      end: () => endHere(connection, () => socket.end()),
    };
    asked.push(question);
    void behaviour(question);
  }

  async function listen(at: number): Promise<void> {
    server = createServer(take);
    server.listen(at, "127.0.0.1");
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
  }

  async function leave(): Promise<void> {
    const leaving: Server = server;
    const closed = once(leaving, "close");
    leaving.close();
    for (const connection of connections) {
      if (!connection.socket.destroyed) endHere(connection, () => connection.socket.resetAndDestroy());
    }
    await closed;
  }

  await listen(0);
  return {
    get port() {
      return port;
    },
    connections,
    asked,
    faults,
    play(next) {
      behaviour = next;
    },
    leave,
    comeBack: () => listen(port),
    close: leave,
  };
}

/** What is wrong with a request as such. */
function faultsOf(head: string): string[] {
  const [first = "", ...lines] = head.split("\r\n");
  const [method, target = "", version] = first.split(" ");
  const headers = new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(":")).trim().toLowerCase(),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  const { pathname, searchParams } = new URL(target, "http://localhost");
  const wait = searchParams.get("wait");
  const index = searchParams.get("index");
  const wrong: [boolean, string][] = [
    [method !== "GET" || pathname !== "/leader", `"${first.slice(0, 100)}"`],
    [version !== "HTTP/1.1", `the version ${version}`],
    [!/^[A-Za-z0-9._-]{1,63}$/.test(searchParams.get("gate") ?? ""), `gate=${searchParams.get("gate")}`],
    [wait !== null && !(/^\d+(\.\d+)?$/.test(wait) && Number(wait) <= 2.5), `wait=${wait}`],
    [index !== null && !/^\d{1,15}$/.test(index), `index=${index}`],
    [
      !/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(headers.get("host") ?? ""),
      `Host: ${headers.get("host")}`,
    ],
    [/close/i.test(headers.get("connection") ?? ""), `Connection: ${headers.get("connection")}`],
  ];
  return wrong.filter(([isWrong]) => isWrong).map(([, what]) => `a request with ${what}`);
}
