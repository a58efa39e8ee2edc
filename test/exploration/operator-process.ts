// The operator of a pod as a process: the production conversation, and what it asks for done to the world. In time, what is said
// on the loopback is heard within one move; what is late, or waits for a process that is stopped, is mail.
import {
  converse,
  initialConversation,
  type Conversation,
  type ConversationAction,
  type ConversationEvent,
} from "../../gate/conversation.ts";
import type { Opening } from "../../gate/promise.ts";
import type { Moment } from "../../platform/clock.ts";
import { freshWord } from "../model/invariants/fresh-word.ts";
import { growingTokens } from "../model/invariants/growing-tokens.ts";
import { heededWord } from "../model/invariants/heeded-word.ts";
import { reach, tellRole } from "./gate-moves.ts";
import {
  momentOf,
  podAt,
  tickMs,
  withFinding,
  withOperator,
  withPod,
  type Operator,
  type Pod,
  type PodSettings,
  type World,
} from "./small-world.ts";

/** A poll is held for less than a tick. Nobody's name is known: pods of one world never share a loopback. */
const told = { podName: null, waitMs: tickMs / 2 };
/** More messages in one move than any exchange has. */
const mostMessages = 12;

/** A process that has just started. */
export function freshOperator(world: World, at: number): Operator {
  return {
    conversation: initialConversation(momentOf(world, podAt(world, at))),
    isStopped: false,
    line: 0,
    mail: null,
    isLost: false,
    askedTrueMs: world.nowMs,
    hasClosedSince: false,
    promiseEndMs: 0,
  };
}

/** True ms until which somebody in the pod may act by a promise that is outstanding. */
export function openUntilMs({ operator, askerUntilMs }: Pod): number {
  const isOpen = operator !== null && operator.conversation.gate.opening !== null;
  return Math.max(isOpen ? operator.promiseEndMs : 0, askerUntilMs);
}

/** Whether the operator can do anything at the moment. */
export function isRunning(pod: Pod): pod is Pod & { operator: Operator } {
  return pod.operator !== null && !pod.operator.isStopped && !pod.isAsleep;
}

/** Feeds an event into the conversation, and does what that asks for; a question is then on its way. */
export function tellOperator(
  world: World,
  at: number,
  event: ConversationEvent,
  settings: PodSettings,
): World {
  const pod = podAt(world, at);
  const { operator } = pod;
  if (operator === null) return world;
  const now = momentOf(world, pod);
  const before = operator.conversation.gate.opening;
  const { conversation, actions } = converse(operator.conversation, event, now, told);
  const change = {
    conversation: inTicks(conversation, now),
    promiseEndMs: promiseEnd(operator, before, conversation.gate.opening, event),
  };
  let next = withOperator(world, at, change);
  if (before !== null && isToldToClose(event)) {
    next = withFinding(next, heededWord(`pod-${at}`, event.type, conversation.gate.opening !== null));
  }
  for (const action of actions) next = perform(next, at, action, operator, settings);
  return next;
}

function isToldToClose(event: ConversationEvent): boolean {
  return (
    event.type === "lost" || event.type === "refused" || (event.type === "answered" && !event.answer.isLeader)
  );
}

/** Its timers are set to ticks, and are not late for that; what takes less than half of one takes none. */
function inTicks(conversation: Conversation, now: Moment): Conversation {
  const { phase } = conversation;
  const rounded = (atMs: number): number => {
    const delayMs = atMs - now.waitMs;
    return delayMs < 15 || (phase.kind === "asking" && delayMs < tickMs / 2)
      ? Math.min(atMs, now.waitMs)
      : now.waitMs + Math.ceil(delayMs / tickMs) * tickMs;
  };
  if (phase.kind === "asking") {
    return { ...conversation, phase: { ...phase, lookAtMs: rounded(phase.lookAtMs) } };
  }
  if (phase.kind === "ended") return conversation;
  return { ...conversation, phase: { ...phase, untilMs: rounded(phase.untilMs) } };
}

function promiseEnd(
  { promiseEndMs, askedTrueMs }: Operator,
  before: Opening | null,
  opening: Opening | null,
  event: ConversationEvent,
): number {
  if (opening === null || event.type !== "answered") return promiseEndMs;
  const endMs = askedTrueMs + event.answer.validForMs;
  return before?.fencingToken === opening.fencingToken ? Math.max(promiseEndMs, endMs) : endMs;
}

function perform(
  world: World,
  at: number,
  action: ConversationAction,
  before: Operator,
  settings: PodSettings,
): World {
  const pod = podAt(world, at);
  const operator = pod.operator as Operator;
  switch (action.type) {
    case "close":
      return withOperator(world, at, { hasClosedSince: true });
    case "open":
      return withOpening(world, at, action.opening, before);
    case "connect": {
      const line = pod.lines + 1;
      return withOperator(withPod(world, at, { lines: line }), at, { line });
    }
    case "ask": {
      const { waitMs, index } = action;
      const mail = { kind: "question", question: { name: "op", waitMs, index } } as const;
      return withOperator(world, at, { mail, askedTrueMs: world.nowMs, hasClosedSince: false });
    }
    case "drain":
      // What takes its time to stop is the simulation's.
      return tellOperator(world, at, { type: "drained", on: action.on }, settings);
    case "end":
      return lineEnds(
        withOperator(world, at, { line: 0, mail: null, isLost: false }),
        at,
        operator.isLost ? 0 : operator.line,
        settings,
      );
  }
}

/** `before`: as it was when the answer came. An answer that closes the gate and opens it under another token is a new opening. */
function withOpening(world: World, at: number, { fencingToken }: Opening, before: Operator): World {
  const token = fencingToken as string;
  const pod = podAt(world, at);
  const judge = growingTokens();
  const opening = { pod: `pod-${at}`, fencingToken: token, term: 0, atMs: 0, asked: null };
  if (world.last) judge({ ...opening, pod: `pod-${world.last.pod}`, fencingToken: world.last.token });
  const found = withFinding(world, judge(opening));
  const { phase } = before.conversation;
  if (phase.kind !== "asking") return { ...found, last: { token, pod: at } };
  const observedMs = phase.askedAt.waitMs;
  const closedAtMs = before.hasClosedSince ? observedMs + 1 : observedMs;
  const asked = { observedMs, answeredMs: pod.waitMs, waitMs: phase.waitMs, closedAtMs };
  return { ...withFinding(found, freshWord({ ...opening, asked })), last: { token, pod: at } };
}

/** A sidecar that runs sees a connection's end at once, one that is stopped when it goes on. */
function lineEnds(world: World, at: number, line: number, settings: PodSettings): World {
  const { election, isStopped, ends, role } = podAt(world, at);
  const isKnown = role.gate?.on === line || role.newcomers.has(line);
  if (line === 0 || election === null || !isKnown) return world;
  if (isStopped) return withPod(world, at, { ends: [...ends, line] });
  return tellRole(world, at, { type: "ended", on: line }, settings);
}

/** What has come is heard. */
export function hear(world: World, at: number, settings: PodSettings): World {
  const operator = podAt(world, at).operator as Operator;
  const { mail, conversation } = operator;
  if (mail?.kind !== "reply") return world;
  const without = withOperator(world, at, { mail: null });
  return tellOperator(without, at, { ...mail.heard, on: conversation.connections }, settings);
}

/** In time: all that is on its way arrives, and what that leads to, until a poll is held or nobody is there to hear. */
export function inTime(world: World, at: number, settings: PodSettings): World {
  let next = world;
  for (let left = mostMessages; left > 0; left -= 1) {
    const pod = podAt(next, at);
    const mail = pod.operator?.mail ?? null;
    if (mail?.kind === "question" && pod.election !== null && !pod.isStopped)
      next = reach(next, at, settings);
    else if (mail?.kind === "reply" && isRunning(pod)) next = hear(next, at, settings);
    else return next;
  }
  throw new Error(`more than ${mostMessages} messages in one move`);
}

/** The process dies, and the kernel ends its connection. */
export function killOperator(world: World, at: number, settings: PodSettings): World {
  const { operator } = podAt(world, at);
  const line = operator === null || operator.isLost ? 0 : operator.line;
  return lineEnds(withPod(world, at, { operator: null }), at, line, settings);
}

/** A promise that has run out is forgotten by a gate that runs. */
export function operatorAfterTime(world: World, at: number, settings: PodSettings): World {
  const pod = podAt(world, at);
  if (!isRunning(pod)) return world;
  const next = tellOperator(world, at, { type: "looked" }, settings);
  const isClosed = podAt(next, at).operator?.conversation.gate.opening === null;
  return isClosed ? withOperator(next, at, { promiseEndMs: next.nowMs }) : next;
}
