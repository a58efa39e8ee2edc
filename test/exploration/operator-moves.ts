// What happens between an operator and its sidecar, and between that and somebody without a gate. In time, a question is asked
// and answered within one move, and the next one held; what is late, or waits for a stopped process, is mail.
import { isLeading } from "../../sidecar/election/election.ts";
import { absentAtMs } from "../../sidecar/election/presence.ts";
import type { Heard } from "../../gate/conversation.ts";
import { endByUs, isPollHeld, reach, releasePoll, tellRole } from "./gate-moves.ts";
import { struck, type MayStrike, type Move } from "./move.ts";
import { hear, inTime, isRunning, tellOperator } from "./operator-process.ts";
import { ask, tell } from "./sidecar-moves.ts";
import {
  podAt,
  tickMs,
  withPod,
  type Operator,
  type Pod,
  type PodSettings,
  type World,
} from "./small-world.ts";
import { tokenOf, validityEndMs } from "../../sidecar/election/term.ts";

/** Whether the operator is to make a connection, and its sidecar there to accept it. */
function isToConnect(pod: Pod): boolean {
  if (!isRunning(pod) || pod.election === null || pod.isStopped) return false;
  const { phase } = pod.operator.conversation;
  return phase.kind === "resting" && phase.untilMs <= pod.waitMs;
}

/** Whether it is to look for an answer that has not come. */
function isToLook(pod: Pod): boolean {
  if (!isRunning(pod)) return false;
  const { phase } = pod.operator.conversation;
  return phase.kind === "asking" && phase.lookAtMs <= pod.waitMs;
}

/** Whether a poll is held that both sides can go on from. */
function isPollReady(world: World, at: number): boolean {
  const pod = podAt(world, at);
  return isRunning(pod) && pod.election !== null && !pod.isStopped && isPollHeld(world, at);
}

/**
 * Whether the poll has to be answered before the tick is over: one that changes nothing but the time at which it was asked
 * goes with the tick.
 */
function isPollDue(world: World, at: number, settings: PodSettings): boolean {
  const pod = podAt(world, at);
  return isPollReady(world, at) && (hasNews(pod) || isThoughtAbsent(pod, settings));
}

function isThoughtAbsent({ election, waitMs }: Pod, { operatorTimeoutMs }: PodSettings): boolean {
  return election !== null && waitMs >= absentAtMs(election.presence, operatorTimeoutMs);
}

/** A held answer is given at once when it changes: when the gate and the sidecar no longer agree. */
function hasNews({ operator, election, waitMs, actMs }: Pod): boolean {
  const opening = operator?.conversation.gate.opening ?? null;
  if (election === null) return false;
  const leads = isLeading(election, { waitMs, actMs, wallMs: 0 });
  if (opening === null) return leads;
  return (
    !leads ||
    opening.fencingToken !== tokenOf(election.term) ||
    opening.untilMs < validityEndMs(election.term)
  );
}

/** Whether something is due that happens at once. */
export function isOperatorDue(world: World, at: number, settings: PodSettings): boolean {
  const pod = podAt(world, at);
  if (pod.ends.length > 0 && pod.election !== null && !pod.isStopped) return true;
  if (!isRunning(pod)) return false;
  return pod.operator.isLost || isToConnect(pod) || isToLook(pod) || isPollDue(world, at, settings);
}

export function operatorMoves(world: World, at: number, settings: PodSettings, mayStrike: MayStrike): Move[] {
  const pod = podAt(world, at);
  const moves: Move[] = [];
  const [end] = pod.ends;
  if (end !== undefined && pod.election !== null && !pod.isStopped) {
    const next = withPod(world, at, { ends: pod.ends.slice(1) });
    moves.push({
      tell: (name) => `${name(at)}'s sidecar sees a connection end`,
      next: tellRole(next, at, { type: "ended", on: end }, settings),
    });
  }
  if (mayStrike("asker")) moves.push(...askerMoves(world, at, settings));
  const { operator } = pod;
  if (operator === null) return moves;
  if (
    mayStrike("loopback") &&
    operator.line > 0 &&
    !operator.isLost &&
    pod.election !== null &&
    !pod.isStopped
  ) {
    moves.push({
      tell: (name) => `${name(at)}'s sidecar ends the gate's connection`,
      next: struck(endByUs(world, at, settings)),
    });
  }
  // A question that is under way reaches a sidecar that runs, whether or not its operator does.
  if (operator.mail?.kind === "question" && pod.election !== null && !pod.isStopped) {
    moves.push({
      tell: (name) => `${name(at)}'s question reaches its sidecar`,
      next: reach(world, at, settings),
    });
  }
  if (!isRunning(pod)) return moves;
  if (operator.isLost) {
    const { connections: on } = operator.conversation;
    moves.push({
      tell: (name) => `${name(at)}'s operator notices its connection's end`,
      next: tellOperator(world, at, { type: "lost", reason: "", on }, settings),
    });
  }
  if (operator.mail?.kind === "reply") {
    const { heard } = operator.mail;
    moves.push({
      tell: (name) => `${name(at)}'s operator hears: ${told(heard)}`,
      next: inTime(hear(world, at, settings), at, settings),
    });
  }
  if (isToLook(pod)) {
    moves.push({
      tell: (name) => `${name(at)}'s gate looks for its answer`,
      next: tellOperator(world, at, { type: "woken" }, settings),
    });
  }
  return [...moves, ...askMoves(world, at, settings, mayStrike)];
}

function told(heard: Heard): string {
  if (heard.type !== "answered") return heard.type;
  const { isLeader, validForMs, fencingToken } = heard.answer;
  return isLeader ? `leader for ${validForMs / tickMs} ticks, token ${fencingToken}` : "not leader";
}

/** The ways in which the next exchange may go. */
function askMoves(world: World, at: number, settings: PodSettings, mayStrike: MayStrike): Move[] {
  const moves: Move[] = [];
  const isConnecting = isToConnect(podAt(world, at));
  if (!isConnecting && !isPollReady(world, at)) return moves;
  const first = isConnecting
    ? tellOperator(world, at, { type: "woken" }, settings)
    : releasePoll(world, at, settings);
  if (isConnecting || isPollDue(world, at, settings)) {
    const next = inTime(first, at, settings);
    const opening = (podAt(next, at).operator as Operator).conversation.gate.opening;
    const heard = opening ? `open with token ${opening.fencingToken}` : "closed";
    moves.push({ tell: (name) => `${name(at)}'s gate asks: ${heard}`, next });
  }
  if (!mayStrike("loopback")) return moves;
  // Of a connection's first question, and of a poll: the question is late, or the answer.
  const isAsked = podAt(first, at).operator?.mail?.kind === "question";
  const answered = isAsked ? reach(first, at, settings) : first;
  moves.push(
    {
      tell: (name) => `${name(at)}'s gate asks, and its question is late`,
      next: struck(isAsked ? first : hear(first, at, settings)),
    },
    { tell: (name) => `${name(at)}'s gate asks, and the answer is late`, next: struck(answered) },
  );
  return moves;
}

/** Somebody asks without a gate, and acts on the answer for as long as it promised. */
function askerMoves(world: World, at: number, settings: PodSettings): Move[] {
  const pod = podAt(world, at);
  if (pod.election === null || pod.isStopped) return [];
  const heard = ask(tell(world, at, { type: "asked", by: "plain" }, settings), at, "plain", settings);
  if (heard === null || !heard.answer.isLeader) return [];
  const askerUntilMs = Math.max(pod.askerUntilMs, world.nowMs + heard.answer.validForMs);
  const words = told({ type: "answered", answer: heard.answer });
  return [
    {
      tell: (name) => `somebody asks ${name(at)} without a gate: ${words}`,
      next: struck(withPod(heard.world, at, { askerUntilMs })),
    },
  ];
}

/**
 * A gate always has a question under way, and no poll is held for longer than a tick. One that changes nothing but the time at
 * which it was asked goes with the tick; the answer to an operator that is stopped waits there.
 */
export function askedByTick(world: World, at: number, settings: PodSettings): World {
  const pod = podAt(world, at);
  if (pod.election === null || pod.isStopped || pod.isAsleep || !isPollHeld(world, at)) return world;
  if (isPollDue(world, at, settings)) return world;
  return inTime(releasePoll(world, at, settings), at, settings);
}
