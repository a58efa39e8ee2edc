// The operator of a pod: the production gate on one connection to its sidecar, and somebody without a gate. In time, a
// question is asked and answered within one move; one that is late, or waits for a stopped sidecar, is under way.
import { afterAnswer, afterTime, closed, closedGate, isOpen } from "../../operator/leadership/gate.ts";
import { isLeading } from "../../sidecar/election/election.ts";
import { absentAtMs } from "../../sidecar/election/presence.ts";
import type { LeaderAnswer } from "../../sidecar/leader-answer.ts";
import { growingTokens } from "../simulation/invariants/growing-tokens.ts";
import { struck, type Move } from "./move.ts";
import type { FaultKind } from "./scopes.ts";
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

/** How long a gate's answer is held, and how long a gate waits for one, in ms: as in gate-poller.ts. */
const heldMs = tickMs / 2;
const patienceMs = 3 * tickMs;

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

function isRunning(pod: Pod): pod is Pod & { operator: Operator } {
  return pod.operator !== null && !pod.operator.isStopped && !pod.isAsleep;
}

/** Whether this operator can ask its sidecar, which has accepted its connection or can. */
function canAsk(pod: Pod): boolean {
  if (!isRunning(pod) || pod.election === null || pod.isEndComing) return false;
  const { question, isLost, asked } = pod.operator;
  return question === null && !isLost && (asked > 0 || !pod.isStopped);
}

/** Whether it has to, before the tick is over: a question that changes nothing goes with the tick. */
function hasToAsk(pod: Pod, settings: PodSettings): boolean {
  if (!canAsk(pod) || pod.isStopped) return false;
  return pod.operator?.asked === 0 || hasNews(pod) || isThoughtAbsent(pod, settings);
}

function isThoughtAbsent({ election, waitMs }: Pod, { operatorTimeoutMs }: PodSettings): boolean {
  return election !== null && waitMs >= absentAtMs(election.presence, operatorTimeoutMs);
}

/** A held answer is given at once when it changes: when the gate and the sidecar no longer agree. */
function hasNews({ operator, election, waitMs, actMs }: Pod): boolean {
  const opening = operator?.gate.opening ?? null;
  if (election === null) return false;
  const leads = isLeading(election, { waitMs, actMs, wallMs: 0 });
  if (opening === null) return leads;
  return (
    !leads ||
    opening.fencingToken !== election.term?.fencingToken ||
    opening.untilMs < (election.term?.validUntilMs ?? 0)
  );
}

/** Whether something is due that a running operator does at once. */
export function isOperatorDue(pod: Pod, settings: PodSettings): boolean {
  if (!isRunning(pod)) return false;
  const { question, isLost } = pod.operator;
  return isLost || hasToAsk(pod, settings) || (question !== null && isOverdue(pod, question));
}

function isOverdue(pod: Pod, question: Question): boolean {
  return pod.waitMs >= question.askedAt.waitMs + patienceMs;
}

export function operatorMoves(
  world: World,
  at: number,
  settings: PodSettings,
  mayStrike: (kind: FaultKind) => boolean,
): Move[] {
  const pod = podAt(world, at);
  const moves: Move[] = [];
  if (pod.isEndComing && pod.election !== null && !pod.isStopped) {
    const next = withPod(world, at, { isEndComing: false });
    moves.push({
      tell: (name) => `${name(at)}'s sidecar sees the gate's connection end`,
      next: tell(next, at, { type: "gate-ended", by: "peer" }, settings),
    });
  }
  if (mayStrike("asker")) moves.push(...askerMoves(world, at, settings));
  if (pod.operator !== null && mayStrike("loopback") && pod.operator.asked > 0 && !pod.operator.isLost) {
    moves.push(...cutMoves(world, at, settings));
  }
  const question = pod.operator?.question ?? null;
  // A question that is under way reaches a sidecar that runs, whether or not its operator does.
  if (question !== null && question.answer === null && !pod.isStopped && !pod.isEndComing) {
    moves.push({
      tell: (name) => `${name(at)}'s question reaches its sidecar`,
      next: reach(world, at, question, settings, false),
    });
  }
  if (!isRunning(pod)) return moves;
  if (pod.operator.isLost) {
    moves.push({
      tell: (name) => `${name(at)}'s operator notices its connection's end`,
      next: lose(world, at),
    });
  }
  if (question?.answer) {
    const { answer } = question;
    moves.push({
      tell: (name) => `${name(at)}'s operator hears: ${told(answer)}`,
      next: hear(world, at, question, answer, settings),
    });
  }
  if (question !== null && isOverdue(pod, question)) {
    moves.push({ tell: (name) => `${name(at)}'s gate gives up waiting`, next: hangUp(world, at, settings) });
  }
  if (canAsk(pod)) moves.push(...askMoves(world, at, settings, mayStrike));
  return moves;
}

function told({ isLeader, validForMs, fencingToken }: LeaderAnswer): string {
  return isLeader ? `leader for ${validForMs / tickMs} ticks, token ${fencingToken}` : "not leader";
}

function askMoves(
  world: World,
  at: number,
  settings: PodSettings,
  mayStrike: (kind: FaultKind) => boolean,
): Move[] {
  const pod = podAt(world, at);
  const moves: Move[] = [];
  if (hasToAsk(pod, settings)) {
    // A connection's first question is followed by the second at once, which makes it the gate.
    const connected = pod.operator?.asked === 0 ? askedInTime(world, at, settings) : world;
    const next =
      podAt(connected, at).operator?.asked === 0 ? connected : askedInTime(connected, at, settings);
    const opening = podAt(next, at).operator?.gate.opening;
    const heard = opening ? `open with token ${opening.fencingToken}` : "closed";
    moves.push({ tell: (name) => `${name(at)}'s gate asks: ${heard}`, next });
  }
  if (!mayStrike("loopback") || pod.isStopped) return moves;
  const { next: sent, question } = sending(world, at);
  moves.push(
    { tell: (name) => `${name(at)}'s gate asks, and its question is late`, next: struck(sent) },
    {
      tell: (name) => `${name(at)}'s gate asks, and the answer is late`,
      next: struck(reach(sent, at, question, settings, false)),
    },
  );
  return moves;
}

function sending(world: World, at: number): { readonly next: World; readonly question: Question } {
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

function askedInTime(world: World, at: number, settings: PodSettings): World {
  const { next, question } = sending(world, at);
  return reach(next, at, question, settings, true);
}

/** The question is answered; `inTime`: and heard. */
function reach(world: World, at: number, question: Question, settings: PodSettings, inTime: boolean): World {
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

function hear(
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
  const opening = { pod: `pod-${at}`, fencingToken: token, term: 0, atMs: 0 };
  if (world.last) judge({ ...opening, pod: `pod-${world.last.pod}`, fencingToken: world.last.token });
  return { ...withFinding(world, judge(opening)), last: { token, pod: at } };
}

/** The gate closes, and then its connection ends. */
function hangUp(world: World, at: number, settings: PodSettings): World {
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

/** The sidecar's side is gone. */
function lose(world: World, at: number): World {
  return shut(world, at);
}

function shut(world: World, at: number): World {
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

function cutMoves(world: World, at: number, settings: PodSettings): Move[] {
  const pod = podAt(world, at);
  if (pod.election === null || pod.isStopped || pod.isEndComing) return [];
  const wasGate = pod.operator?.asked === 2 && pod.election.presence.isGateOpen;
  const cut = struck(withOperator(world, at, { isLost: true, question: null }));
  const next = wasGate ? tell(cut, at, { type: "gate-ended", by: "sidecar" }, settings) : cut;
  return [{ tell: (name) => `${name(at)}'s sidecar ends the gate's connection`, next }];
}

/** Somebody asks without a gate, and acts on the answer for as long as it promised. */
function askerMoves(world: World, at: number, settings: PodSettings): Move[] {
  const pod = podAt(world, at);
  if (pod.election === null || pod.isStopped) return [];
  const heard = ask(tell(world, at, { type: "asked", by: "plain" }, settings), at, "plain", settings);
  if (heard === null || !heard.answer.isLeader) return [];
  const askerUntilMs = Math.max(pod.askerUntilMs, world.nowMs + heard.answer.validForMs);
  return [
    {
      tell: (name) => `somebody asks ${name(at)} without a gate: ${told(heard.answer)}`,
      next: struck(withPod(heard.world, at, { askerUntilMs })),
    },
  ];
}

/**
 * A gate always has a question under way. One that changes nothing but the time at which it was asked goes with the tick;
 * one to a sidecar that is stopped waits there.
 */
export function askedByTick(world: World, at: number, settings: PodSettings): World {
  const pod = podAt(world, at);
  if (pod.operator?.asked === 0 || !canAsk(pod) || hasNews(pod)) return world;
  if (pod.isStopped) return sending(world, at).next;
  return isThoughtAbsent(pod, settings) ? world : askedInTime(world, at, settings);
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
