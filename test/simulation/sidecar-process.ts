// The sidecar of a pod: lives that run the production election. Around it only what the driver does: it takes in what
// happened, has the requests sent, and sets the one timer.
import { initialElection, type Election, type ElectionEvent } from "../../sidecar/election/election.ts";
import type { ElectionSettings } from "../../sidecar/election/settings.ts";
import { answer } from "../../sidecar/election/answer.ts";
import { step } from "../../sidecar/election/step.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import type { Moment } from "../../platform/clock.ts";
import type { ApiLink, Receive } from "./api-link.ts";
import type { Chance } from "./chance.ts";
import type { Machine } from "./machine.ts";
import type { Schedule } from "./schedule.ts";

/** One process, from its start to its end. */
export interface SidecarLife {
  election: Election;
  readonly settings: ElectionSettings;
  readonly receive: Receive;
  wakeOrder: number;
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
  /** An answer of /leader would now be another than before. */
  readonly onChange: (life: SidecarLife) => void;
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
      if (to.election.index !== before) options.onChange(to);
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
    answer(of, to) {
      const result = answer(of.election, to, now(), of.settings);
      of.election = result.election;
      return result.answer;
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
