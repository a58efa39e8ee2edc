// A whole world to bytes, and back. What is written of a world decides everything that may come of it.
import type { Gate } from "../../gate/promise.ts";
import type { Moment } from "../../platform/clock.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import { pools, Reader, Writer, type Coder } from "./coder.ts";
import { codeElection, liveIds } from "./election-shape.ts";
import { codeCall, codeLease, codeVersion, codeWatch } from "./lease-shape.ts";
import {
  baseMs,
  tickMs,
  type Call,
  type Operator,
  type Pod,
  type Question,
  type World,
} from "./small-world.ts";

/** Ticks after which it does not matter how long ago a question was asked. */
const longestAskTicks = 4;

export interface Encoded {
  readonly bytes: Uint8Array;
  /** Which place each pod had in the world that was given. */
  readonly order: readonly number[];
}

const writer = new Writer();
const reader = new Reader();

/** The world's bytes. `isSymmetric`: pods differ by nothing but their names. */
export function encode(world: World, isSymmetric: boolean): Encoded {
  const alive = aliveTimes(world);
  const isTimeAlive = (renewTime: string): boolean => alive.has(renewTime);
  writer.begin(world.nowMs);
  for (const [at, pod] of world.pods.entries()) {
    writer.beginPod(at, pod.waitMs, pod.actMs);
    codePod(writer, pod, isTimeAlive, world.terms, world);
  }
  writer.beginRest();
  codeRest(writer, world);
  return writer.finish(isSymmetric);
}

/** The world that has these bytes: every clock of it shows `baseMs`. */
export function decode(bytes: Uint8Array, pods: number): World {
  const counts = reader.begin(bytes);
  const terms = counts[pools.term] as number;
  const all: Pod[] = [];
  for (let at = 0; at < pods; at += 1) all.push(codePod(reader, undefined, () => true, terms, undefined));
  return {
    nowMs: baseMs,
    pods: all,
    terms,
    times: counts[pools.time] as number,
    lives: counts[pools.uid] as number,
    finding: null,
    ...codeRest(reader, undefined),
  };
}

type Rest = Pick<World, "revision" | "lease" | "faultsLeft" | "foreignUntilMs" | "last">;

function codeRest(c: Coder, world: World | undefined): Rest {
  return {
    revision: c.rank(pools.version, world?.revision),
    lease: c.maybe(world?.lease, (lease) => codeLease(c, lease, true)),
    faultsLeft: c.byte(world?.faultsLeft),
    foreignUntilMs: c.true(world?.foreignUntilMs, 0),
    last: c.maybe(world?.last, (last) => ({ token: codeVersion(c, last?.token), pod: c.place(last?.pod) })),
  };
}

function codePod(
  c: Coder,
  pod: Pod | undefined,
  isTimeAlive: (renewTime: string) => boolean,
  terms: number,
  world: World | undefined,
): Pod {
  const ids = liveIds(pod?.election ?? null);
  const idOf = (id: number): number => ids.indexOf(id) + 1;
  return {
    waitMs: baseMs,
    actMs: baseMs,
    election: c.maybe(pod?.election, (election) => codeElection(c, election, isTimeAlive, terms)),
    isStopped: c.flag(pod?.isStopped),
    isAsleep: c.flag(pod?.isAsleep),
    calls: c.list(pod && world && livingCalls(pod, world), (call) => codeCall(c, call, idOf)),
    watch: c.maybe(pod?.watch, (of) => codeWatch(c, of, idOf)),
    isEndComing: c.flag(pod?.isEndComing),
    operator: c.maybe(pod?.operator, (operator) => codeOperator(c, operator)),
    askerUntilMs: c.true(pod?.askerUntilMs, 0),
  };
}

/** A pod's calls, without those that can have no effect any more: nobody hears of them, and their preconditions have passed. */
export function livingCalls({ calls, election }: Pod, { lease }: World): readonly Call[] {
  const ids = liveIds(election);
  const version = lease?.metadata.resourceVersion;
  return calls.filter((call) => {
    if (ids.includes(call.id)) return true;
    if (call.kind !== "write") return false;
    const wanted = call.lease.metadata.resourceVersion;
    return call.verb === "create" || wanted === undefined || wanted === version;
  });
}

/** Every renewTime that some record has which may still be seen. */
function aliveTimes(world: World): Set<string> {
  const alive = new Set<string>();
  const add = (lease: { readonly spec?: Readonly<Record<string, unknown>> } | null | undefined): void => {
    const time = lease?.spec?.["renewTime"];
    if (typeof time === "string") alive.add(time);
  };
  add(world.lease);
  for (const { calls, watch, election } of world.pods) {
    add(election?.observation?.record?.lease);
    for (const call of calls) {
      if (call.kind === "write") add(call.lease);
      else if (call.kind !== "read" && "record" in call.outcome) add(call.outcome.record.lease);
    }
    for (const news of watch?.news ?? []) if (news.kind === "changed") add(news.record.lease);
  }
  return alive;
}

function codeOperator(c: Coder, operator: Operator | undefined): Operator {
  const question = c.maybe(operator?.question, (of) => codeQuestion(c, of));
  return {
    gate: codeGate(c, operator?.gate, question !== null),
    isStopped: c.flag(operator?.isStopped),
    asked: c.byte(operator?.asked) as 0 | 1 | 2,
    question,
    isLost: c.flag(operator?.isLost),
    promiseEndMs: c.true(operator?.promiseEndMs, 0),
  };
}

function codeGate(c: Coder, gate: Gate | undefined, isAsked: boolean): Gate {
  return {
    opening: c.maybe(gate?.opening, (of) => ({
      fencingToken: c.maybe(of?.fencingToken, (token) => codeVersion(c, token)),
      // For the log.
      number: 0,
      untilMs: c.act(of?.untilMs, 0),
    })),
    // It makes a gate deaf to a question under way, and to no later one.
    ignoredUntilMs: isAsked ? c.wait(gate?.ignoredUntilMs, -longestAskTicks - 1) : Number.NEGATIVE_INFINITY,
  };
}

function codeQuestion(c: Coder, question: Question | undefined): Question {
  const askedAt: Moment = {
    waitMs: c.wait(question?.askedAt.waitMs, -longestAskTicks),
    actMs: c.act(question?.askedAt.actMs, -longestAskTicks),
    wallMs: 0,
  };
  return {
    askedAt,
    askedTrueMs: c.true(question?.askedTrueMs, -longestAskTicks),
    isFirst: c.flag(question?.isFirst),
    answer: c.maybe(question?.answer, (answer) => codeAnswer(c, answer)),
  };
}

/** Of an answer, what a gate goes by. */
function codeAnswer(c: Coder, answer: LeaderAnswer | undefined): LeaderAnswer {
  return {
    isLeader: c.flag(answer?.isLeader),
    validForMs: c.byte(answer && answer.validForMs / tickMs) * tickMs,
    fencingToken: c.maybe(answer?.fencingToken, (token) => codeVersion(c, token)),
    name: "",
    identity: "",
    term: 0,
    reason: "",
    index: 1,
    lease: { namespace: "", name: "" },
    acquiredAt: null,
    renewedAt: null,
  };
}
