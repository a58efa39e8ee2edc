// What is under way between sidecars and the API server: requests arrive, answers come back, and either may be late, lost or
// refused. To be late is to miss the tick; what is late may come at any time until its sender gives it up, and a write even
// after that, so to be lost needs no move of its own.
import type { ElectionEvent } from "../../sidecar/election/election.ts";
import { struck, type MayStrike, type Move } from "./move.ts";
import { tell } from "./sidecar-moves.ts";
import { podAt, tickMs, withPod, type Call, type Pod, type PodSettings, type World } from "./small-world.ts";
import { commit, withNews } from "./store.ts";
import { recordOf } from "../model/lease-store.ts";

const refused = {
  kind: "failed",
  failure: { kind: "ApiServerUnreachable", message: "refused", retryAfterMs: 0 },
} as const;

/** How much longer than its sender waits for it a late write may still commit. */
const longestAfterMs = tickMs;

/** Whether its driver has given that request up by now. */
export function isTimedOut(
  pod: Pod,
  sentAtMs: number,
  kind: "read" | "write",
  settings: PodSettings,
): boolean {
  const patienceMs = kind === "read" ? settings.renewDeadlineMs / 2 : settings.renewDeadlineMs;
  return pod.waitMs >= sentAtMs + patienceMs;
}

export function networkMoves(world: World, at: number, settings: PodSettings, mayStrike: MayStrike): Move[] {
  const pod = podAt(world, at);
  const moves: Move[] = [];
  for (const call of pod.calls) {
    if (call.kind === "read-answer" || call.kind === "write-answer") {
      if (!pod.isStopped) moves.push(answered(world, at, call, settings));
      continue;
    }
    moves.push(served(world, at, call, settings));
    if (!mayStrike("network")) continue;
    const what = `${call.kind} #${call.id}`;
    if (!call.isLate) {
      moves.push({
        tell: (name) => `${name(at)}'s ${what} is late`,
        next: struck(withCall(world, at, call, { ...call, isLate: true })),
      });
    }
    if (call.id === 0) continue;
    const arrived = arrival(world, at, call);
    const late = withCall(arrived.world, at, call, { ...(arrived.answer as Call), isLate: true });
    moves.push({
      tell: (name) => `${name(at)}'s ${what} arrives (${arrived.what}), and its answer is late`,
      next: struck(late),
    });
    if (call.isLate) continue;
    const outcome = { type: call.kind, id: call.id, outcome: refused } as const;
    moves.push({
      tell: (name) => `${name(at)}'s ${what} is refused`,
      next: struck(tell(withCall(world, at, call, null), at, outcome, settings)),
    });
  }
  moves.push(...timeouts(world, at, settings), ...watchMoves(world, at, settings, mayStrike));
  return moves;
}

function withCall(world: World, at: number, call: Call, instead: Call | null): World {
  const calls = podAt(world, at).calls.flatMap((other) =>
    other !== call ? [other] : instead === null ? [] : [instead],
  );
  return withPod(world, at, { calls });
}

/** A request reaches the server, and its answer the sidecar, if that runs and waits for it. */
function served(world: World, at: number, call: Call, settings: PodSettings): Move {
  const { world: next, answer, what } = arrival(world, at, call);
  const arrived = withCall(next, at, call, answer);
  const isHeard = answer !== null && !podAt(world, at).isStopped;
  return {
    tell: (name) =>
      `${name(at)}'s ${call.kind} #${call.id} arrives (${what})${isHeard ? " and is answered" : ""}`,
    next: isHeard ? answered(arrived, at, answer, settings).next : arrived,
  };
}

interface Arrival {
  readonly world: World;
  /** Null: nobody waits for it. */
  readonly answer: Call | null;
  readonly what: string;
}

function arrival(world: World, at: number, call: Call): Arrival {
  const { id, sentAtMs } = call;
  const back = { id, sentAtMs, isLate: false } as const;
  if (call.kind === "write") {
    const { world: next, lease } = commit(world, at, call.verb, call.lease);
    const outcome =
      lease === null
        ? ({ kind: "conflict" } as const)
        : ({ kind: "written", record: recordOf(lease) } as const);
    const purpose = call.lease.spec?.["holderIdentity"] === "" ? "release" : call.verb;
    return {
      world: next,
      answer: id === 0 ? null : { ...back, kind: "write-answer", outcome },
      what: `${purpose}: ${outcome.kind}`,
    };
  }
  const { lease } = world;
  const outcome =
    lease === null ? ({ kind: "missing" } as const) : ({ kind: "found", record: recordOf(lease) } as const);
  return { world, answer: { ...back, kind: "read-answer", outcome }, what: outcome.kind };
}

/** An answer reaches the sidecar. */
function answered(world: World, at: number, call: Call, settings: PodSettings): Move {
  const without = withCall(world, at, call, null);
  const event = eventOf(call);
  return {
    tell: (name) => `${name(at)} hears of its ${event.type} #${call.id}: ${event.outcome.kind}`,
    next: tell(without, at, event, settings),
  };
}

function eventOf(call: Call): ElectionEvent & { type: "read" | "write" } {
  if (call.kind === "read-answer") return { type: "read", id: call.id, outcome: call.outcome };
  if (call.kind === "write-answer") return { type: "write", id: call.id, outcome: call.outcome };
  throw new Error(`a ${call.kind} is not an answer`);
}

/** The driver gives up what has taken too long; a write that is still out may commit all the same. */
function timeouts(world: World, at: number, settings: PodSettings): Move[] {
  const pod = podAt(world, at);
  if (pod.election === null || pod.isStopped) return [];
  const { read, write } = pod.election.requests;
  const given = [
    ...(read.underWay === null ? [] : [{ type: "read" as const, ...read.underWay }]),
    ...write.underWay.map(({ id, sentAtMs }) => ({ type: "write" as const, id, sentAtMs })),
  ];
  return given
    .filter(({ type, sentAtMs }) => isTimedOut(pod, sentAtMs, type, settings))
    .map(({ type, id }) => {
      const calls = pod.calls
        .filter((call) => call.id !== id || call.kind === "write")
        .map((call) => (call.id === id ? { ...call, id: 0 } : call));
      const without = withPod(world, at, { calls });
      return {
        tell: (name) => `${name(at)} gives up its ${type} #${id}`,
        next: tell(without, at, { type, id, outcome: refused }, settings),
      };
    });
}

function watchMoves(world: World, at: number, settings: PodSettings, mayStrike: MayStrike): Move[] {
  const pod = podAt(world, at);
  const { watch } = pod;
  if (watch === null) return [];
  const moves: Move[] = [];
  const [news] = watch.news;
  if (news !== undefined && !pod.isStopped) {
    const rest = watch.news.slice(1);
    const left =
      news.kind === "ended" ? null : { ...watch, news: rest, isLate: watch.isLate && rest.length > 0 };
    const event = { type: "watch", id: watch.id, news } as const;
    moves.push({
      tell: (name) => `${name(at)}'s watch says: ${news.kind}`,
      next: tell(withPod(world, at, { watch: left }), at, event, settings),
    });
  }
  if (!mayStrike("watch")) return moves;
  if (news === undefined) {
    const next = withPod(world, at, { watch: withNews(watch, { kind: "ended", failure: null }) });
    moves.push({ tell: (name) => `${name(at)}'s watch is ended by the server`, next: struck(next) });
  } else if (!watch.isLate) {
    const next = struck(withPod(world, at, { watch: { ...watch, isLate: true } }));
    moves.push({ tell: (name) => `${name(at)}'s watch is late`, next });
  }
  return moves;
}

/** What is left of the calls when a tick goes by: what nobody waits for is lost unless it is late, and then not for ever. */
export function callsAfterTick(pod: Pod, { renewDeadlineMs }: PodSettings): readonly Call[] {
  const untilMs = renewDeadlineMs + longestAfterMs;
  return pod.calls.filter(
    ({ id, isLate, sentAtMs }) => id !== 0 || (isLate && pod.waitMs < sentAtMs + untilMs),
  );
}
