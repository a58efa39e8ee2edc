// One pod of a world: a sidecar and an operator on one machine, and what can be done to them.
import { isLeading } from "../../sidecar/election/election.ts";
import { promisesEndMs } from "../../sidecar/election/promises.ts";
import type { ElectionSettings } from "../../sidecar/election/settings.ts";
import { createApiLink } from "./api-link.ts";
import type { Chance } from "./chance.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { Machine } from "./machine.ts";
import { createOperatorProcess } from "./operator-process.ts";
import type { Schedule } from "./schedule.ts";
import { createSidecarProcess } from "./sidecar-process.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "./witness.ts";
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
  setWallClock(byMs: number): void;
  /** Somebody asks without a gate, and acts on the answer for as long as it promised. */
  curl(): void;
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
  const sidecar = createSidecarProcess({
    ...options,
    link,
    onChange: (life) => operator.sidecarChanged(life),
  });
  const operator = createOperatorProcess({ ...options, sidecar });

  function tell(type: "step-down" | "drain"): void {
    const life = sidecar.life();
    if (life) sidecar.tell(life, { type });
  }

  const self: Pod = {
    label,
    openUntilMs: () => Math.max(operator.openUntilMs(), curlUntilMs),
    requests: link.requests,
    killOperator: operator.kill,
    startOperator: () => operator.start(suspendedUntilMs),
    killSidecar() {
      if (sidecar.life() === null) return;
      sidecar.kill();
      operator.sidecarKilled();
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
    pauseOperator: operator.pause,
    cutConnection: operator.cutConnection,
    suspend(forMs) {
      if (schedule.nowMs() < suspendedUntilMs) return;
      trace?.(`${label} machine: suspended for ${Math.round(forMs)} ms`);
      suspendedUntilMs = schedule.nowMs() + forMs;
      machine.suspend(forMs);
      sidecar.pause(forMs);
      operator.pause(forMs);
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
    stepDown: () => tell("step-down"),
    drain: () => tell("drain"),
    isDrained: () => sidecar.life()?.election.stance.kind === "ended",
    knownDurationMs: () => sidecar.life()?.election.longestDurationMs ?? 0,
    holdStarts(untilMs) {
      heldUntilMs = Math.max(heldUntilMs, untilMs);
    },
    describe() {
      const life = sidecar.life();
      if (life === null) return `${label}: sidecar dead; operator ${operator.describe()}`;
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
        `has seen ${observation?.record?.holder || "nobody"} hold it; operator ${operator.describe()}`,
      ].join(", ");
    },
  };
  return self;
}
