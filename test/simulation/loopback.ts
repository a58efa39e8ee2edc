// The loopback of a pod: connections between its operators and its sidecar, and nothing of what either says on them. Messages take
// their time, in the order in which they were sent; an end comes as a FIN, behind what was sent before, or as a reset, which
// drops what has not been read. The kernel takes connections for a sidecar that is stopped, and ends those of one that dies.
import type { Heard } from "../../gate/conversation.ts";
import type { GateQuestion } from "../../sidecar/gate-role.ts";
import type { Chance } from "../model/chance.ts";
import type { Schedule } from "./schedule.ts";
import type { SidecarLife, SidecarProcess } from "./sidecar-process.ts";

/** What a connection needs of the process that made it. */
export interface OperatorEnd {
  /** Runs in that process: not at all once it is dead, and only when it is not stopped. */
  inside(run: () => void): void;
  hear(heard: Heard): void;
}

/** A connection as the operator has it. */
export interface Line {
  ask(question: GateQuestion): void;
  /** Its process, or the kernel for it, ends the connection. */
  end(): void;
}

export interface Loopback {
  connect(from: OperatorEnd): Line;
  /** For so long every answer is something else than one. */
  garble(forMs: number): void;
  /** For so long connections reach the sidecar of another pod: with hostNetwork the two share one loopback. */
  mislead(to: SidecarProcess, forMs: number): void;
  /** That life of the sidecar is over. */
  sidecarKilled(life: SidecarLife): void;
}

export interface LoopbackOptions {
  readonly schedule: Schedule;
  readonly chance: Chance;
  /** The longest that a message takes: long where both processes starve for a processor. */
  readonly loopbackMs: () => number;
  readonly sidecar: SidecarProcess;
}

const longestEndMs = 2;

export function createLoopback(options: LoopbackOptions): Loopback {
  const { schedule, chance, loopbackMs } = options;
  let garbledUntilMs = 0;
  let misled = { to: options.sidecar, untilMs: 0 };

  /** What arrives behind all that was sent before. */
  function createWay(): (longestMs: number, run: () => void) => void {
    let lastMs = 0;
    return (longestMs, run) => {
      lastMs = Math.max(lastMs, schedule.nowMs() + chance.between(0.05, longestMs));
      schedule.at(lastMs, run);
    };
  }

  function connect(from: OperatorEnd): Line {
    const sidecar = schedule.nowMs() < misled.untilMs ? misled.to : options.sidecar;
    const life = sidecar.life();
    const [out, back] = [createWay(), createWay()];
    const lose = (reason: string): void =>
      back(longestEndMs, () => from.inside(() => from.hear({ type: "lost", reason })));
    if (life === null) {
      lose("connection refused");
      return { ask: () => undefined, end: () => undefined };
    }
    let isReset = false;
    let isOpen = true;
    let isEndedThere = false;
    const on = sidecar.accept(life, {
      reply(heard) {
        const isGarbled = schedule.nowMs() < garbledUntilMs;
        const word: Heard = isGarbled ? { type: "puzzling", message: "status 500" } : heard;
        back(loopbackMs(), () => from.inside(() => from.hear(word)));
      },
      end() {
        isEndedThere = true;
        lose("ended by the sidecar");
      },
      isOver: () => !isOpen || isEndedThere,
    });
    return {
      ask(question) {
        out(loopbackMs(), () =>
          sidecar.inside(life, () => {
            if (!isReset) sidecar.asked(life, on, question);
          }),
        );
      },
      end() {
        if (!isOpen) return;
        isOpen = false;
        isReset = chance.happens(0.5);
        const ended = (): void => sidecar.inside(life, () => sidecar.ended(life, on));
        if (isReset) schedule.at(schedule.nowMs() + chance.between(0.05, longestEndMs), ended);
        else out(longestEndMs, ended);
      },
    };
  }

  return {
    connect,
    garble(forMs) {
      garbledUntilMs = Math.max(garbledUntilMs, schedule.nowMs() + forMs);
    },
    mislead(to, forMs) {
      misled = { to, untilMs: schedule.nowMs() + forMs };
    },
    sidecarKilled({ lines }) {
      for (const line of lines.values()) line.end();
    },
  };
}
