// How many connections are kept, and which of them goes when one more comes: the one that has been silent for longest, never
// the gate's, and one that is about to be the gate only when there is no other. So an operator that comes (again) finds the
// door open, whatever floods the loopback or was left open on it.
import type { Socket } from "node:net";

/** What a connection is to the gate; the dearest is last to go, or never. */
export type Standing = "gate" | "newcomer" | "none";

export interface ConnectionBound {
  /** A connection has come: where that is one too many, another goes. */
  admit(socket: Socket): void;
  /** It has asked something. */
  heard(socket: Socket): void;
}

/** Keeps `most` connections; `end` ends one of them. */
export function createConnectionBound(
  most: number,
  standingOf: (socket: Socket) => Standing,
  end: (socket: Socket) => void,
): ConnectionBound {
  // In the order in which they were last heard.
  const sockets = new Set<Socket>();

  function makeRoom(): void {
    const leaving = dispensable("none") ?? dispensable("newcomer");
    if (leaving === null) return;
    sockets.delete(leaving);
    end(leaving);
  }

  function dispensable(standing: Standing): Socket | null {
    for (const socket of sockets) if (standingOf(socket) === standing) return socket;
    return null;
  }

  return {
    admit(socket) {
      if (sockets.size >= most) makeRoom();
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    },
    heard(socket) {
      // One that was ended, and whose last request was read already, stays out.
      if (sockets.delete(socket)) sockets.add(socket);
    },
  };
}
