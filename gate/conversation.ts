// The conversation of a gate with its sidecar, as pure as the gate itself: imagine one telephone line. The gate dials, asks,
// and asks again as soon as it has its answer; whatever goes wrong, it first stops acting, then hangs up, and dials anew.
// `converse` is told what happened and says what is to be done, in that order:
// 1. a promise that has run out closes the gate, whatever else has happened;
// 2. the event is taken in: an answer opens, extends or closes the gate, and is followed by the next question; anything
//    wrong with the connection closes the gate and ends the connection;
// 3. where the gate was told "no", or its program ends: the work is drained, and only then the connection is ended, which
//    gives the promise back;
// 4. what is to be done begins with the closing of the gate, so that no connection is ended under an open one;
// 5. what must be true after every step is asserted, in production too.
// It knows nothing of sockets and timers: follow.ts has those.
import type { LeaderAnswer } from "../contract/answer.ts";
import type { Moment } from "../platform/clock.ts";
import { assertSound } from "./assertions.ts";
import { afterAnswer, afterTime, asking, closed, closedGate, type Gate, type Opening } from "./promise.ts";

export interface ConversationSettings {
  /** This pod's name: what another pod's sidecar says is not believed. Null: it is not known. */
  readonly podName: string | null;
  /** How long the sidecar may hold an answer while nothing changes. */
  readonly waitMs: number;
}

export interface Conversation {
  readonly gate: Gate;
  readonly phase: Phase;
  /** Connections so far: the number of the last one. */
  readonly connections: number;
  /** How long the last failure had it rest; the next one doubles that. */
  readonly restMs: number;
}

/** All times are monotonic ms, unless it says otherwise. */
export type Phase =
  /** Between two connections. */
  | { readonly kind: "resting"; readonly untilMs: number }
  | {
      readonly kind: "asking";
      readonly connection: Connection;
      readonly askedAt: Moment;
      readonly waitMs: number;
      /** When it is looked whether the answer has come, and whether the look before was in time. */
      readonly lookAtMs: number;
      readonly wasPrompt: boolean;
    }
  /** The last answer was not understood; what was promised holds. */
  | { readonly kind: "puzzled"; readonly connection: Connection; readonly untilMs: number }
  /** The gate has closed; the connection stays until the work has stopped, or the promise would have run out. */
  | {
      readonly kind: "draining";
      readonly connection: Connection | null;
      readonly untilMs: number;
      /** This program ends: no other connection follows. */
      readonly isLast: boolean;
    }
  | { readonly kind: "ended" };

export interface Connection {
  /** Events name it: what belongs to an earlier one is not heard. */
  readonly id: number;
  readonly sinceMs: number;
  /** The index of the last answer. */
  readonly index: number | null;
}

/** What is heard of a connection. */
export type Heard =
  | { readonly type: "answered"; readonly answer: LeaderAnswer }
  /** Well-formed HTTP that is not an answer; `message` is for the log. */
  | { readonly type: "puzzling"; readonly message: string }
  /** 409: another connection is the gate. 421: it is another pod's sidecar. */
  | { readonly type: "refused"; readonly why: "another gate" | "another pod" }
  /** Reset, ended, not reached, about to be closed, or not HTTP. */
  | { readonly type: "lost"; readonly reason: string };

/** What can happen. `on` is a connection. */
export type ConversationEvent =
  /** The timer; also the beginning. */
  | { readonly type: "woken" }
  /** Somebody looks at the gate: between two turns of the loop, so it says nothing about what has yet to be read. */
  | { readonly type: "looked" }
  | (Heard & { readonly on: number })
  /** The work has stopped. `on`: as in the action. */
  | { readonly type: "drained"; readonly on: number }
  /** This program ends. */
  | { readonly type: "closing" };

/** What is to be done, in this order. */
export type ConversationAction =
  /**
   * The term is over: nothing more is sent under it. What has been sent is torn down, unless it `mayFinish`: then the connection
   * waits for it.
   */
  | { readonly type: "close"; readonly reason: string; readonly mayFinish: boolean }
  /** A term begins. */
  | { readonly type: "open"; readonly opening: Opening }
  | { readonly type: "connect"; readonly on: number }
  | { readonly type: "ask"; readonly on: number; readonly waitMs: number; readonly index: number | null }
  /** Let the work stop, and say `drained` then. */
  | { readonly type: "drain"; readonly on: number }
  /** `trouble`: what was wrong with the connection; null: it is ended to give the promise back. */
  | { readonly type: "end"; readonly on: number; readonly trouble: string | null };

export interface Conversed {
  readonly conversation: Conversation;
  readonly actions: readonly ConversationAction[];
}

/** An answer from the loopback takes a millisecond; a sidecar that takes this long is hung. */
export const patienceMs = 2000;
/** After a failure: soon, since a sidecar restarts in a moment, and then less and less often. */
const firstRestMs = 10;
const longestRestMs = 500;
/** Work is let stop for this long at least, also where no promise is left that it could hold up. */
const shortestDrainMs = 4000;
// Timers come before what has arrived on sockets, so when the time is up the answer may be there, unread: after a stall of this
// process, of whatever length, it surely is. So the gate looks again, and gives up only when two looks in a row were in time;
// between them the loop has read what was there. A look this late is not in time, and gives the sidecar a moment more. What was
// promised runs out all the same.
const promptMs = 50;
const stallGraceMs = 200;
const nextLookMs = 5;

const never = Number.POSITIVE_INFINITY;

/** Before the first connection; it is to be woken at once. */
export function initialConversation(now: Moment): Conversation {
  const phase: Phase = { kind: "resting", untilMs: now.waitMs };
  return { gate: closedGate, phase, connections: 0, restMs: firstRestMs };
}

/** Whether an answer comes from the sidecar of another pod: on a hostNetwork they share the loopback. */
export function isStranger({ identity }: LeaderAnswer, { podName }: ConversationSettings): boolean {
  return podName !== null && identity !== podName;
}

/** When it is to be woken, in monotonic ms; Infinity: by an event alone. */
export function wakeAtMs({ gate, phase }: Conversation, now: Moment): number {
  const { opening } = gate;
  // The promise is counted on the act clock; asked again at the latest when it would end if that clock ran evenly.
  const expiryMs = opening === null ? never : now.waitMs + (opening.untilMs - now.actMs);
  return Math.min(expiryMs, dueMs(phase));
}

function dueMs(phase: Phase): number {
  if (phase.kind === "ended") return never;
  return phase.kind === "asking" ? phase.lookAtMs : phase.untilMs;
}

/** One step of the conversation. Throws BrokenInvariantError, which is a bug of ours. */
export function converse(
  before: Conversation,
  event: ConversationEvent,
  now: Moment,
  settings: ConversationSettings,
): Conversed {
  const gate = afterTime(before.gate, now);
  const timely = gate === before.gate ? before : { ...before, gate };
  const { conversation, actions } = take(timely, event, now, settings);
  const turns: ConversationAction[] = [];
  const [was, is] = [before.gate.opening, conversation.gate.opening];
  const isSame = was !== null && is !== null && was.fencingToken === is.fencingToken;
  if (was !== null && !isSame) {
    // By a promise that has run out nothing may go on, whatever is told at that moment.
    const hasRunOut = gate.opening === null;
    const reason = hasRunOut ? "the promise ran out" : reasonOf(event, settings);
    turns.push({ type: "close", reason, mayFinish: !hasRunOut && isToldToStop(event, settings) });
  }
  if (is !== null && !isSame) turns.push({ type: "open", opening: is });
  const all = turns.length === 0 ? actions : [...turns, ...actions];
  assertSound(before, event, conversation, all, now);
  return { conversation, actions: all };
}

/** Told to stop while all is well, and not in trouble. */
function isToldToStop(event: ConversationEvent, settings: ConversationSettings): boolean {
  if (event.type === "closing") return true;
  return event.type === "answered" && !event.answer.isLeader && !isStranger(event.answer, settings);
}

/** Why that event closed the gate, or ended the connection. */
function reasonOf(event: ConversationEvent, settings: ConversationSettings): string {
  switch (event.type) {
    case "answered":
      return isStranger(event.answer, settings)
        ? strangerMessage(settings.podName, event.answer.identity)
        : `the sidecar says ${event.answer.reason}`;
    case "refused":
      return event.why === "another gate"
        ? "another connection is the gate"
        : strangerMessage(settings.podName, "another pod");
    case "lost":
      return event.reason;
    case "closing":
      return "this operator is ending";
    default:
      return "no answer in time";
  }
}

function strangerMessage(podName: string | null, identity: string): string {
  return (
    `it is the sidecar of ${identity}, not of ${podName}: pods with hostNetwork on one node need a LEADER_PORT and a ` +
    "LEADER_URL of their own each"
  );
}

function take(
  conversation: Conversation,
  event: ConversationEvent,
  now: Moment,
  settings: ConversationSettings,
): Conversed {
  const { phase } = conversation;
  switch (event.type) {
    case "looked":
      return { conversation, actions: [] };
    case "woken":
      return now.waitMs < dueMs(phase)
        ? { conversation, actions: [] }
        : whenDue(conversation, now, settings, reasonOf(event, settings));
    case "closing":
      return whenClosing(conversation, now);
    case "drained":
      return phase.kind === "draining" && (phase.connection?.id ?? 0) === event.on
        ? whenDrained(conversation, phase, now)
        : { conversation, actions: [] };
    default:
      break;
  }
  // A connection that is drained on, or that is over, has nothing more to say.
  if (!(phase.kind === "asking" || phase.kind === "puzzled") || phase.connection.id !== event.on) {
    return { conversation, actions: [] };
  }
  const { connection } = phase;
  if (event.type === "puzzling") {
    const puzzled: Phase = { kind: "puzzled", connection, untilMs: now.waitMs + longestRestMs };
    return { conversation: { ...conversation, phase: puzzled }, actions: [] };
  }
  if (event.type === "answered" && phase.kind === "asking" && !isStranger(event.answer, settings)) {
    return whenAnswered(conversation, phase, event.answer, now, settings);
  }
  return hangUp(conversation, connection, now, reasonOf(event, settings));
}

function whenAnswered(
  conversation: Conversation,
  { connection, askedAt, waitMs }: Phase & { readonly kind: "asking" },
  answer: LeaderAnswer,
  now: Moment,
  settings: ConversationSettings,
): Conversed {
  const { opening } = conversation.gate;
  const gate = afterAnswer(conversation.gate, { answer, askedAt, waitMs }, now);
  const heard = { ...conversation, gate };
  // Told to stop: what was promised is given back by ending the connection, once nothing is under way.
  if (opening !== null && !answer.isLeader) return drain(heard, connection, opening, now, false);
  return ask(heard, { ...connection, index: answer.index }, now, settings.waitMs);
}

function whenDue(
  conversation: Conversation,
  now: Moment,
  settings: ConversationSettings,
  trouble: string,
): Conversed {
  const { phase } = conversation;
  switch (phase.kind) {
    case "resting":
      return connect(conversation, now);
    case "asking": {
      const isPrompt = now.waitMs <= phase.lookAtMs + promptMs;
      if (isPrompt && phase.wasPrompt) return hangUp(conversation, phase.connection, now, trouble);
      const lookAtMs = now.waitMs + (isPrompt ? nextLookMs : stallGraceMs);
      return {
        conversation: { ...conversation, phase: { ...phase, lookAtMs, wasPrompt: isPrompt } },
        actions: [],
      };
    }
    case "puzzled":
      return ask(conversation, phase.connection, now, settings.waitMs);
    case "draining":
      return whenDrained(conversation, phase, now);
    case "ended":
      return { conversation, actions: [] };
  }
}

function whenClosing(conversation: Conversation, now: Moment): Conversed {
  const { phase, gate } = conversation;
  switch (phase.kind) {
    case "ended":
      return { conversation, actions: [] };
    case "draining":
      return { conversation: { ...conversation, phase: { ...phase, isLast: true } }, actions: [] };
    case "resting":
      return drain(conversation, null, gate.opening, now, true);
    case "asking":
    case "puzzled":
      return drain(conversation, phase.connection, gate.opening, now, true);
  }
}

function whenDrained(
  conversation: Conversation,
  { connection, isLast }: Phase & { readonly kind: "draining" },
  now: Moment,
): Conversed {
  if (connection !== null && !isLast) return hangUp(conversation, connection, now, null);
  const ended = { ...conversation, gate: closed(conversation.gate, now), phase: { kind: "ended" } as const };
  return {
    conversation: ended,
    actions: connection === null ? [] : [{ type: "end", on: connection.id, trouble: null }],
  };
}

function connect(conversation: Conversation, now: Moment): Conversed {
  const id = conversation.connections + 1;
  // The first question is answered at once, so that the second makes this connection the gate.
  const asked = ask({ ...conversation, connections: id }, { id, sinceMs: now.waitMs, index: null }, now, 0);
  return { ...asked, actions: [{ type: "connect", on: id }, ...asked.actions] };
}

function ask(conversation: Conversation, connection: Connection, now: Moment, waitMs: number): Conversed {
  const lookAtMs = now.waitMs + waitMs + patienceMs;
  const phase: Phase = { kind: "asking", connection, askedAt: now, waitMs, lookAtMs, wasPrompt: false };
  const { id: on, index } = connection;
  const gate = asking(conversation.gate);
  return { conversation: { ...conversation, gate, phase }, actions: [{ type: "ask", on, waitMs, index }] };
}

/**
 * Closes the gate, and keeps the connection until the work has stopped. Where that takes longer than the promise, there is
 * nothing left to give back. That is counted by monotonic time: by a clock that was set the promise has run out only for us.
 */
function drain(
  conversation: Conversation,
  connection: Connection | null,
  opening: Opening | null,
  now: Moment,
  isLast: boolean,
): Conversed {
  const leftMs = opening === null ? 0 : opening.outstandingUntilMs - now.waitMs;
  return {
    conversation: {
      ...conversation,
      gate: closed(conversation.gate, now),
      phase: {
        kind: "draining",
        connection,
        untilMs: now.waitMs + Math.max(shortestDrainMs, leftMs),
        isLast,
      },
    },
    actions: [{ type: "drain", on: connection?.id ?? 0 }],
  };
}

/** Closes the gate, ends the connection, and rests before the next one. */
function hangUp(
  conversation: Conversation,
  { id, sinceMs }: Connection,
  now: Moment,
  trouble: string | null,
): Conversed {
  const wasGood = trouble === null || now.waitMs - sinceMs > longestRestMs;
  const restMs = wasGood ? firstRestMs : Math.min(longestRestMs, conversation.restMs * 2);
  return {
    conversation: {
      ...conversation,
      gate: closed(conversation.gate, now),
      phase: { kind: "resting", untilMs: now.waitMs + restMs },
      restMs,
    },
    actions: [{ type: "end", on: id, trouble }],
  };
}
