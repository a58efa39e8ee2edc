// The connections to the API server: one that is kept for reads and writes, one for the watch, and short ones. Each goes
// where the API server is when it is opened, with the certificates of that time.
import { Client } from "undici";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import { createConnector } from "../../kubernetes/connector.ts";
import type { Route } from "../../kubernetes/exchange.ts";

export interface ApiConnections {
  /** The kept connection for one use; a new one where there is none, or the API server has moved. */
  kept(use: "calls" | "watch"): Route;
  /** Has the next call take a new connection: the one in use may be dead without knowing it. */
  abandon(use: "calls" | "watch"): void;
  /** A connection for one call; to be ended with `retire`. */
  short(): Route;
  /** Lets a connection finish what it carries, and forgets it. */
  retire(connection: Route): void;
  /** Ends all of them, and whatever is under way. */
  close(): Promise<void>;
}

// Setting either to 0 would mean undici's own defaults.
const neverMs = 2 ** 31 - 1;

export function createApiConnections(access: ClusterAccess, connectTimeoutMs: number): ApiConnections {
  const connector = createConnector(access, connectTimeoutMs);
  const clients = new Set<Route["dispatcher"]>();
  const inUse = new Map<"calls" | "watch", Route>();

  function open(): Route {
    const server = access.server();
    const dispatcher = new Client(server.origin, {
      pipelining: 1,
      connect: connector,
      keepAliveTimeout: neverMs,
      keepAliveMaxTimeout: neverMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: -1,
    });
    clients.add(dispatcher);
    const connection: Route = {
      dispatcher,
      server,
      refused() {
        for (const [use, one] of inUse) if (one === connection) inUse.delete(use);
        retire(connection);
      },
    };
    return connection;
  }

  function retire({ dispatcher }: Route): void {
    void dispatcher.close().then(
      () => clients.delete(dispatcher),
      () => clients.delete(dispatcher), // destroyed by close() in the meantime: gone is gone
    );
  }

  function abandon(use: "calls" | "watch"): void {
    const connection = inUse.get(use);
    inUse.delete(use);
    if (connection !== undefined) retire(connection);
  }

  return {
    kept(use) {
      if (inUse.get(use)?.server.href !== access.server().href) abandon(use);
      const connection = inUse.get(use) ?? open();
      inUse.set(use, connection);
      return connection;
    },
    abandon,
    short: open,
    retire,
    async close() {
      await Promise.allSettled([...clients].map((client) => client.destroy()));
    },
  };
}
