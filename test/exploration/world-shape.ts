// A whole world to bytes, and back. What is written of a world decides everything that may come of it.
import type { Connection, Conversation, Heard, Phase } from "../../gate/conversation.ts";
import type { Gate } from "../../gate/promise.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import type { GateRole } from "../../sidecar/gate-role.ts";
import { pools, Reader, Writer, type Coder } from "./coder.ts";
import { codeElection, liveIds } from "./election-shape.ts";
import { codeCall, codeLease, codeVersion, codeWatch } from "./lease-shape.ts";
import { baseMs, tickMs, type Call, type Mail, type Operator, type Pod, type World } from "./small-world.ts";

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
  const lines = pod === undefined ? [] : livingLines(pod);
  const lineOf = (line: number): number => lines.indexOf(line) + 1;
  return {
    waitMs: baseMs,
    actMs: baseMs,
    election: c.maybe(pod?.election, (election) => codeElection(c, election, isTimeAlive, terms)),
    isStopped: c.flag(pod?.isStopped),
    isAsleep: c.flag(pod?.isAsleep),
    calls: c.list(pod && world && livingCalls(pod, world), (call) => codeCall(c, call, idOf)),
    watch: c.maybe(pod?.watch, (of) => codeWatch(c, of, idOf)),
    role: codeRole(c, pod?.role, lineOf),
    lines: c.byte(pod && lines.length),
    ends: c.list(pod?.ends, (line) => c.byte(line && lineOf(line))),
    operator: c.maybe(pod?.operator, (operator) => codeOperator(c, operator, lineOf)),
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

/** The connections of a pod that somebody knows of; the rank among them is what a number becomes. */
function livingLines({ role, ends, operator }: Pod): readonly number[] {
  const { gate, newcomers, ending, polls } = role;
  const all = [...newcomers, ...ending, ...polls.map(({ on }) => on), ...ends];
  if (gate !== null) all.push(gate.on);
  if (operator !== null && operator.line > 0) all.push(operator.line);
  return [...new Set(all)].toSorted((one, two) => one - two);
}

function codeRole(c: Coder, role: GateRole | undefined, lineOf: (line: number) => number): GateRole {
  const lines = (of: ReadonlySet<number> | undefined): ReadonlySet<number> =>
    new Set(c.list(of && [...of].toSorted((a, b) => a - b), (line) => c.byte(line && lineOf(line))));
  return {
    gate: c.maybe(role?.gate, (gate) => ({ on: c.byte(gate && lineOf(gate.on)), name: "op" })),
    newcomers: lines(role?.newcomers),
    ending: lines(role?.ending),
    polls: c.list(role?.polls, (poll) => ({
      on: c.byte(poll && lineOf(poll.on)),
      as: c.pick(poll?.as, ["gate", "plain"] as const),
      index: 1,
      untilMs: c.wait(poll?.untilMs, 0),
    })),
  };
}

function codeOperator(c: Coder, operator: Operator | undefined, lineOf: (line: number) => number): Operator {
  const conversation = codeConversation(c, operator?.conversation);
  const isAsking = conversation.phase.kind === "asking";
  return {
    conversation,
    isStopped: c.flag(operator?.isStopped),
    line: c.byte(operator && lineOf(operator.line)),
    mail: c.maybe(operator?.mail, (mail) => codeMail(c, mail, conversation.phase)),
    isLost: c.flag(operator?.isLost),
    askedTrueMs: isAsking ? c.true(operator?.askedTrueMs, -longestAskTicks) : baseMs,
    hasClosedSince: isAsking ? c.flag(operator?.hasClosedSince) : false,
    promiseEndMs: c.true(operator?.promiseEndMs, 0),
  };
}

function codeConversation(c: Coder, of: Conversation | undefined): Conversation {
  const phase = codePhase(c, of?.phase);
  return {
    phase,
    gate: codeGate(c, of?.gate, phase.kind === "asking"),
    // Only what comes from the last connection is represented.
    connections: 1,
    // The first rest is within a tick, and any longer one takes a tick.
    restMs: c.flag(of && of.restMs > 10) ? 20 : 10,
  };
}

function codePhase(c: Coder, of: Phase | undefined): Phase {
  const kind = c.pick(of?.kind, ["resting", "asking", "puzzled", "draining", "ended"] as const);
  const untilMs = (): number => c.wait(of && "untilMs" in of ? of.untilMs : undefined, 0);
  const known = of !== undefined && "connection" in of ? of.connection : null;
  switch (kind) {
    case "resting":
      return { kind, untilMs: untilMs() };
    case "asking": {
      const asking = of?.kind === kind ? of : undefined;
      return {
        kind,
        connection: codeConnection(c, known),
        askedAt: {
          waitMs: c.wait(asking?.askedAt.waitMs, -longestAskTicks),
          actMs: c.act(asking?.askedAt.actMs, -longestAskTicks),
          wallMs: 0,
        },
        waitMs: c.flag(asking && asking.waitMs > 0) ? tickMs / 2 : 0,
        lookAtMs: c.wait(asking?.lookAtMs, 0),
        wasPrompt: c.flag(asking?.wasPrompt),
      };
    }
    case "puzzled":
      return { kind, connection: codeConnection(c, known), untilMs: untilMs() };
    case "draining": {
      const connection = c.maybe(known, (one) => codeConnection(c, one ?? null));
      return { kind, connection, untilMs: untilMs(), isLast: c.flag(of?.kind === kind && of.isLast) };
    }
    case "ended":
      return { kind };
  }
}

function codeConnection(c: Coder, of: Connection | null): Connection {
  return {
    id: 1,
    // Longer than a tick ago is long ago.
    sinceMs: c.wait(of?.sinceMs, -1),
    index: c.flag(of !== null && of.index !== null) ? 1 : null,
  };
}

/** A question on its way is the question that is asked. */
function codeMail(c: Coder, mail: Mail | undefined, phase: Phase): Mail {
  const kind = c.pick(mail?.kind, ["question", "reply"] as const);
  if (kind === "reply") return { kind, heard: codeHeard(c, mail?.kind === kind ? mail.heard : undefined) };
  const { waitMs, index } =
    phase.kind === "asking"
      ? { waitMs: phase.waitMs, index: phase.connection.index }
      : { waitMs: 0, index: null };
  return { kind, question: { name: "op", waitMs, index } };
}

function codeHeard(c: Coder, heard: Heard | undefined): Heard {
  const type = c.pick(heard?.type, ["answered", "puzzling", "refused", "lost"] as const);
  switch (type) {
    case "answered":
      return { type, answer: codeAnswer(c, heard?.type === type ? heard.answer : undefined) };
    case "refused":
      return { type, why: "another gate" };
    case "puzzling":
      return { type, message: "" };
    case "lost":
      return { type, reason: "" };
  }
}

function codeGate(c: Coder, gate: Gate | undefined, isAsking: boolean): Gate {
  return {
    opening: c.maybe(gate?.opening, (of) => ({
      fencingToken: c.maybe(of?.fencingToken, (token) => codeVersion(c, token)),
      // For the log.
      number: 0,
      untilMs: c.act(of?.untilMs, 0),
      // How long work may take to stop: here it takes no time.
      outstandingUntilMs: 0,
    })),
    // It makes a gate deaf to a question under way, and to no later one.
    ignoredUntilMs: isAsking ? c.wait(gate?.ignoredUntilMs, -longestAskTicks - 1) : Number.NEGATIVE_INFINITY,
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
