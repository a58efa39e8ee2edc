// The connections to the API server: one that is kept for reads and writes, one for the watch, and short ones. Each goes
// where the API server is when it is opened, with the certificates of that time; the headers of a request are those of the
// moment it is sent.
import { Client } from "undici";
import type { ClusterAccess, IdentityHeaders } from "../../kubernetes/access.ts";
import { createConnector } from "../../kubernetes/connector.ts";

/** A connection, and where it goes. */
export interface Connection {
  readonly client: Client;
  /** The path on that server, which may stand below another. */
  pathOf(path: string): string;
}

export interface ApiConnections {
  /** The kept connection for one use; a new one where there is none, or the API server has moved. */
  kept(use: "calls" | "watch"): Connection;
  /** Has the next call take a new connection: the one in use may be dead without knowing it. */
  abandon(use: "calls" | "watch"): void;
  /** A connection for one call; to be ended with `retire`. */
  short(): Connection;
  /** Lets a connection finish what it carries, and forgets it. */
  retire(connection: Connection): void;
  /** Who asks, as headers. */
  headers(): Promise<IdentityHeaders>;
  /** A request with these headers was answered 401: by a new connection, and what is read anew, the next may do better. */
  distrust(connection: Connection, used: IdentityHeaders): void;
  /** Ends all of them, and whatever is under way. */
  close(): Promise<void>;
}

interface Opened extends Connection {
  readonly server: string;
}

// Setting either to 0 would mean undici's own defaults.
const neverMs = 2 ** 31 - 1;

export function createApiConnections(access: ClusterAccess, connectTimeoutMs: number): ApiConnections {
  const connector = createConnector(access, connectTimeoutMs);
  const clients = new Set<Client>();
  const inUse = new Map<"calls" | "watch", Opened>();

  function open(): Opened {
    const server = access.server();
    const client = new Client(server.origin, {
      pipelining: 1,
      connect: connector,
      keepAliveTimeout: neverMs,
      keepAliveMaxTimeout: neverMs,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: -1,
    });
    clients.add(client);
    const base = server.pathname.replace(/\/$/, "");
    return { client, server: server.href, pathOf: (path) => base + path };
  }

  function retire({ client }: Connection): void {
    void client.close().then(
      () => clients.delete(client),
      () => clients.delete(client), // destroyed by close() in the meantime: gone is gone
    );
  }

  function abandon(use: "calls" | "watch"): void {
    const connection = inUse.get(use);
    inUse.delete(use);
    if (connection !== undefined) retire(connection);
  }

  return {
    kept(use) {
      if (inUse.get(use)?.server !== access.server().href) abandon(use);
      const connection = inUse.get(use) ?? open();
      inUse.set(use, connection);
      return connection;
    },
    abandon,
    short: open,
    retire,
    headers: () => access.headers(),
    distrust(connection, used) {
      access.distrust(used);
      for (const [use, { client }] of inUse) if (client === connection.client) inUse.delete(use);
      retire(connection);
    },
    async close() {
      await Promise.allSettled([...clients].map((client) => client.destroy()));
    },
  };
}
