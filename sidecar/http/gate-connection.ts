// The one connection that is the gate. Which connection that is, and which side ended it, decides whether a promise was
// given back (protocol, "The operator's half"): so this is kept apart from the routes, and knows nothing else. A gate that fell
// silent with its socket open (a child holds it too, or its process was stopped and replaced) makes way for the next that
// asks, once nothing of what it was promised is left.
import type { Socket } from "node:net";
import type { Standing } from "./connection-bound.ts";

export interface GateEvents {
  onOpen(): void;
  /** `peer`: the operator's side ended it, so its gate is already closed. `sidecar`: we did, which says nothing. */
  onEnd(by: "peer" | "sidecar"): void;
  /** Whether nobody counts on the present gate any more: silent for so long, and no promise left. */
  isForsaken(): boolean;
}

/** What a request that calls itself a gate is. */
export type GateRole =
  /** The first request of its connection: answered, but with no more of a promise than a curl gets. */
  | "newcomer"
  /** The gate. */
  | "gate"
  /** Another connection is the gate. */
  | "busy";

interface Gate {
  readonly socket: Socket;
  readonly name: string;
  /** Its connection is over, or treated as such; heard once. */
  over(): void;
}

export interface GateConnection {
  /** Notes a gate's request on a connection and says what that connection is. */
  request(socket: Socket, name: string): GateRole;
  /** The name that the present gate gave itself; "" when there is none. */
  name(): string;
  standingOf(socket: Socket): Standing;
  /** To be called before the server itself ends a connection. */
  endedByUs(socket: Socket): void;
}

export function createGateConnection(events: GateEvents): GateConnection {
  let gate: Gate | null = null;
  const newcomers = new WeakSet<Socket>();
  const endedHere = new WeakSet<Socket>();

  function become(socket: Socket, name: string): void {
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      gate = null;
      events.onEnd(endedHere.has(socket) ? "sidecar" : "peer");
    };
    // "end" is the peer's FIN, which comes before "close"; a reset comes as "close" alone.
    // Ours is heard before the server's own: a release that it leads to is then sent before a held poll is wound up.
    socket.prependOnceListener("end", over);
    socket.once("close", over);
    gate = { socket, name, over };
    events.onOpen();
  }

  /** Ends the gate that is there, which gives nothing back. */
  function replace({ socket, over }: Gate): void {
    endedHere.add(socket);
    over();
    socket.destroy();
  }

  return {
    request(socket, name) {
      if (gate?.socket === socket) return "gate";
      if (gate !== null) {
        if (!events.isForsaken()) return "busy";
        replace(gate);
      }
      if (!newcomers.has(socket)) {
        newcomers.add(socket);
        return "newcomer";
      }
      become(socket, name);
      return "gate";
    },
    name: () => gate?.name ?? "",
    standingOf(socket) {
      if (gate?.socket === socket) return "gate";
      return newcomers.has(socket) ? "newcomer" : "none";
    },
    endedByUs(socket) {
      endedHere.add(socket);
    },
  };
}
