// One pod of a world: a sidecar and an operator on one machine, and what can be done to them.
import { isLeading } from "../../sidecar/election/election.ts";
import { promisesEndMs } from "../../sidecar/election/promises.ts";
import type { ElectionSettings } from "../../sidecar/election/settings.ts";
import { createApiLink } from "./api-link.ts";
import type { Chance } from "../model/chance.ts";
import type { LeaseStore } from "../model/lease-store.ts";
import type { Machine } from "./machine.ts";
import { createLoopback } from "./loopback.ts";
import { startOperatorProcess, type OperatorProcess } from "./operator-process.ts";
import type { Schedule } from "./schedule.ts";
import { createSidecarProcess, type SidecarProcess } from "./sidecar-process.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "../model/witness.ts";
import { tokenOf, validityEndMs } from "../../sidecar/election/term.ts";

export interface PodOptions {
  /** Tells pods apart in the trace, those of one name too. */
  readonly label: string;
  readonly settings: ElectionSettings;
  readonly machine: Machine;
  readonly store: LeaseStore;
  readonly schedule: Schedule;
  readonly chance: Chance;
  readonly effectChance: Chance;
  readonly weather: () => Weather;
  /** The longest that a message between sidecar and operator takes: long where both starve for a processor. */
  readonly loopbackMs: () => number;
  /** Null: nobody reads it, and it is not worth its strings. */
  readonly trace: ((line: string) => void) | null;
  readonly witness: Witness;
}

export interface Pod {
  readonly label: string;
  /**
   * Until when (true ms) somebody in it may act by a promise that is outstanding; what is not later than now is over. An
   * operator that closed early, by a clock of its own that was set forward, counts until it has said so.
   */
  openUntilMs(): number;
  /** Requests that its sidecars have sent. */
  requests(): number;
  /** `heirMs`: a child of it keeps its socket open for so long. */
  killOperator(heirMs?: number): void;
  /** Starts one unless one runs. */
  startOperator(): void;
  /** Its operator is stopped, and after so long killed; another process takes its place at once. */
  replaceOperator(stoppedMs: number, killedAfterMs: number): void;
  /** It is asked to end. */
  endOperator(): void;
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
  setWallClock(byMs: number): void;
  /** Somebody asks without a gate, and acts on the answer for as long as it promised. */
  curl(): void;
  /** The same, by a question that calls itself a gate's. */
  curlAsGate(): void;
  /** The sidecar's answers are not understood for so long. */
  garble(forMs: number): void;
  /** Operators that connect meanwhile reach the sidecar of that pod. */
  mislead(to: Pod, forMs: number): void;
  readonly identity: string;
  readonly sidecar: SidecarProcess;
  isDrained(): boolean;
  /** The longest lease duration that its running sidecar knows of; 0: none runs. */
  knownDurationMs(): number;
  /** No sidecar starts here before then (true ms). */
  holdStarts(untilMs: number): void;
  describe(): string;
}

export function createPod(options: PodOptions): Pod {
  const { label, machine, schedule, trace } = options;
  let curlUntilMs = 0;
  let suspendedUntilMs = 0;
  let heldUntilMs = 0;
  const link = createApiLink(options);
  const sidecar = createSidecarProcess({ ...options, link });
  const loopback = createLoopback({ ...options, sidecar });
  const { identity } = options.settings;
  /** Those that run, the latest last. */
  let operators: OperatorProcess[] = [];

  function running(): readonly OperatorProcess[] {
    operators = operators.filter((operator) => operator.isUp());
    return operators;
  }

  function launch(): void {
    operators = [...running(), startOperatorProcess({ ...options, identity, loopback }, suspendedUntilMs)];
  }

  function tell(type: "step-down" | "drain"): void {
    const life = sidecar.life();
    if (life) sidecar.tell(life, { type });
  }

  const self: Pod = {
    label,
    openUntilMs() {
      let untilMs = curlUntilMs;
      for (const operator of operators) untilMs = Math.max(untilMs, operator.openUntilMs());
      return untilMs;
    },
    requests: link.requests,
    killOperator(heirMs = 0) {
      for (const operator of running()) operator.kill(heirMs);
    },
    startOperator() {
      if (running().length === 0) launch();
    },
    replaceOperator(stoppedMs, killedAfterMs) {
      const old = running();
      for (const operator of old) {
        operator.pause(stoppedMs);
        schedule.at(schedule.nowMs() + killedAfterMs, () => operator.kill(0));
      }
      launch();
    },
    endOperator() {
      for (const operator of running()) operator.end();
    },
    killSidecar() {
      const life = sidecar.life();
      if (life === null) return;
      sidecar.kill();
      loopback.sidecarKilled(life);
    },
    startSidecar() {
      // Nothing starts on a machine that is asleep.
      const notBeforeMs = Math.max(suspendedUntilMs, heldUntilMs);
      if (sidecar.life() === null && schedule.nowMs() < notBeforeMs) {
        return void schedule.at(notBeforeMs, self.startSidecar);
      }
      sidecar.start();
    },
    pauseSidecar: sidecar.pause,
    pauseOperator(forMs) {
      for (const operator of running()) operator.pause(forMs);
    },
    cutConnection() {
      const life = sidecar.life();
      if (life !== null) sidecar.cutGate(life);
    },
    suspend(forMs) {
      if (schedule.nowMs() < suspendedUntilMs) return;
      trace?.(`${label} machine: suspended for ${Math.round(forMs)} ms`);
      suspendedUntilMs = schedule.nowMs() + forMs;
      machine.suspend(forMs);
      sidecar.pause(forMs);
      self.pauseOperator(forMs);
    },
    setWallClock(byMs) {
      trace?.(`${label} machine: wall clock set by ${Math.round(byMs)} ms`);
      machine.setWallClock(byMs);
    },
    curl() {
      const life = sidecar.life();
      const askedTrueMs = schedule.nowMs();
      if (life === null) return;
      sidecar.inside(life, () => {
        sidecar.tell(life, { type: "asked", by: "plain" });
        const { isLeader, validForMs } = sidecar.answer(life, "plain");
        if (!isLeader) return;
        trace?.(`${label} sidecar: tells somebody without a gate that it leads, for ${validForMs} ms`);
        curlUntilMs = Math.max(curlUntilMs, askedTrueMs + machine.trueMs(validForMs));
      });
    },
    curlAsGate() {
      const askedTrueMs = schedule.nowMs();
      const line = loopback.connect({
        inside: (run) => run(),
        hear(heard) {
          line.end();
          if (heard.type !== "answered" || !heard.answer.isLeader) return;
          const { validForMs, identity: by } = heard.answer;
          if (by !== identity) return;
          trace?.(
            `${label} sidecar: tells somebody who calls himself a gate that it leads, for ${validForMs} ms`,
          );
          curlUntilMs = Math.max(curlUntilMs, askedTrueMs + machine.trueMs(validForMs));
        },
      });
      line.ask({ name: "curl", waitMs: 0, index: null });
    },
    garble: loopback.garble,
    mislead(to, forMs) {
      if (to.identity !== identity) loopback.mislead(to.sidecar, forMs);
    },
    identity,
    sidecar,
    stepDown: () => tell("step-down"),
    drain: () => tell("drain"),
    isDrained: () => sidecar.life()?.election.stance.kind === "ended",
    knownDurationMs: () => sidecar.life()?.election.longestDurationMs ?? 0,
    holdStarts(untilMs) {
      heldUntilMs = Math.max(heldUntilMs, untilMs);
    },
    describe() {
      const life = sidecar.life();
      const processes = running().map((operator) => operator.describe());
      const operator = processes.length === 0 ? "dead" : processes.join("; another ");
      if (life === null) return `${label}: sidecar dead; operator ${operator}`;
      const { election, pausedUntilMs } = life;
      const { term, stance, observation } = election;
      const now = sidecar.now();
      const leftMs = (endMs: number): string => `${Math.round(endMs - now.waitMs)} ms`;
      return [
        `${label}: sidecar ${schedule.nowMs() < pausedUntilMs ? "stopped, " : ""}${stance.kind}`,
        isLeading(election, now) ? "calls itself leader" : "does not lead",
        term === null
          ? "no term"
          : `term ${term.id}, token ${tokenOf(term)}, valid for ${Math.round(validityEndMs(term) - now.actMs)} ms`,
        `last promise ends in ${leftMs(promisesEndMs(election.promises))}`,
        `has seen ${observation?.record?.holder || "nobody"} hold it; operator ${operator}`,
      ].join(", ");
    },
  };
  return self;
}
