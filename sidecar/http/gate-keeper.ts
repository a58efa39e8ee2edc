// Drives the sidecar's half of the conversation with a gate: maps sockets to the numbers of connections, their ends and a timer to
// events, and actions to answers. What a connection is, who ended it and how long a poll is held, is in ../gate-role.ts.
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import type { Clock } from "../../platform/clock.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import type { Elector } from "../elector.ts";
import {
  isInTheWay,
  noGate,
  pollsEndMs,
  stepRole,
  type GateQuestion,
  type GateRoleAction,
  type GateRoleEvent,
} from "../gate-role.ts";
import type { Standing } from "./connection-bound.ts";
import { RequestError } from "./http-error.ts";

/** What it needs of an elector. */
export type GateSource = Pick<Elector, "answer" | "index" | "tell" | "onChange" | "isGateForsaken">;

export interface GateKeeper {
  /**
   * Answers a request that calls itself a gate, at once or when its poll is over. Rejects with a RequestError: 409, 429, or
   * 499 where the connection ended meanwhile. `isKept`: the server does not end the connection after the answer.
   */
  ask(socket: Socket, question: GateQuestion, isKept: boolean): Promise<LeaderAnswer>;
  standingOf(socket: Socket): Standing;
  /** To be called before the server itself ends a connection. */
  endedByUs(socket: Socket): void;
}

type Reply = PromiseWithResolvers<LeaderAnswer>;

interface Known {
  readonly socket: Socket;
  /** Requests without an answer, the oldest first. */
  readonly replies: Reply[];
}

export function createGateKeeper(source: GateSource, clock: Clock): GateKeeper {
  let role = noGate;
  let lastId = 0;
  const ids = new WeakMap<Socket, number>();
  const known = new Map<number, Known>();
  let cancelWake = (): void => {};
  let unsubscribe: (() => void) | null = null;

  function tell(event: GateRoleEvent): void {
    const nowMs = clock.now().waitMs;
    const step = stepRole(role, event, nowMs);
    // A timer may be a moment early, and is set again.
    const isOther = step.role.polls !== role.polls || event.type === "woken";
    ({ role } = step);
    if (isOther) waitForPolls(nowMs);
    for (const action of step.actions) perform(action);
  }

  function waitForPolls(nowMs: number): void {
    cancelWake();
    const endMs = pollsEndMs(role);
    if (!Number.isFinite(endMs)) {
      unsubscribe?.();
      unsubscribe = null;
      return;
    }
    unsubscribe ??= source.onChange(() => tell({ type: "changed", index: source.index() }));
    cancelWake = clock.schedule(Math.ceil(endMs - nowMs), () => tell({ type: "woken" }));
  }

  function perform(action: GateRoleAction): void {
    switch (action.type) {
      case "tell":
        return source.tell(action.event);
      case "answer":
        return replyOf(action.on, "oldest").resolve(source.answer(action.as));
      case "refuse":
        return replyOf(action.on, "newest").reject(refusalOf(action));
      case "drop":
        return replyOf(action.on, "oldest").reject(
          new RequestError("GATE_GONE", "the connection ended while the poll was held"),
        );
      case "end":
        known.get(action.on)?.socket.destroy();
    }
  }

  function replyOf(on: number, which: "oldest" | "newest"): Reply {
    const replies = known.get(on)?.replies;
    const reply = which === "oldest" ? replies?.shift() : replies?.pop();
    assert.ok(reply, `connection ${on} has asked`);
    return reply;
  }

  /** The connection's number; its end is heard from now on. */
  function idOf(socket: Socket): number {
    const noted = ids.get(socket);
    if (noted !== undefined) return noted;
    lastId += 1;
    const on = lastId;
    ids.set(socket, on);
    known.set(on, { socket, replies: [] });
    const ended = (): void => {
      if (!known.has(on)) return;
      tell({ type: "ended", on });
      known.delete(on);
    };
    // "end" is the peer's FIN, which comes before "close"; a reset comes as "close" alone.
    // Ours is heard before the server's own: a release that it leads to is then sent before a held poll is wound up.
    socket.prependOnceListener("end", ended);
    socket.once("close", ended);
    return on;
  }

  return {
    async ask(socket, question, isKept) {
      // What had come before the connection's end may be read after it; an end that nobody hears any more leaves nothing behind.
      const on = socket.destroyed ? 0 : idOf(socket);
      const connection = known.get(on);
      if (connection === undefined) throw new RequestError("GATE_GONE", "the connection has ended");
      const reply = Promise.withResolvers<LeaderAnswer>();
      connection.replies.push(reply);
      const isGateForsaken = isInTheWay(role, on) && source.isGateForsaken();
      tell({ type: "asked", on, question, index: source.index(), isKept, isGateForsaken });
      return await reply.promise;
    },
    standingOf(socket) {
      const on = ids.get(socket) ?? 0;
      if (role.gate?.on === on) return "gate";
      return role.newcomers.has(on) ? "newcomer" : "none";
    },
    endedByUs(socket) {
      if (ids.has(socket) || !socket.destroyed) tell({ type: "ending", on: idOf(socket) });
    },
  };
}

function refusalOf(action: GateRoleAction & { readonly type: "refuse" }): RequestError {
  return action.why === "held"
    ? new RequestError("POLL_HELD", "this connection already holds a poll", "wait")
    : new RequestError(
        "GATE_BUSY",
        `another connection, named ${action.name}, is the gate: close yours, and try again`,
        "gate",
      );
}
