// The sidecar of a pod: lives that run the production election and the production half of a gate's conversation. Around them
// only what the drivers do: they take in what happened, have requests sent and answers given, and set the timers.
import { initialElection, type Election, type ElectionEvent } from "../../sidecar/election/election.ts";
import type { ElectionSettings } from "../../sidecar/election/settings.ts";
import { answer } from "../../sidecar/election/answer.ts";
import { step } from "../../sidecar/election/step.ts";
import { isGateForsaken } from "../../sidecar/election/presence.ts";
import {
  isInTheWay,
  noGate,
  pollsEndMs,
  stepRole,
  type GateQuestion,
  type GateRole,
  type GateRoleAction,
  type GateRoleEvent,
} from "../../sidecar/gate-role.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import type { Heard } from "../../gate/conversation.ts";
import type { Moment } from "../../platform/clock.ts";
import type { ApiLink, Receive } from "./api-link.ts";
import type { Chance } from "../model/chance.ts";
import type { Machine } from "./machine.ts";
import type { Schedule } from "./schedule.ts";
import type { Witness } from "../model/witness.ts";

/** A connection as the sidecar has it. */
export interface SidecarLine {
  reply(heard: Heard): void;
  /** The sidecar's side ends it. */
  end(): void;
  /** Whether a side has ended it, whatever the other knows of that. */
  isOver(): boolean;
}

/** One process, from its start to its end. */
export interface SidecarLife {
  election: Election;
  readonly settings: ElectionSettings;
  readonly receive: Receive;
  wakeOrder: number;
  role: GateRole;
  pollOrder: number;
  readonly lines: Map<number, SidecarLine>;
  lastLine: number;
  pausedUntilMs: number;
  /** What arrives while the process is stopped waits here. */
  readonly waiting: (() => void)[];
}

export interface SidecarProcess {
  life(): SidecarLife | null;
  start(): void;
  kill(): void;
  pause(forMs: number): void;
  tell(life: SidecarLife, event: ElectionEvent): void;
  /** Runs in that process: not at all once it is dead, and only when it is not stopped. */
  inside(life: SidecarLife, run: () => void): void;
  /** What /leader says now; the promise is noted. */
  answer(life: SidecarLife, to: "gate" | "plain"): LeaderAnswer;
  /** A connection has come; its number. */
  accept(life: SidecarLife, line: SidecarLine): number;
  /** Something is asked on it. */
  asked(life: SidecarLife, on: number, question: GateQuestion): void;
  /** Its end has come. */
  ended(life: SidecarLife, on: number): void;
  /** Ends the gate's connection, and lives on. */
  cutGate(life: SidecarLife): void;
  /** The time on its clock. */
  now(): Moment;
}

export interface SidecarOptions {
  readonly label: string;
  readonly settings: ElectionSettings;
  readonly machine: Machine;
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly link: ApiLink;
  readonly trace: ((line: string) => void) | null;
  readonly witness: Witness;
}

export function createSidecarProcess(options: SidecarOptions): SidecarProcess {
  const { label, machine, schedule, chance, link, trace } = options;
  let now = machine.newClock();
  let life: SidecarLife | null = null;
  let starts = 0;

  function inside(of: SidecarLife, run: () => void): void {
    if (life !== of) return;
    if (schedule.nowMs() < of.pausedUntilMs) of.waiting.push(run);
    else run();
  }

  function tell(to: SidecarLife, event: ElectionEvent): void {
    inside(to, () => {
      const before = to.election.index;
      const result = step(to.election, event, now(), to.settings);
      to.election = result.election;
      if (event.type !== "woken" && event.type !== "asked") {
        trace?.(`${label} sidecar: ${describeEvent(event)}`);
      }
      for (const action of result.actions) link.send(action, to.receive);
      wake(to);
      if (to.election.index !== before) tellRole(to, { type: "changed", index: to.election.index });
    });
  }

  function wake(of: SidecarLife): void {
    const order = (of.wakeOrder += 1);
    const inMs = of.election.wakeAtMs - now().waitMs;
    if (!Number.isFinite(inMs)) return;
    const delayMs = machine.trueMs(Math.max(0, Math.ceil(inMs))) + chance.between(0, 3);
    schedule.at(schedule.nowMs() + delayMs, () => {
      if (of.wakeOrder === order) tell(of, { type: "woken" });
    });
  }

  function tellRole(to: SidecarLife, event: GateRoleEvent): void {
    const nowMs = now().waitMs;
    const { role, actions } = stepRole(to.role, event, nowMs);
    const isOther = role.polls !== to.role.polls || event.type === "woken";
    to.role = role;
    if (isOther) wakeForPolls(to, nowMs);
    for (const action of actions) perform(to, action);
  }

  function wakeForPolls(of: SidecarLife, nowMs: number): void {
    const order = (of.pollOrder += 1);
    const endMs = pollsEndMs(of.role);
    if (!Number.isFinite(endMs)) return;
    schedule.at(schedule.nowMs() + machine.trueMs(Math.ceil(endMs - nowMs)), () => {
      if (of.pollOrder === order) inside(of, () => tellRole(of, { type: "woken" }));
    });
  }

  function perform(of: SidecarLife, action: GateRoleAction): void {
    switch (action.type) {
      case "tell":
        return tell(of, action.event);
      case "answer": {
        const said = answerOf(of, action.as);
        const line = of.lines.get(action.on);
        if (action.as === "gate" && said.isLeader && line !== undefined) {
          const untilMs = schedule.nowMs() + machine.trueMs(said.validForMs);
          const sidecar = of.settings.processName;
          options.witness.promised({ sidecar, atMs: schedule.nowMs(), untilMs, to: line });
        }
        return line?.reply({ type: "answered", answer: said });
      }
      case "refuse":
        trace?.(`${label} sidecar: refuses a connection, which is not the gate`);
        return of.lines.get(action.on)?.reply({ type: "refused", why: "another gate" });
      case "drop":
        return;
      case "end": {
        const line = of.lines.get(action.on);
        if (line === undefined) return;
        const sidecar = of.settings.processName;
        options.witness.replaced({ sidecar, atMs: schedule.nowMs(), to: line });
        line.end();
      }
    }
  }

  function answerOf(of: SidecarLife, to: "gate" | "plain"): LeaderAnswer {
    const result = answer(of.election, to, now(), of.settings);
    of.election = result.election;
    return result.answer;
  }

  function isForsaken(of: SidecarLife): boolean {
    tell(of, { type: "woken" });
    const { presence, promises } = of.election;
    return isGateForsaken(presence, promises.gateUntilMs, now().waitMs, of.settings);
  }

  return {
    life: () => life,
    start() {
      if (life !== null) return;
      starts += 1;
      now = machine.newClock();
      trace?.(`${label} sidecar: starts`);
      const settings = { ...options.settings, processName: `${label}.${starts}` };
      const born: SidecarLife = {
        election: initialElection(settings, now()),
        settings,
        receive: (event) => tell(born, event),
        wakeOrder: 0,
        role: noGate,
        pollOrder: 0,
        lines: new Map(),
        lastLine: 0,
        pausedUntilMs: 0,
        waiting: [],
      };
      life = born;
      tell(born, { type: "woken" });
    },
    kill() {
      if (life === null) return;
      trace?.(`${label} sidecar: killed`);
      life = null;
      link.forgetWatches();
    },
    pause(forMs) {
      const stopped = life;
      if (stopped === null) return;
      trace?.(`${label} sidecar: stopped for ${Math.round(forMs)} ms`);
      stopped.pausedUntilMs = Math.max(stopped.pausedUntilMs, schedule.nowMs() + forMs);
      schedule.at(stopped.pausedUntilMs, () => {
        for (const run of stopped.waiting.splice(0)) inside(stopped, run);
      });
    },
    tell,
    inside,
    answer: answerOf,
    accept(of, line) {
      of.lastLine += 1;
      of.lines.set(of.lastLine, line);
      return of.lastLine;
    },
    asked(of, on, question) {
      const isGateForsakenNow = isInTheWay(of.role, on) && isForsaken(of);
      const { index } = of.election;
      tellRole(of, { type: "asked", on, question, index, isKept: true, isGateForsaken: isGateForsakenNow });
    },
    ended(of, on) {
      tellRole(of, { type: "ended", on });
      of.lines.delete(on);
    },
    cutGate(of) {
      inside(of, () => {
        const { gate } = of.role;
        if (gate === null) return;
        trace?.(`${label} sidecar: ends the gate's connection`);
        tellRole(of, { type: "ending", on: gate.on });
        tellRole(of, { type: "ended", on: gate.on });
        of.lines.get(gate.on)?.end();
      });
    },
    now: () => now(),
  };
}

function describeEvent(event: ElectionEvent): string {
  if (event.type === "read" || event.type === "write") {
    const { outcome } = event;
    const why = outcome.kind === "failed" ? ` (${outcome.failure.message})` : "";
    return `${event.type} #${event.id} came back: ${outcome.kind}${why}`;
  }
  if (event.type !== "watch") return event.type;
  const { news } = event;
  if (news.kind !== "changed") return `watch says: ${news.kind}`;
  return `watch says: changed, resourceVersion ${news.record.resourceVersion}`;
}
