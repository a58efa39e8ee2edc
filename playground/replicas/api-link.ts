// A replica's way to the API server, which can be cut: a TCP relay that stops carrying bytes and leaves every connection
// standing, as a network that drops packets does. Healed, it ends the old connections, since what was lost in them is
// lost, and carries new ones.
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";

export interface ApiLink {
  readonly port: number;
  isCut(): boolean;
  cut(): void;
  heal(): void;
  close(): Promise<void>;
}

const mostConnections = 256;

/** Opens a relay on the loopback to `host`:`port`. */
export async function openApiLink(host: string, port: number): Promise<ApiLink> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host, port, noDelay: true });
    const pair = [near, far] as const;
    pairs.add(pair);
    const drop = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      // While cut, what arrives is not read any more: the kernel's buffers fill, and nothing gets through.
      from.on("data", (bytes: Buffer) => {
        if (!to.write(bytes)) {
          from.pause();
          to.once("drain", () => !isCut && from.resume());
        }
      });
      from.once("end", () => !isCut && to.end());
      from.once("error", drop);
      from.once("close", () => !isCut && drop());
    }
    if (isCut) pause(pair);
  });
  server.maxConnections = mostConnections;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the relay has no port");

  function pause(pair: readonly [Socket, Socket]): void {
    for (const socket of pair) socket.pause();
  }

  return {
    port: address.port,
    isCut: () => isCut,
    cut() {
      isCut = true;
      for (const pair of pairs) pause(pair);
    },
    heal() {
      isCut = false;
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      pairs.clear();
    },
    async close() {
      for (const pair of pairs) for (const socket of pair) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
