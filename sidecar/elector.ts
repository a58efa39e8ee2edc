// Drives the election: performs what a step asks for, feeds back what became of it, and wakes it when something is due.
// It has no policy of its own; every decision is in election/.
import type { Clock, Moment } from "../platform/clock.ts";
import { answer, nameHolder, reasonOf } from "./election/answer.ts";
import {
  initialElection,
  type Election,
  type ElectionAction,
  type ElectionEvent,
} from "./election/election.ts";
import type { Decision } from "./election/decide.ts";
import { canStepDown } from "./election/receive.ts";
import { isGateForsaken } from "./election/presence.ts";
import type { ElectionSettings } from "./election/settings.ts";
import { step } from "./election/step.ts";
import type { LeaseClient } from "./kubernetes/lease-client.ts";
import type { LeaderAnswer } from "../contract/answer.ts";

/** What a step has changed; `before` is null for the first. */
export interface ElectionChange {
  readonly before: Election;
  readonly after: Election;
  readonly now: Moment;
}

/** Who asks: the gate on its one connection, or anybody with a plain request. */
export type Asker = "gate" | "plain";

export interface Elector {
  /** Begins to read the lease, and to campaign once an operator asks. */
  start(): void;
  /** What /leader says now; the promise it makes is kept in mind. */
  answer(to: Asker): LeaderAnswer;
  /** Notes that somebody has asked who is not the gate, and answers. */
  ask(): LeaderAnswer;
  /** What a plain question would be answered, for who reads no body: nothing is promised, and nothing noted. */
  peek(): LeaderAnswer;
  /**
   * Who leads, as far as is known; ourselves only while that will be true for `forMs` more, which is a promise too and
   * kept in mind.
   */
  holderName(forMs: number): string;
  reason(): string;
  index(): number;
  /** Whether the gate that is there may be ended for another that asks. */
  isGateForsaken(): boolean;
  /** Feeds in something that happened on the operator's side. */
  tell(event: ElectionEvent): void;
  /** Steps down if there is anything to give up; false when there is not. */
  stepDown(): boolean;
  /** Calls back after every step that changed anything; returns a function that ends the subscription. */
  onChange(listener: (change: ElectionChange) => void): () => void;
  current(): Election;
  /** Resolves when draining is over. */
  readonly ended: Promise<void>;
  /** Stops at once, whatever is under way. */
  stop(): Promise<void>;
}

/** `crash` is told of a broken invariant, and does not return: nothing may be answered from a state that is wrong. */
export function createElector(
  settings: ElectionSettings,
  client: LeaseClient,
  clock: Clock,
  crash: (error: unknown) => never,
): Elector {
  let election = initialElection(settings, clock.now());
  let cancelWake = (): void => {};
  let endWatch = (): void => {};
  let isStopped = false;
  const listeners = new Set<(change: ElectionChange) => void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();

  function tell(event: ElectionEvent, now = clock.now()): void {
    if (isStopped) return;
    const before = election;
    const result = stepOrCrash(event, now);
    election = result.election;
    // A question that changes nothing is by far the most common event, and nobody needs to hear of it.
    const isNews = election.digest !== before.digest || election.wakeAtMs !== before.wakeAtMs;
    if (event.type === "asked" && result.actions.length === 0 && !isNews) return;
    for (const action of result.actions) perform(action);
    wakeAt(election.wakeAtMs, now);
    for (const listener of listeners) listener({ before, after: election, now });
    if (election.stance.kind === "ended") end();
  }

  function stepOrCrash(event: ElectionEvent, now: Moment): Decision {
    try {
      return step(election, event, now, settings);
    } catch (error) {
      isStopped = true;
      return crash(error);
    }
  }

  function wakeAt(atMs: number, now: Moment): void {
    cancelWake();
    // Timers fire up to a millisecond early; rounding up saves a wake-up that finds nothing due.
    if (Number.isFinite(atMs))
      cancelWake = clock.schedule(Math.ceil(atMs - now.waitMs), () => tell({ type: "woken" }));
  }

  function perform(action: ElectionAction): void {
    const { id } = action;
    if (action.type === "read") {
      void client.read(action.timeoutMs).then((outcome) => tell({ type: "read", id, outcome }));
    } else if (action.type === "write") {
      void client
        .write(action.verb, action.lease, action.timeoutMs, action.isOnFreshSocket)
        .then((outcome) => tell({ type: "write", id, outcome }));
    } else {
      endWatch();
      endWatch = client.watch(action.resourceVersion, (news) => tell({ type: "watch", id, news }));
    }
  }

  function answerAt(to: Asker, now: Moment): LeaderAnswer {
    const result = answer(election, to, now, settings);
    election = result.election;
    return result.answer;
  }

  return {
    start: () => tell({ type: "woken" }),
    answer: (to) => answerAt(to, clock.now()),
    ask() {
      // One reading of the clocks for both: it is most of what an answer costs.
      const now = clock.now();
      tell({ type: "asked", by: "plain" }, now);
      return answerAt("plain", now);
    },
    peek: () => answer(election, "plain", clock.now(), settings).answer,
    holderName(forMs) {
      const named = nameHolder(election, forMs, clock.now(), settings);
      election = named.election;
      return named.name;
    },
    reason: () => reasonOf(election, clock.now(), settings),
    index: () => election.index,
    isGateForsaken() {
      const now = clock.now();
      // A stall of our own is noticed by a step: the gate's question may lie unread behind the one that asks this.
      tell({ type: "woken" }, now);
      return isGateForsaken(election.presence, election.promises.gateUntilMs, now.waitMs, settings);
    },
    tell: (event) => tell(event),
    stepDown() {
      if (!canStepDown(election, clock.now(), settings)) return false;
      tell({ type: "step-down" });
      return true;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    current: () => election,
    ended,
    async stop() {
      isStopped = true;
      cancelWake();
      endWatch();
      await client.close();
    },
  };
}
