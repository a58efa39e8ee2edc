// One pod of a world: a sidecar that runs the production election, and an operator that runs the production gate.
// Around them only what the drivers do: requests that take time, get lost or answered late, timers, one connection.
import { answer } from "../../sidecar/election/answer.ts";
import {
  initialElection,
  type Election,
  type ElectionAction,
  type ElectionEvent,
  type Failure,
} from "../../sidecar/election/election.ts";
import type { ElectionSettings } from "../../sidecar/election/settings.ts";
import { step } from "../../sidecar/election/step.ts";
import {
  afterAnswer,
  afterTime,
  closed,
  closedGate,
  isOpen,
  type Gate,
} from "../../operator/leadership/gate.ts";
import type { Moment } from "../../platform/clock.ts";
import type { Chance } from "./chance.ts";
import type { LeaseStore, StoreAnswer } from "./lease-store.ts";
import type { Machine } from "./machine.ts";
import type { Schedule } from "./schedule.ts";

/** What may go wrong between a pod and the API server at the moment. */
export interface Weather {
  lossOut: number;
  lossBack: number;
  slowestMs: number;
  isWatchSilent: boolean;
  /** How likely the server refuses a request, with a code of any kind, and ends a watch instead of feeding it. */
  refusal: number;
}

export interface PodOptions {
  /** Tells pods apart in the trace, those of one name too. */
  readonly label: string;
  readonly settings: ElectionSettings;
  readonly machine: Machine;
  readonly store: LeaseStore;
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly weather: () => Weather;
  /** The longest that a message between sidecar and operator takes: long where both starve for a processor. */
  readonly loopbackMs: () => number;
  readonly trace: (line: string) => void;
}

interface Sidecar {
  election: Election;
  settings: ElectionSettings;
  wakeOrder: number;
  /** What arrives while the process is stopped waits here. */
  pausedUntilMs: number;
  readonly waiting: (() => void)[];
}

export interface Pod {
  readonly label: string;
  isGateOpen(): boolean;
  /** Requests that its sidecars have sent. */
  requests(): number;
  fencingToken(): string | null;
  killOperator(): void;
  startOperator(): void;
  killSidecar(): void;
  startSidecar(): void;
  pauseSidecar(forMs: number): void;
  pauseOperator(forMs: number): void;
  stepDown(): void;
  drain(): void;
  /** The sidecar's side ends the gate's connection, and lives on. */
  cutConnection(): void;
  /** Both processes and all their clocks stand still. */
  suspend(forMs: number): void;
  /** Somebody asks without a gate, and acts on the answer for as long as it promised. */
  curl(): void;
  isDrained(): boolean;
  describe(): string;
}

export function createPod(options: PodOptions): Pod {
  const { label, machine, store, schedule, chance, weather, loopbackMs, trace } = options;
  const operatorNow = machine.newClock();
  let sidecarNow = machine.newClock();
  let requests = 0;
  let curlUntilMs = 0;
  let suspendedUntilMs = 0;
  let sidecar: Sidecar | null = null;
  let starts = 0;
  let gate: Gate = closedGate;
  let isOperatorUp = false;
  let operatorPausedUntilMs = 0;
  /** Grows with every connection; 0: none. What belongs to an earlier one is not heard any more. */
  let connection = 0;
  let connections = 0;
  let asked = 0;
  let watchers: { id: number; life: Sidecar; lastRevision: number }[] = [];

  store.onEvent((event) => {
    for (const watcher of watchers) {
      if (weather().isWatchSilent) continue;
      if (chance.happens(weather().refusal)) {
        watchers = watchers.filter((other) => other !== watcher);
        const news = { kind: "ended", failure: chance.happens(0.5) ? null : refusalOf(chance) } as const;
        later(chance.between(0.1, 5), () => tell(watcher.life, { type: "watch", id: watcher.id, news }));
        continue;
      }
      later(chance.between(0.1, weather().slowestMs / 4), () => {
        const news =
          event.kind === "changed"
            ? ({ kind: "changed", lease: event.lease } as const)
            : ({ kind: "deleted", resourceVersion: event.lease.metadata.resourceVersion as string } as const);
        tell(watcher.life, { type: "watch", id: watcher.id, news });
      });
    }
  });

  function later(delayMs: number, run: () => void): void {
    schedule.at(schedule.nowMs() + delayMs, run);
  }

  /** Runs in the sidecar's process: not at all once that is dead, and only when it is not stopped. */
  function inside(life: Sidecar, run: () => void): void {
    if (sidecar !== life) return;
    if (schedule.nowMs() < life.pausedUntilMs) life.waiting.push(run);
    else run();
  }

  function tell(life: Sidecar, event: ElectionEvent): void {
    inside(life, () => {
      const before = life.election.index;
      const result = step(life.election, event, sidecarNow(), life.settings);
      life.election = result.election;
      if (event.type !== "woken" && event.type !== "asked") trace(`${label} ${describeEvent(event)}`);
      for (const action of result.actions) perform(life, action);
      wake(life);
      if (life.election.index !== before) wakePoll(life);
    });
  }

  function wake(life: Sidecar): void {
    const order = (life.wakeOrder += 1);
    const inMs = life.election.wakeAtMs - sidecarNow().waitMs;
    if (!Number.isFinite(inMs)) return;
    later(machine.trueMs(Math.max(0, Math.ceil(inMs))) + chance.between(0, 3), () => {
      if (life.wakeOrder === order) tell(life, { type: "woken" });
    });
  }

  function perform(life: Sidecar, action: ElectionAction): void {
    requests += 1;
    const { lossOut, lossBack, slowestMs } = weather();
    const outMs = chance.between(0.1, slowestMs);
    const backMs = chance.between(0.1, slowestMs);
    if (action.type === "watch") {
      later(outMs, () => {
        watchers = watchers.filter((watcher) => watcher.life !== life);
        if (chance.happens(weather().refusal)) {
          const news = { kind: "ended", failure: refusalOf(chance) } as const;
          return void later(backMs, () => tell(life, { type: "watch", id: action.id, news }));
        }
        const shown = store.read();
        watchers.push({ id: action.id, life, lastRevision: 0 });
        // What happened between the read and the watch is brought first, as a real server does.
        if (shown && BigInt(shown.metadata.resourceVersion ?? 0) > BigInt(action.resourceVersion)) {
          later(backMs, () =>
            tell(life, { type: "watch", id: action.id, news: { kind: "changed", lease: shown } }),
          );
        }
        if (!shown) {
          const news = { kind: "ended", failure: null } as const;
          later(backMs, () => tell(life, { type: "watch", id: action.id, news }));
        }
      });
      return;
    }
    let isAnswered = false;
    const reply = (event: ElectionEvent): void => {
      if (isAnswered) return;
      isAnswered = true;
      tell(life, event);
    };
    const failure = { kind: "ApiServerUnreachable", message: "timeout", retryAfterMs: 0 } as const;
    later(machine.trueMs(action.timeoutMs), () =>
      reply({ type: action.type, id: action.id, outcome: { kind: "failed", failure } }),
    );
    if (chance.happens(lossOut)) return;
    if (chance.happens(weather().refusal)) {
      const refused = { kind: "failed", failure: refusalOf(chance) } as const;
      const outcome =
        action.type === "write" && chance.happens(0.3) ? ({ kind: "conflict" } as const) : refused;
      later(outMs + backMs, () =>
        reply({ type: action.type, id: action.id, outcome } as Extract<ElectionEvent, { type: "write" }>),
      );
      return;
    }
    later(outMs, () => {
      const event = action.type === "read" ? readOf(action.id) : writeOf(action);
      if (!chance.happens(lossBack)) later(backMs, () => reply(event));
    });
  }

  function readOf(id: number): ElectionEvent {
    const lease = store.read();
    return { type: "read", id, outcome: lease ? { kind: "found", lease } : { kind: "missing" } };
  }

  function writeOf(action: ElectionAction & { type: "write" }): ElectionEvent {
    const outcome: StoreAnswer =
      action.verb === "create" ? store.create(action.lease) : store.update(action.lease);
    if (outcome.kind === "written") {
      trace(
        `store  ${action.verb} #${action.id} by ${label}: ${JSON.stringify(outcome.lease.spec)} ` +
          `${JSON.stringify(outcome.lease.metadata.annotations)} rv ${outcome.lease.metadata.resourceVersion}`,
      );
    }
    return {
      type: "write",
      id: action.id,
      outcome: outcome.kind === "written" ? outcome : { kind: "conflict" },
    };
  }

  // The operator: one question at a time, on one connection.

  let heldPoll: { index: number; respond: () => void } | null = null;

  function wakePoll(life: Sidecar): void {
    if (heldPoll !== null && heldPoll.index !== life.election.index) heldPoll.respond();
  }

  function connect(): void {
    if (!isOperatorUp) return;
    if (sidecar === null || schedule.nowMs() < operatorPausedUntilMs) return void later(50, connect);
    connections += 1;
    connection = connections;
    asked = 0;
    ask(connection, null);
  }

  function ask(on: number, index: number | null): void {
    if (on !== connection || !isOperatorUp) return;
    const askedAt = operatorNow();
    asked += 1;
    const isFirst = asked === 1;
    const waitMs = isFirst ? 0 : 1000;
    // The gate's own patience: closed first, and only then the connection is ended.
    const serial = asked;
    later(machine.trueMs(waitMs + 2000), () => {
      if (on === connection && asked === serial) inOperator(() => hangUp("no answer"));
    });
    later(chance.between(0.05, loopbackMs()), () => {
      const life = sidecar;
      if (life === null) return void inOperator(() => lose(on));
      inside(life, () => {
        if (on !== connection) return;
        if (asked === 2) tell(life, { type: "gate-opened" });
        tell(life, { type: "asked", by: isFirst ? "plain" : "gate" });
        const respond = (): void => {
          heldPoll = null;
          if (on !== connection || sidecar !== life) return;
          const result = answer(life.election, isFirst ? "plain" : "gate", sidecarNow(), life.settings);
          life.election = result.election;
          later(chance.between(0.05, loopbackMs()), () =>
            inOperator(() => hear(on, result.answer, askedAt, waitMs)),
          );
        };
        if (isFirst || index !== life.election.index) return void respond();
        let isDone = false;
        heldPoll = {
          index,
          respond: () => {
            if (!isDone) {
              isDone = true;
              respond();
            }
          },
        };
        const held = heldPoll;
        later(machine.trueMs(waitMs), () => inside(life, held.respond));
      });
    });
  }

  /** Runs in the operator's process, which may be stopped for now. */
  function inOperator(run: () => void): void {
    if (!isOperatorUp) return;
    if (schedule.nowMs() < operatorPausedUntilMs) schedule.at(operatorPausedUntilMs, () => inOperator(run));
    else run();
  }

  function hear(
    on: number,
    said: Parameters<typeof afterAnswer>[1]["answer"],
    askedAt: Moment,
    waitMs: number,
  ): void {
    if (on !== connection) return;
    const wasOpen = gate.opening !== null;
    gate = afterAnswer(gate, { answer: said, askedAt, waitMs }, operatorNow());
    if (!wasOpen && gate.opening !== null) trace(`${label} GATE OPENS, token ${gate.opening.fencingToken}`);
    if (wasOpen && !said.isLeader) return void hangUp(`told ${said.reason}`);
    ask(on, said.index);
  }

  /** The gate closes, and then its connection ends: the sidecar hears that as a promise given back. */
  function hangUp(why: string): void {
    trace(`${label} gate closes: ${why}`);
    gate = closed(gate, operatorNow());
    endConnection();
    later(chance.between(10, 60), connect);
  }

  function endConnection(): void {
    const wasGate = connection !== 0 && asked >= 2;
    connection = 0;
    heldPoll = null;
    const life = sidecar;
    if (wasGate && life) later(chance.between(0.05, 2), () => tell(life, { type: "gate-ended", by: "peer" }));
  }

  /** The sidecar's side is gone. */
  function lose(on: number): void {
    if (on !== connection) return;
    gate = closed(gate, operatorNow());
    connection = 0;
    later(chance.between(10, 60), connect);
  }

  const self: Pod = {
    label,
    isGateOpen() {
      const now = operatorNow();
      return (isOperatorUp && isOpen(gate, now)) || now.actMs < curlUntilMs;
    },
    requests: () => requests,
    fencingToken: () => (isOpen(gate, operatorNow()) ? (gate.opening?.fencingToken ?? null) : null),
    killOperator() {
      if (!isOperatorUp) return;
      trace(`${label} operator killed`);
      isOperatorUp = false;
      gate = closedGate;
      endConnection();
    },
    startOperator() {
      if (isOperatorUp) return;
      isOperatorUp = true;
      operatorPausedUntilMs = suspendedUntilMs;
      connect();
    },
    killSidecar() {
      if (sidecar === null) return;
      trace(`${label} sidecar killed`);
      sidecar = null;
      heldPoll = null;
      watchers = [];
      const on = connection;
      later(chance.between(0.05, 2), () => inOperator(() => lose(on)));
    },
    startSidecar() {
      if (sidecar !== null) return;
      // Nothing starts on a machine that is asleep.
      if (schedule.nowMs() < suspendedUntilMs) return void schedule.at(suspendedUntilMs, self.startSidecar);
      starts += 1;
      sidecarNow = machine.newClock();
      trace(`${label} sidecar starts`);
      const settings = { ...options.settings, processName: `${label}.${starts}` };
      const life: Sidecar = {
        election: initialElection(settings, sidecarNow()),
        settings,
        wakeOrder: 0,
        pausedUntilMs: 0,
        waiting: [],
      };
      sidecar = life;
      tell(life, { type: "woken" });
    },
    pauseSidecar(forMs) {
      const life = sidecar;
      if (life === null) return;
      trace(`${label} sidecar stopped for ${Math.round(forMs)} ms`);
      life.pausedUntilMs = Math.max(life.pausedUntilMs, schedule.nowMs() + forMs);
      schedule.at(life.pausedUntilMs, () => {
        for (const run of life.waiting.splice(0)) inside(life, run);
      });
    },
    pauseOperator(forMs) {
      trace(`${label} operator stopped for ${Math.round(forMs)} ms`);
      operatorPausedUntilMs = Math.max(operatorPausedUntilMs, schedule.nowMs() + forMs);
    },
    cutConnection() {
      const on = connection;
      const life = sidecar;
      if (on === 0 || life === null) return;
      trace(`${label} sidecar ends the gate's connection`);
      heldPoll = null;
      if (asked >= 2) tell(life, { type: "gate-ended", by: "sidecar" });
      later(chance.between(0.05, 2), () => inOperator(() => lose(on)));
    },
    suspend(forMs) {
      trace(`${label} machine suspended for ${Math.round(forMs)} ms`);
      if (schedule.nowMs() < suspendedUntilMs) return;
      suspendedUntilMs = schedule.nowMs() + forMs;
      machine.suspend(forMs);
      self.pauseSidecar(forMs);
      self.pauseOperator(forMs);
    },
    curl() {
      const life = sidecar;
      const askedAt = operatorNow();
      if (life === null) return;
      inside(life, () => {
        tell(life, { type: "asked", by: "plain" });
        const result = answer(life.election, "plain", sidecarNow(), life.settings);
        life.election = result.election;
        const { isLeader, validForMs } = result.answer;
        if (isLeader) curlUntilMs = Math.max(curlUntilMs, askedAt.actMs + validForMs);
      });
    },
    stepDown() {
      if (sidecar) tell(sidecar, { type: "step-down" });
    },
    drain() {
      if (sidecar) tell(sidecar, { type: "drain" });
    },
    isDrained: () => sidecar?.election.stance.kind === "ended",
    describe() {
      gate = afterTime(gate, operatorNow());
      const stance = sidecar?.election.stance.kind ?? "dead";
      return `${label}: ${stance}, gate ${gate.opening ? "open" : "closed"}`;
    },
  };
  return self;
}

/** A server that will not: any code, now and then with the wish to be left alone. */
function refusalOf(chance: Chance): Failure {
  const kind = chance.pick(["Forbidden", "LeaseInvalid", "ApiServerUnreachable", "Unauthorized"] as const);
  return { kind, message: kind, retryAfterMs: chance.happens(0.3) ? chance.between(0, 20_000) : 0 };
}

function describeEvent(event: ElectionEvent): string {
  if (event.type === "read" || event.type === "write")
    return `${event.type} #${event.id}: ${event.outcome.kind}`;
  if (event.type === "watch") return `watch: ${event.news.kind}`;
  return event.type;
}
