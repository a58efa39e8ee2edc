// What stands before two API servers: a TCP balancer on the loopback that gives each new connection to the next of them
// that takes it.
import { connect, type Socket } from "node:net";
import { startRelay, type Relay } from "../kit/relay.ts";

export async function startTcpBalancer(backendPorts: readonly number[]): Promise<Relay> {
  let turn = 0;

  /** Tries each backend once, beginning with the one whose turn it is. */
  function carry(near: Socket, join: (far: Socket) => void, triesLeft = backendPorts.length): void {
    const far = connect({ host: "127.0.0.1", port: backendPorts[(turn += 1) % backendPorts.length] ?? 0 });
    far.once("connect", () => join(far));
    far.once("error", () => {
      if (far.pending && triesLeft > 1) carry(near, join, triesLeft - 1);
      else near.destroy();
    });
  }

  return await startRelay(carry);
}
