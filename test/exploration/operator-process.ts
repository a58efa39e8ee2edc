// The operator of a pod as a process: the production gate on one connection to its sidecar, which it asks, hears and ends.
import { afterAnswer, afterTime, closed, closedGate, isOpen } from "../../gate/promise.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import { growingTokens } from "../simulation/invariants/growing-tokens.ts";
import { ask, tell } from "./sidecar-moves.ts";
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
  type Question,
  type World,
} from "./small-world.ts";

/** How long a gate's answer is held, in ms. */
const heldMs = tickMs / 2;

export const freshOperator: Operator = {
  gate: closedGate,
  isStopped: false,
  asked: 0,
  question: null,
  isLost: false,
  promiseEndMs: 0,
};

/** True ms until which somebody in the pod may act by a promise that is outstanding. */
export function openUntilMs({ operator, askerUntilMs }: Pod): number {
  const gateUntilMs = operator === null || operator.gate.opening === null ? 0 : operator.promiseEndMs;
  return Math.max(gateUntilMs, askerUntilMs);
}

/** Whether the operator can do anything at the moment. */
export function isRunning(pod: Pod): pod is Pod & { operator: Operator } {
  return pod.operator !== null && !pod.operator.isStopped && !pod.isAsleep;
}

/** A question on its way; the first one makes a connection. */
export function sending(world: World, at: number): { readonly next: World; readonly question: Question } {
  const pod = podAt(world, at);
  const isFirst = pod.operator?.asked === 0;
  const question: Question = {
    askedAt: momentOf(world, pod),
    askedTrueMs: world.nowMs,
    isFirst,
    answer: null,
  };
  // A closed gate is deaf to what was asked up to then; what is asked after it, if in the same tick, is asked later.
  const gate = { ...(pod.operator?.gate ?? closedGate), ignoredUntilMs: Number.NEGATIVE_INFINITY };
  return { next: withOperator(world, at, { gate, question, asked: isFirst ? 1 : 2 }), question };
}

/** Asks, and hears the answer. */
export function askedInTime(world: World, at: number, settings: PodSettings): World {
  const { next, question } = sending(world, at);
  return reach(next, at, question, settings, true);
}

/** The question is answered; `inTime`: and heard. */
export function reach(
  world: World,
  at: number,
  question: Question,
  settings: PodSettings,
  inTime: boolean,
): World {
  const { asked } = podAt(world, at).operator as Operator;
  const to = question.isFirst ? "plain" : "gate";
  let next = world;
  // The second request makes the connection the gate; to say so again changes nothing.
  if (asked === 2 && podAt(next, at).election?.presence.isGateOpen === false) {
    next = tell(next, at, { type: "gate-opened" }, settings);
  }
  next = tell(next, at, { type: "asked", by: to }, settings);
  const said = ask(next, at, to, settings);
  if (said === null) return next;
  if (inTime) return hear(said.world, at, question, said.answer, settings);
  return withOperator(said.world, at, { question: { ...question, answer: said.answer } });
}

/** What an answer does: the gate is the production one. */
export function hear(
  world: World,
  at: number,
  question: Question,
  answer: LeaderAnswer,
  settings: PodSettings,
): World {
  const pod = podAt(world, at);
  const operator = pod.operator as Operator;
  const now = momentOf(world, pod);
  // The timer comes before what has arrived: a gate that it has shut has nothing to give back.
  const before = afterTime(operator.gate, now);
  const waitMs = question.isFirst ? 0 : heldMs;
  const gate = afterAnswer(before, { answer, askedAt: question.askedAt, waitMs }, now);
  const { opening } = gate;
  const isSame = opening !== null && before.opening?.fencingToken === opening.fencingToken;
  const endMs = question.askedTrueMs + answer.validForMs;
  const promiseEndMs =
    opening === null ? operator.promiseEndMs : isSame ? Math.max(operator.promiseEndMs, endMs) : endMs;
  let next = withOperator(world, at, { gate, question: null, promiseEndMs });
  if (opening !== null && !isSame) next = withOpening(next, at, opening.fencingToken as string);
  return before.opening !== null && !answer.isLeader ? hangUp(next, at, settings) : next;
}

function withOpening(world: World, at: number, token: string): World {
  const judge = growingTokens();
  const opening = { pod: `pod-${at}`, fencingToken: token, term: 0, atMs: 0, asked: null };
  if (world.last) judge({ ...opening, pod: `pod-${world.last.pod}`, fencingToken: world.last.token });
  return { ...withFinding(world, judge(opening)), last: { token, pod: at } };
}

/** The gate closes, and then its connection ends. */
export function hangUp(world: World, at: number, settings: PodSettings): World {
  const wasGate = podAt(world, at).operator?.asked === 2;
  const next = shut(world, at);
  return wasGate ? connectionEnds(next, at, settings) : next;
}

/** A sidecar that runs sees it at once, one that is stopped when it goes on. */
function connectionEnds(world: World, at: number, settings: PodSettings): World {
  const { election, isStopped } = podAt(world, at);
  if (election === null) return world;
  if (isStopped) return withPod(world, at, { isEndComing: true });
  return tell(world, at, { type: "gate-ended", by: "peer" }, settings);
}

/** The gate closes, and nothing is left of its connection on this side. */
export function shut(world: World, at: number): World {
  const pod = podAt(world, at);
  const operator = pod.operator as Operator;
  const gate = closed(operator.gate, momentOf(world, pod));
  return withOperator(world, at, { gate, asked: 0, question: null, isLost: false });
}

/** The process dies, and the kernel ends its connection. */
export function killOperator(world: World, at: number, settings: PodSettings): World {
  const { operator } = podAt(world, at);
  const next = withPod(world, at, { operator: null });
  return operator?.asked === 2 && !operator.isLost ? connectionEnds(next, at, settings) : next;
}

/** A promise that has run out is forgotten by a gate that runs. */
export function gateAfterTime(pod: Pod, nowMs: number): Operator | null {
  const { operator, waitMs, actMs } = pod;
  if (operator === null || operator.isStopped || pod.isAsleep) return operator;
  const gate = afterTime(operator.gate, { waitMs, actMs, wallMs: 0 });
  return {
    ...operator,
    gate,
    promiseEndMs: isOpen(gate, { waitMs, actMs, wallMs: 0 }) ? operator.promiseEndMs : nowMs,
  };
}
