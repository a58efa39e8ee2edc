// All that may happen next in a world.
import { isOpen } from "../../gate/promise.ts";
import { effectsWithinPromises } from "../model/invariants/effects-within-promises.ts";
import type { Finding } from "../model/invariants/finding.ts";
import { oneOpenGate } from "../model/invariants/one-open-gate.ts";
import { gained } from "./clocks.ts";
import { handMoves } from "./hand-moves.ts";
import type { MayStrike, Move } from "./move.ts";
import { callsAfterTick, isTimedOut, networkMoves } from "./network-moves.ts";
import { askedByTick, isOperatorDue, operatorMoves } from "./operator-moves.ts";
import { openUntilMs, operatorAfterTime } from "./operator-process.ts";
import { processMoves } from "./process-moves.ts";
import type { Scope } from "./scopes.ts";
import { tell } from "./sidecar-moves.ts";
import {
  momentOf,
  podAt,
  tickMs,
  withFinding,
  type Pod,
  type PodSettings,
  type World,
} from "./small-world.ts";

/** Every move that is possible in `world`, always in the same order. What a move has broken is its next world's finding. */
export function movesOf(world: World, scope: Scope, settings: readonly PodSettings[]): readonly Move[] {
  const mayStrike: MayStrike = (kind) => world.faultsLeft > 0 && scope.kinds.includes(kind);
  const moves: Move[] = [];
  for (const [at, told] of settings.entries()) {
    const pod = podAt(world, at);
    if (isToWake(pod)) {
      moves.push({
        tell: (name) => `${name(at)}'s timer is due`,
        next: tell(world, at, { type: "woken" }, told),
      });
    }
    moves.push(
      ...networkMoves(world, at, told, mayStrike),
      ...operatorMoves(world, at, told, mayStrike),
      ...processMoves(world, at, told, mayStrike),
    );
  }
  moves.push(...handMoves(world, settings, mayStrike));
  if (world.pods.every((_pod, at) => !isDue(world, at, settings[at] as PodSettings))) {
    moves.push({ tell: () => "— a tick —", next: tick(world, settings) });
  }
  return moves.map((move) => ({ ...move, next: judged(move.next) }));
}

function judged(world: World): World {
  const actors = world.pods.map((pod, at) => ({ label: `pod-${at}`, openUntilMs: () => openUntilMs(pod) }));
  const found = withFinding(world, oneOpenGate(actors, world.nowMs));
  return world.pods.reduce((so, pod, at) => withFinding(so, looked(world, pod, at)), found);
}

/** A running operator may look at its gate, and act, at any time until the next tick. */
function looked(world: World, pod: Pod, at: number): Finding {
  const { operator } = pod;
  if (operator === null || operator.isStopped || pod.isAsleep) return null;
  if (!isOpen(operator.conversation.gate, momentOf(world, pod))) return null;
  const atMs = world.nowMs + tickMs / 2;
  return effectsWithinPromises().looked({ pod: `pod-${at}`, atMs, promiseEndMs: operator.promiseEndMs });
}

function isToWake(pod: Pod): boolean {
  return pod.election !== null && !pod.isStopped && pod.election.wakeAtMs <= pod.waitMs;
}

/** Whether something in that pod, or on its way to it, has to happen before time goes by: all that is in time. */
function isDue(world: World, at: number, settings: PodSettings): boolean {
  const pod = podAt(world, at);
  const { calls, watch, election, isStopped } = pod;
  if (calls.some(({ id, isLate, kind }) => id !== 0 && !isLate && (kind === "read" || kind === "write")))
    return true;
  if (isOperatorDue(world, at, settings)) return true;
  if (election === null || isStopped) return false;
  if (isToWake(pod)) return true;
  if (calls.some(({ id, isLate }) => id !== 0 && !isLate)) return true;
  if (watch !== null && !watch.isLate && watch.news.length > 0) return true;
  const { read, write } = election.requests;
  return (
    (read.underWay !== null && isTimedOut(pod, read.underWay.sentAtMs, "read", settings)) ||
    write.underWay.some(({ sentAtMs }) => isTimedOut(pod, sentAtMs, "write", settings))
  );
}

function tick(world: World, settings: readonly PodSettings[]): World {
  const nowMs = world.nowMs + tickMs;
  const pods = world.pods.map((pod, at): Pod => {
    const { waitMs, actMs } = gained(pod.isAsleep ? "tick asleep" : "tick");
    const later = { ...pod, waitMs: pod.waitMs + waitMs, actMs: pod.actMs + actMs };
    return { ...later, calls: callsAfterTick(later, settings[at] as PodSettings) };
  });
  let next: World = { ...world, nowMs, pods };
  for (const [at, told] of settings.entries()) next = operatorAfterTime(next, at, told);
  for (const [at, told] of settings.entries()) next = askedByTick(next, at, told);
  return next;
}
