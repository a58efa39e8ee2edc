// Between one pod and its API server: an HTTPS proxy that sees every request, notes what each write carried, and does to
// the traffic what it is told: delays it, answers in the server's place, loses requests, answers or events, resets.
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { Client, type Dispatcher } from "undici";
import type { Clock } from "../../platform/clock.ts";
import type { ServingCertificate } from "../../api-server/access/certificates.ts";
import type { ContractTarget } from "../contract/target.ts";

/** What becomes of a request. */
export type Fate =
  | { readonly kind: "pass" }
  /** Forwarded after a while. */
  | { readonly kind: "late"; readonly delayMs: number }
  /** Answered here; the server never hears of it. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly reason: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Neither forwarded nor answered. */
  | { readonly kind: "lost" }
  /** Forwarded, and never answered: it takes effect, and nobody hears of it. */
  | { readonly kind: "unanswered" }
  /** Forwarded, and when it has taken effect the connection is reset. */
  | { readonly kind: "reset-after" }
  /** The connection is reset. */
  | { readonly kind: "reset" };

export interface ProxiedRequest {
  readonly method: string;
  readonly path: string;
  readonly isWatch: boolean;
  /** Of the leases API. */
  readonly isLease: boolean;
}

/** A request with a fencing token, as it arrived here. */
export interface Effect {
  readonly wallMs: number;
  readonly pod: string;
  readonly fencingToken: bigint;
  /** Wall-clock ms at which the promise ends under which it was made. */
  readonly promiseUntilMs: number;
  /** What the server said to it; null while it has not, and where it was never forwarded. */
  status: number | null;
}

export interface FaultPlan {
  fateOf(request: ProxiedRequest): Fate;
  /** Whether the events of watches, new and old, come through. */
  readonly carriesEvents: boolean;
}

export interface FaultProxy {
  readonly port: number;
  /** From now on; null: everything passes. */
  set(plan: FaultPlan | null): void;
  /** Ends every connection that exists; new ones work. */
  drop(): void;
  /** Leaves every connection that exists standing, and carries nothing on it any more; new ones work. */
  halfOpen(): void;
  /** Ends every watch as a server does that no longer has its history: an ERROR event of 410 in a 200. */
  expireWatches(): void;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  readonly pod: string;
  readonly target: Pick<ContractTarget, "url" | "certificateAuthority">;
  readonly certificate: ServingCertificate;
  readonly onEffect: (effect: Effect) => void;
  readonly clock: Clock;
}

/** The header by which a worker says when its promise ends (worker-program.ts). */
export const promiseHeader = "promise-until";
const fencingHeader = "fencing-token";
// As long as any test: what ends a connection here is one of its two ends.
const keptMs = 600_000;
const pass: FaultPlan = { fateOf: () => ({ kind: "pass" }), carriesEvents: true };
const expired = JSON.stringify({
  type: "ERROR",
  object: {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    message: "too old resource version",
    reason: "Expired",
    code: 410,
  },
});

export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { pod, target, certificate, clock } = options;
  const sockets = new Map<Socket, Client>();
  const dead = new WeakSet<Socket>();
  const watches = new Set<ServerResponse>();
  const closing = new AbortController();
  let plan = pass;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/", socket } = incoming;
    const isWatch = /[?&]watch=(1|true)/.test(path);
    const effect = note(incoming);
    if (dead.has(socket)) return;
    const fate = plan.fateOf({ method, path, isWatch, isLease: path.includes("/leases") });
    if (fate.kind === "lost") return;
    if (fate.kind === "reset") return void reset(socket);
    if (fate.kind === "answer") return answerHere(response, fate);
    if (fate.kind === "late") await clock.sleep(fate.delayMs, closing.signal);
    if (isWatch) return await carryWatch(incoming, response);
    const { statusCode, headers, body } = await forward(incoming);
    if (effect !== null) effect.status = statusCode;
    const answer = Buffer.from(await body.arrayBuffer());
    if (fate.kind === "reset-after") return void reset(socket);
    if (fate.kind === "unanswered" || dead.has(socket)) return;
    response.writeHead(statusCode, kept(headers)).end(answer);
  }

  function note({ headers }: IncomingMessage): Effect | null {
    const token = headers[fencingHeader];
    if (typeof token !== "string") return null;
    const promiseUntilMs = Number(headers[promiseHeader]);
    const { wallMs } = clock.now();
    const effect: Effect = { wallMs, pod, fencingToken: BigInt(token), promiseUntilMs, status: null };
    options.onEffect(effect);
    return effect;
  }

  /** Each connection here has one there, so that a new one is a new one all the way. */
  function upstreamOf(socket: Socket): Client {
    const known = sockets.get(socket);
    if (known !== undefined) return known;
    const client = new Client(target.url, {
      connect: { ca: target.certificateAuthority, timeout: keptMs },
      keepAliveTimeout: keptMs,
      keepAliveMaxTimeout: keptMs,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    sockets.set(socket, client);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      sockets.delete(socket);
      // A request that is under way there goes on, since what was sent may take effect; unless close() below ends it.
      client.close().catch(() => client.destroy());
    });
    return client;
  }

  async function forward(incoming: IncomingMessage, signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
    const { host: _, connection: __, "content-length": ___, ...headers } = incoming.headers;
    return await upstreamOf(incoming.socket).request({
      path: incoming.url ?? "/",
      method: incoming.method as "GET",
      headers,
      body: pieces.length === 0 ? null : Buffer.concat(pieces),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  async function carryWatch(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const { statusCode, headers, body } = await forward(
      incoming,
      AbortSignal.any([gone.signal, closing.signal]),
    );
    response.writeHead(statusCode, kept(headers));
    response.flushHeaders();
    watches.add(response);
    try {
      for await (const piece of body as AsyncIterable<Buffer>) {
        if (plan.carriesEvents && !dead.has(incoming.socket) && !response.writableEnded)
          response.write(piece);
      }
      if (!dead.has(incoming.socket)) response.end();
    } finally {
      watches.delete(response);
    }
  }

  const server = createServer({ cert: certificate.certificate, key: certificate.privateKey });
  server.on("request", (incoming: IncomingMessage, response: ServerResponse) => {
    // Whatever ends an exchange here (the peer went, the server went, the test is over) is for the peer a connection
    // that ended, and that is what it gets.
    void handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  server.on("secureConnection", upstreamOf);
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    port: (server.address() as AddressInfo).port,
    set: (next) => void (plan = next ?? pass),
    drop() {
      for (const socket of sockets.keys()) socket.destroy();
    },
    halfOpen() {
      for (const socket of sockets.keys()) dead.add(socket);
    },
    expireWatches() {
      for (const response of watches) response.end(`${expired}\n`);
    },
    async close() {
      closing.abort();
      const clients = [...sockets.values()];
      for (const socket of sockets.keys()) socket.destroy();
      server.close();
      await Promise.all(clients.map((client) => client.destroy()));
    },
  };
}

function reset(socket: Socket): void {
  socket.resetAndDestroy();
}

function answerHere(response: ServerResponse, fate: Extract<Fate, { kind: "answer" }>): void {
  const { status, reason, headers = {} } = fate;
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", message: reason, reason, code: status };
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function kept(headers: Dispatcher.ResponseData["headers"]): Record<string, string | string[]> {
  const { connection: _, "transfer-encoding": __, "content-length": ___, ...rest } = headers;
  return rest as Record<string, string | string[]>;
}
