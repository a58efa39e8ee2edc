// What stands before two API servers: a TCP balancer on the loopback that gives each new connection to the next of them
// that takes it.
import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

export interface TcpBalancer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startTcpBalancer(backendPorts: readonly number[]): Promise<TcpBalancer> {
  const sockets = new Set<Socket>();
  let turn = 0;

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  }

  /** Tries each backend once, beginning with the one whose turn it is. */
  function carry(near: Socket, triesLeft: number): void {
    const far = connect({ host: "127.0.0.1", port: backendPorts[(turn += 1) % backendPorts.length] ?? 0 });
    keep(far);
    far.once("connect", () => {
      near.pipe(far).pipe(near);
      near.once("close", () => far.destroy());
      far.once("close", () => near.destroy());
      far.on("error", () => near.destroy());
    });
    far.once("error", () => {
      if (far.pending && triesLeft > 1) carry(near, triesLeft - 1);
      else near.destroy();
    });
  }

  const server = createServer((near) => {
    keep(near);
    near.on("error", () => near.destroy());
    carry(near, backendPorts.length);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
