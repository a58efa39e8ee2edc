// For the tests of this folder: candidates that share a lease in memory and a clock held in the hand. Nothing waits:
// time passes because a test says so, and every request is answered at once, unless the test holds the answers back.
import type { Moment } from "../../platform/clock.ts";
import {
  createLeaseStore,
  recordOf,
  type LeaseStore,
  type StoreAnswer,
} from "../../test/model/lease-store.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import { answer } from "./answer.ts";
import {
  initialElection,
  isLeading,
  type Election,
  type ElectionAction,
  type ElectionEvent,
  type Failure,
  type LeaseWriteOutcome,
} from "./election.ts";
import { leaseAnnotations, type Lease } from "./lease-record.ts";
import type { ElectionSettings } from "./settings.ts";
import { step } from "./step.ts";

/** How a candidate's requests fare. `held`: they wait in `pending` until the test answers them. */
export type Link = "up" | "down" | "held" | "watch-forbidden";

export interface Candidate {
  readonly settings: ElectionSettings;
  /** Everything ever sent, in order. */
  readonly sent: ElectionAction[];
  /** What was sent and is not yet answered; watches are not in it. */
  readonly pending: ElectionAction[];
  link: Link;
  state(): Election;
  leads(): boolean;
  /** What /leader says; the promise is noted. */
  says(to?: "gate" | "plain"): LeaderAnswer;
  tell(event: ElectionEvent): void;
  /** An operator's gate opens its connection and asks. */
  openGate(): void;
  /** Lets a held request reach the store, and its answer come back. */
  serve(action: ElectionAction | undefined): void;
  /** Lets a held request reach the store; its answer is lost. */
  commit(action: ElectionAction | undefined): void;
  /** Fails a held request. */
  fail(action: ElectionAction | undefined, failure?: Partial<Failure>): void;
  /** Answers a held write with a conflict, whatever the store would say. */
  conflict(action: ElectionAction | undefined): void;
}

export interface Story {
  readonly store: LeaseStore;
  now(): Moment;
  /** Lets time pass, and wakes everybody on time. */
  pass(ms: number): void;
  /** All that counts is the act clock: a suspend, or a wall clock that was set. */
  gain(ms: number): void;
  setWallClock(byMs: number): void;
  candidate(identity: string, overrides?: Partial<ElectionSettings>): Candidate;
  annotations(): Readonly<Record<string, string>>;
  spec(): Readonly<Record<string, unknown>>;
}

export const unreachable: Failure = {
  kind: "ApiServerUnreachable",
  message: "no answer within 1 ms",
  retryAfterMs: 0,
};

export const emptyLease: Lease = {
  metadata: { name: "bindy-leader", annotations: { [leaseAnnotations.createdEmpty]: "true" } },
};

/** Begins a story on a lease that an installation has made, or on `lease`; null: on none. */
export function createStory(lease: Lease | null = emptyLease): Story {
  const store = createLeaseStore();
  if (lease !== null) store.create(lease);
  let waitMs = 1000;
  let actMs = 5000;
  let wallMs = Date.UTC(2026, 0, 1);
  const candidates: { readonly wakeAtMs: () => number; readonly wake: () => void }[] = [];
  const now = (): Moment => ({ waitMs, actMs, wallMs });

  function advance(byMs: number): void {
    waitMs += byMs;
    actMs += byMs;
    wallMs += byMs;
  }

  function pass(ms: number): void {
    const endMs = waitMs + ms;
    for (let turn = 0; ; turn += 1) {
      if (turn > 1_000_000) throw new Error("a busy loop: a million wake-ups");
      const next = candidates.toSorted((one, other) => one.wakeAtMs() - other.wakeAtMs())[0];
      if (next === undefined || next.wakeAtMs() > endMs) break;
      advance(Math.max(0, next.wakeAtMs() - waitMs));
      next.wake();
    }
    advance(endMs - waitMs);
  }

  function candidate(identity: string, overrides: Partial<ElectionSettings> = {}): Candidate {
    const made = createCandidate(store, now, { ...defaultSettings(identity), ...overrides });
    candidates.push({
      wakeAtMs: () => made.state().wakeAtMs,
      wake: () => made.tell({ type: "woken" }),
    });
    made.tell({ type: "woken" });
    return made;
  }

  return {
    store,
    now,
    pass,
    candidate,
    gain(ms) {
      actMs += ms;
      wallMs += ms;
    },
    setWallClock(byMs) {
      wallMs += byMs;
      actMs += Math.max(0, byMs);
    },
    annotations: () => store.read()?.metadata.annotations ?? {},
    spec: () => store.read()?.spec ?? {},
  };
}

/** The guide's times, and no coupling to an operator. */
export function defaultSettings(identity: string): ElectionSettings {
  return {
    identity,
    holderUid: `uid-of-${identity}`,
    lease: { namespace: "dns-system", name: "bindy-leader" },
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2000,
    operatorTimeoutMs: 0,
    processName: `process-of-${identity}`,
    seed: 7,
  };
}

function createCandidate(store: LeaseStore, now: () => Moment, settings: ElectionSettings): Candidate {
  let election = initialElection(settings, now());
  let watching: number | null = null;
  const queue: ElectionEvent[] = [];
  let isStepping = false;

  store.onEvent((event) => {
    if (watching === null || self.link === "down" || self.link === "watch-forbidden") return;
    const news =
      event.kind === "changed"
        ? ({ kind: "changed", record: recordOf(event.lease) } as const)
        : ({ kind: "deleted", resourceVersion: event.lease.metadata.resourceVersion as string } as const);
    tell({ type: "watch", id: watching, news });
  });

  /** One event at a time, as in the driver: what a step's requests bring comes after that step. */
  function tell(event: ElectionEvent): void {
    queue.push(event);
    if (isStepping) return;
    isStepping = true;
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const result = step(election, next, now(), settings);
      election = result.election;
      for (const action of result.actions) perform(action);
    }
    isStepping = false;
  }

  function perform(action: ElectionAction): void {
    self.sent.push(action);
    if (action.type === "watch") return watch(action);
    self.pending.push(action);
    if (self.link === "up" || self.link === "watch-forbidden") self.serve(action);
    else if (self.link === "down") self.fail(action);
  }

  function watch({ id }: { readonly id: number }): void {
    if (self.link === "down") {
      return tell({ type: "watch", id, news: { kind: "ended", failure: unreachable } });
    }
    if (self.link === "watch-forbidden") {
      const failure: Failure = { kind: "Forbidden", message: "cannot watch", retryAfterMs: 0 };
      return tell({ type: "watch", id, news: { kind: "ended", failure } });
    }
    watching = id;
    tell({ type: "watch", id, news: { kind: "started" } });
  }

  function take(action: ElectionAction | undefined): Exclude<ElectionAction, { type: "watch" }> {
    const at = action === undefined ? -1 : self.pending.indexOf(action);
    if (at < 0 || action === undefined || action.type === "watch") throw new Error("no such request");
    self.pending.splice(at, 1);
    return action;
  }

  function outcomeOf(action: Exclude<ElectionAction, { type: "watch" }>): ElectionEvent {
    const { id } = action;
    if (action.type === "read") {
      const lease = store.read();
      return {
        type: "read",
        id,
        outcome: lease ? { kind: "found", record: recordOf(lease) } : { kind: "missing" },
      };
    }
    const said = action.verb === "create" ? store.create(action.lease) : store.update(action.lease);
    return { type: "write", id, outcome: outcomeOfWrite(said) };
  }

  const self: Candidate = {
    settings,
    sent: [],
    pending: [],
    link: "up",
    state: () => election,
    leads: () => isLeading(election, now()),
    says(to = "gate") {
      const result = answer(election, to, now(), settings);
      election = result.election;
      return result.answer;
    },
    tell,
    openGate() {
      tell({ type: "gate-opened" });
      tell({ type: "asked", by: "gate" });
    },
    serve: (action) => tell(outcomeOf(take(action))),
    commit: (action) => void outcomeOf(take(action)),
    fail(action, failure = {}) {
      const { type, id } = take(action);
      tell({ type, id, outcome: { kind: "failed", failure: { ...unreachable, ...failure } } });
    },
    conflict: (action) => tell({ type: "write", id: take(action).id, outcome: { kind: "conflict" } }),
  };
  return self;
}

/** What a client makes of the store's answer to a write. */
export function outcomeOfWrite(said: StoreAnswer): LeaseWriteOutcome {
  return said.kind === "written" ? { kind: "written", record: recordOf(said.lease) } : { kind: "conflict" };
}

/** The writes among `actions`. */
export function writesOf(
  actions: readonly ElectionAction[],
): readonly Extract<ElectionAction, { type: "write" }>[] {
  return actions.filter((action) => action.type === "write");
}
