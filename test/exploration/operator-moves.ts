// What happens between an operator and its sidecar, and between that and somebody without a gate. In time, a question is asked
// and answered within one move; one that is late, or waits for a stopped sidecar, is under way.
import { isLeading } from "../../sidecar/election/election.ts";
import { absentAtMs } from "../../sidecar/election/presence.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import { struck, type MayStrike, type Move } from "./move.ts";
import { askedInTime, hangUp, hear, isRunning, reach, sending, shut } from "./operator-process.ts";
import { ask, tell } from "./sidecar-moves.ts";
import {
  podAt,
  tickMs,
  withOperator,
  withPod,
  type Pod,
  type PodSettings,
  type Question,
  type World,
} from "./small-world.ts";
import { tokenOf, validityEndMs } from "../../sidecar/election/term.ts";

/** How long a gate waits for an answer before it ends the connection, in ms: as in follow.ts, to the next tick. */
const patienceMs = 3 * tickMs;

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
    opening.fencingToken !== tokenOf(election.term) ||
    opening.untilMs < validityEndMs(election.term)
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

export function operatorMoves(world: World, at: number, settings: PodSettings, mayStrike: MayStrike): Move[] {
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
      next: shut(world, at),
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

function askMoves(world: World, at: number, settings: PodSettings, mayStrike: MayStrike): Move[] {
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
