// The sidecar's half of the conversation with a gate, as pure as the election that it tells of it: imagine a door with one
// chair behind it. A connection that asks as a gate is a newcomer first; with its second request it takes the chair, unless another
// sits there. Who ended the connection of the one on the chair decides whether a promise was given back.
// 1. A newcomer is answered as anybody is. The second request of its connection makes that the gate.
// 2. While one connection is the gate, another is refused, unless nobody counts on the gate any more: then the sidecar ends
//    it, which gives nothing back.
// 3. A poll is held while the index is the one that it knows, and for its time at most.
// 4. An end that comes from the gate's side gives its promise back; one that the sidecar caused itself says nothing.
// Connections are numbers here; http/gate-keeper.ts knows their sockets.
import type { ElectionEvent } from "./election/election.ts";

export interface GateRole {
  readonly gate: Gate | null;
  /** Connections that have asked once. */
  readonly newcomers: ReadonlySet<number>;
  /** Connections that the sidecar itself is about to end. */
  readonly ending: ReadonlySet<number>;
  readonly polls: readonly Poll[];
}

interface Gate {
  readonly on: number;
  readonly name: string;
}

/** A question whose answer is held. */
interface Poll {
  readonly on: number;
  readonly as: Asker;
  readonly index: number;
  /** Monotonic ms. */
  readonly untilMs: number;
}

/** As whom a connection is answered: the gate gets all that is left of the validity, anybody else two seconds at most. */
type Asker = "gate" | "plain";

/** A request that calls itself a gate. */
export interface GateQuestion {
  readonly name: string;
  /** How long the answer may be held, in ms. */
  readonly waitMs: number;
  /** The index that the asker knows; null: any state is news. */
  readonly index: number | null;
}

/** What can happen; `index` is always the present one. */
export type GateRoleEvent =
  | {
      readonly type: "asked";
      readonly on: number;
      readonly question: GateQuestion;
      readonly index: number;
      /** False: the server ends this connection after the answer. */
      readonly isKept: boolean;
      /** Whether nobody counts on the present gate any more; asked for only where `isInTheWay`. */
      readonly isGateForsaken: boolean;
    }
  /** An answer would now be another than before. */
  | { readonly type: "changed"; readonly index: number }
  /** The timer. */
  | { readonly type: "woken" }
  /** The server is about to end that connection. */
  | { readonly type: "ending"; readonly on: number }
  /** That connection is over. */
  | { readonly type: "ended"; readonly on: number };

/** What is to be done, in this order. */
export type GateRoleAction =
  | { readonly type: "tell"; readonly event: ElectionEvent }
  | { readonly type: "answer"; readonly on: number; readonly as: Asker }
  /** `held`: a poll of that connection is held already. `busy`: another connection, of that name, is the gate. */
  | { readonly type: "refuse"; readonly on: number; readonly why: "held" }
  | { readonly type: "refuse"; readonly on: number; readonly why: "busy"; readonly name: string }
  /** Its poll is forgotten: nobody is there to hear the answer, so that no promise may be noted for it. */
  | { readonly type: "drop"; readonly on: number }
  | { readonly type: "end"; readonly on: number };

export interface GateRoleStep {
  readonly role: GateRole;
  readonly actions: readonly GateRoleAction[];
}

export const noGate: GateRole = {
  gate: null,
  newcomers: new Set(),
  ending: new Set(),
  polls: [],
};

/** Whether another connection than that one is the gate. */
export function isInTheWay({ gate }: GateRole, on: number): boolean {
  return gate !== null && gate.on !== on;
}

/** When a held poll's time is over, in monotonic ms; Infinity: none is held. */
export function pollsEndMs({ polls }: GateRole): number {
  return polls.reduce((atMs, { untilMs }) => Math.min(atMs, untilMs), Number.POSITIVE_INFINITY);
}

/** One step. `nowMs` is monotonic. */
export function stepRole(role: GateRole, event: GateRoleEvent, nowMs: number): GateRoleStep {
  switch (event.type) {
    case "asked":
      return whenAsked(role, event, nowMs);
    case "changed":
      return release(role, ({ index }) => index !== event.index);
    case "woken":
      return release(role, ({ untilMs }) => nowMs >= untilMs);
    case "ending":
      return { role: { ...role, ending: withOne(role.ending, event.on) }, actions: [] };
    case "ended": {
      if (role.gate?.on !== event.on) return forgotten(role, event.on, null);
      return forgotten(role, event.on, role.ending.has(event.on) ? "sidecar" : "peer");
    }
  }
}

function whenAsked(
  role: GateRole,
  event: GateRoleEvent & { readonly type: "asked" },
  nowMs: number,
): GateRoleStep {
  const { on, question, isKept } = event;
  // A connection that is ended after this answer cannot give back what the answer promises.
  if (!isKept || role.ending.has(on)) {
    const ending = withOne(role.ending, on);
    return answerOrHold({ role: { ...role, ending }, actions: [] }, event, "plain", nowMs);
  }
  if (role.gate?.on === on) return answerOrHold({ role, actions: [] }, event, "gate", nowMs);
  if (role.gate !== null && !event.isGateForsaken) {
    return { role, actions: [{ type: "refuse", on, why: "busy", name: role.gate.name }] };
  }
  const before = role.gate === null ? { role, actions: [] } : replaced(role, role.gate.on);
  if (!role.newcomers.has(on)) {
    const newcomers = withOne(before.role.newcomers, on);
    return answerOrHold({ ...before, role: { ...before.role, newcomers } }, event, "plain", nowMs);
  }
  const newcomers = without(before.role.newcomers, on);
  const opened: GateRoleStep = {
    role: { ...before.role, newcomers, gate: { on, name: question.name } },
    actions: [...before.actions, { type: "tell", event: { type: "gate-opened" } }],
  };
  return answerOrHold(opened, event, "gate", nowMs);
}

/** Ends the gate that is there, whose promise has run out. */
function replaced(role: GateRole, on: number): GateRoleStep {
  const { role: free, actions } = forgotten(role, on, "sidecar");
  return { role: free, actions: [...actions, { type: "end", on }] };
}

function answerOrHold(
  before: GateRoleStep,
  { on, question, index }: GateRoleEvent & { readonly type: "asked" },
  as: Asker,
  nowMs: number,
): GateRoleStep {
  const { role } = before;
  const actions: GateRoleAction[] = [...before.actions, { type: "tell", event: { type: "asked", by: as } }];
  if (question.waitMs === 0 || question.index === null || question.index !== index) {
    return { role, actions: [...actions, { type: "answer", on, as }] };
  }
  if (role.polls.some((poll) => poll.on === on)) {
    return { role, actions: [...actions, { type: "refuse", on, why: "held" }] };
  }
  // Being asked may itself be news, which releases it at once.
  const poll = { on, as, index, untilMs: nowMs + question.waitMs };
  return { role: { ...role, polls: [...role.polls, poll] }, actions };
}

function release(role: GateRole, isOver: (poll: Poll) => boolean): GateRoleStep {
  const over = role.polls.filter(isOver);
  if (over.length === 0) return { role, actions: [] };
  return {
    role: { ...role, polls: role.polls.filter((poll) => !over.includes(poll)) },
    actions: over.map(({ on, as }) => ({ type: "answer", on, as })),
  };
}

/** Nothing is kept of that connection. `gateEndedBy`: who ended it, where it was the gate. */
function forgotten(role: GateRole, on: number, gateEndedBy: "peer" | "sidecar" | null): GateRoleStep {
  const actions: GateRoleAction[] = [];
  // A release that it leads to is sent before its poll is wound up.
  if (gateEndedBy !== null) {
    actions.push({ type: "tell", event: { type: "gate-ended", by: gateEndedBy } });
  }
  if (role.polls.some((poll) => poll.on === on)) actions.push({ type: "drop", on });
  return {
    role: {
      ...role,
      gate: role.gate?.on === on ? null : role.gate,
      newcomers: without(role.newcomers, on),
      ending: without(role.ending, on),
      polls: role.polls.filter((poll) => poll.on !== on),
    },
    actions,
  };
}

function withOne(all: ReadonlySet<number>, one: number): ReadonlySet<number> {
  return all.has(one) ? all : new Set(all).add(one);
}

function without(all: ReadonlySet<number>, one: number): ReadonlySet<number> {
  if (!all.has(one)) return all;
  const others = new Set(all);
  others.delete(one);
  return others;
}
