// The operator of a pod: a process that runs the production gate on one connection to its sidecar, one question at a time,
// and acts while the gate is open.
import { afterAnswer, afterTime, closed, closedGate, isOpen, type Gate } from "../../gate/promise.ts";
import type { Moment } from "../../platform/clock.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import type { Chance } from "./chance.ts";
import { createEffects } from "./effects.ts";
import type { Machine } from "./machine.ts";
import type { Schedule } from "./schedule.ts";
import type { SidecarLife, SidecarProcess } from "./sidecar-process.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "./witness.ts";

export interface OperatorProcess {
  /** Until when (true ms) an outstanding promise lets its gate be open; 0 when it is closed, given back or dead. */
  openUntilMs(): number;
  start(notBeforeMs: number): void;
  kill(): void;
  pause(forMs: number): void;
  /** An answer of that sidecar would now be another. */
  sidecarChanged(life: SidecarLife): void;
  sidecarKilled(): void;
  /** The sidecar's side ends the gate's connection, and lives on. */
  cutConnection(): void;
  now(): Moment;
  describe(): string;
}

export interface OperatorOptions {
  readonly label: string;
  readonly machine: Machine;
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly effectChance: Chance;
  readonly weather: () => Weather;
  /** The longest that a message between sidecar and operator takes: long where both starve for a processor. */
  readonly loopbackMs: () => number;
  readonly trace: ((line: string) => void) | null;
  readonly witness: Witness;
  readonly sidecar: SidecarProcess;
}

/** A question under way. */
interface Question {
  readonly on: number;
  readonly askedAt: Moment;
  readonly askedTrueMs: number;
  readonly waitMs: number;
}

export function createOperatorProcess(options: OperatorOptions): OperatorProcess {
  const { label, machine, schedule, chance, loopbackMs, trace, sidecar, witness } = options;
  const now = machine.newClock();
  let gate: Gate = closedGate;
  let promiseEndMs = 0;
  /** True ms at which the timer for the promise's end is due. */
  let expiryMs = 0;
  let isUp = false;
  let pausedUntilMs = 0;
  /** Grows with every connection; 0: none. What belongs to an earlier one is not heard any more. */
  let connection = 0;
  let connections = 0;
  let asked = 0;
  let heldPoll: { index: number; respond: () => void } | null = null;
  const effects = createEffects({
    ...options,
    chance: options.effectChance,
    gate: () => gate,
    now,
    promiseEndMs: () => promiseEndMs,
    inside,
    isStopped: () => schedule.nowMs() < pausedUntilMs,
  });

  function later(delayMs: number, run: () => void): void {
    schedule.at(schedule.nowMs() + delayMs, run);
  }

  function inside(run: () => void): void {
    if (!isUp) return;
    if (schedule.nowMs() < pausedUntilMs) schedule.at(pausedUntilMs, () => inside(run));
    else run();
  }

  function connect(): void {
    if (!isUp) return;
    if (sidecar.life() === null || schedule.nowMs() < pausedUntilMs) return void later(50, connect);
    connections += 1;
    connection = connections;
    asked = 0;
    ask(connection, null);
  }

  function ask(on: number, index: number | null): void {
    if (on !== connection || !isUp) return;
    asked += 1;
    const serial = asked;
    const waitMs = serial === 1 ? 0 : 1000;
    const question: Question = { on, askedAt: now(), askedTrueMs: schedule.nowMs(), waitMs };
    // The gate's own patience: closed first, and only then the connection is ended.
    later(machine.trueMs(waitMs + 2000), () => {
      if (on === connection && asked === serial) inside(() => hangUp("no answer"));
    });
    later(chance.between(0.05, loopbackMs()), () => {
      const life = sidecar.life();
      if (life === null) return void inside(() => lose(on));
      sidecar.inside(life, () => reach(life, question, index));
    });
  }

  /** The question has reached the sidecar, which answers at once or holds the answer. */
  function reach(life: SidecarLife, question: Question, index: number | null): void {
    const { on, waitMs } = question;
    if (on !== connection) return;
    const isFirst = asked === 1;
    if (asked === 2) sidecar.tell(life, { type: "gate-opened" });
    sidecar.tell(life, { type: "asked", by: isFirst ? "plain" : "gate" });
    const respond = (): void => {
      heldPoll = null;
      if (on !== connection || sidecar.life() !== life) return;
      const said = sidecar.answer(life, isFirst ? "plain" : "gate");
      later(chance.between(0.05, loopbackMs()), () => inside(() => hear(said, question)));
    };
    if (isFirst || index !== life.election.index) return void respond();
    let isDone = false;
    const held = {
      index,
      respond: () => {
        if (isDone) return;
        isDone = true;
        respond();
      },
    };
    heldPoll = held;
    later(machine.trueMs(waitMs), () => sidecar.inside(life, held.respond));
  }

  function hear(said: LeaderAnswer, { on, askedAt, askedTrueMs, waitMs }: Question): void {
    if (on !== connection) return;
    // The timer comes before what has arrived: a gate that it has shut has nothing to give back.
    if (schedule.nowMs() >= expiryMs) gate = afterTime(gate, now());
    const before = gate.opening;
    const at = now();
    gate = afterAnswer(gate, { answer: said, askedAt, waitMs }, at);
    const { opening } = gate;
    const isSame = before !== null && opening !== null && before.fencingToken === opening.fencingToken;
    if (opening !== null) {
      const endMs = askedTrueMs + machine.trueMs(said.validForMs);
      expiryMs = schedule.nowMs() + machine.trueMs(Math.ceil(opening.untilMs - at.actMs));
      promiseEndMs = isSame ? Math.max(promiseEndMs, endMs) : endMs;
    }
    if (before !== null && !isSame) effects.abort();
    if (opening !== null && !isSame) {
      const fencingToken = opening.fencingToken ?? "0";
      trace?.(`${label} operator: GATE OPENS, token ${fencingToken}, for ${said.validForMs} ms at first`);
      witness.opened({ pod: label, fencingToken, term: opening.number, atMs: schedule.nowMs() });
      effects.begin();
    }
    if (before !== null && !said.isLeader) return void hangUp(`told ${said.reason}`);
    ask(on, said.index);
  }

  /** The gate closes, and then its connection ends: the sidecar hears that as a promise given back. */
  function hangUp(why: string): void {
    if (gate.opening !== null) trace?.(`${label} operator: gate closes, ${why}`);
    shut();
    endConnection();
    later(chance.between(10, 60), connect);
  }

  function shut(): void {
    gate = closed(gate, now());
    effects.abort();
  }

  function endConnection(): void {
    const wasGate = connection !== 0 && asked >= 2;
    connection = 0;
    heldPoll = null;
    const life = sidecar.life();
    if (wasGate && life) {
      later(chance.between(0.05, 2), () => sidecar.tell(life, { type: "gate-ended", by: "peer" }));
    }
  }

  /** The sidecar's side is gone. */
  function lose(on: number): void {
    if (on !== connection) return;
    if (gate.opening !== null) trace?.(`${label} operator: gate closes, connection lost`);
    shut();
    connection = 0;
    later(chance.between(10, 60), connect);
  }

  return {
    openUntilMs: () => (gate.opening === null ? 0 : promiseEndMs),
    start(notBeforeMs) {
      if (isUp) return;
      isUp = true;
      pausedUntilMs = notBeforeMs;
      connect();
    },
    kill() {
      if (!isUp) return;
      trace?.(`${label} operator: killed`);
      isUp = false;
      gate = closedGate;
      effects.abandon();
      endConnection();
    },
    pause(forMs) {
      trace?.(`${label} operator: stopped for ${Math.round(forMs)} ms`);
      pausedUntilMs = Math.max(pausedUntilMs, schedule.nowMs() + forMs);
    },
    sidecarChanged(life) {
      if (heldPoll !== null && heldPoll.index !== life.election.index) heldPoll.respond();
    },
    sidecarKilled() {
      heldPoll = null;
      const on = connection;
      later(chance.between(0.05, 2), () => inside(() => lose(on)));
    },
    cutConnection() {
      const on = connection;
      const life = sidecar.life();
      if (on === 0 || life === null) return;
      trace?.(`${label} sidecar: ends the gate's connection`);
      heldPoll = null;
      if (asked >= 2) sidecar.tell(life, { type: "gate-ended", by: "sidecar" });
      later(chance.between(0.05, 2), () => inside(() => lose(on)));
    },
    now,
    describe() {
      gate = afterTime(gate, now());
      if (!isUp) return "dead";
      const state = schedule.nowMs() < pausedUntilMs ? "stopped, " : "";
      if (gate.opening === null) return `${state}gate closed`;
      const left = Math.round(promiseEndMs - schedule.nowMs());
      const isOurs = isOpen(gate, now()) ? "open" : "expired";
      return `${state}gate ${isOurs}, token ${gate.opening.fencingToken}, promise ends in ${left} ms`;
    },
  };
}
