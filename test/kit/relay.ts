// What stands between a program and a server in a test: a listener on the loopback whose connections go where the test says,
// and do there what it says.
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface Relay {
  readonly port: number;
  /** Ends every connection that exists. */
  drop(): void;
  close(): Promise<void>;
}

/** Joins a connection to the one behind it, until either ends: its bytes go both ways, those of them that `carries` lets. */
type Join = (far: Socket, carries?: () => boolean) => void;

/** `carry` is told of every new connection. `listen` makes the listener: one for TCP, unless told otherwise. */
export async function startRelay(
  carry: (near: Socket, join: Join) => void,
  listen: (onConnection: (near: Socket) => void) => Server = createServer,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isClosing = false;

  function keep(socket: Socket): void {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  }

  function join(near: Socket, far: Socket, carries = (): boolean => true): void {
    keep(far);
    if (near.destroyed) far.destroy();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on("data", (bytes: Buffer) => {
        if (carries() && to.writable) to.write(bytes);
      });
      from.once("close", () => to.destroySoon());
    }
  }

  const server = listen((near) => {
    // Its handshake was under way.
    if (isClosing) return void near.destroy();
    keep(near);
    carry(near, (far, carries) => join(near, far, carries));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    drop,
    async close() {
      isClosing = true;
      drop();
      server.close();
      await once(server, "close");
    },
  };
}
