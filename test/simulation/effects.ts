// What an open gate is for: effects. While its gate is open an operator looks at it, again and again, and sends an effect
// that takes its time to the API. A running operator aborts what is under way when its promise ends, and when its gate closes in
// trouble. Asked to stop, it sends nothing more, and lets what is on its way come to its end: until then it is not idle. What
// is under way when its process is killed, stopped or suspended may commit later (A3), and is counted as a stray effect, for
// fencing to stop.
import { isOpen, type Gate } from "../../gate/promise.ts";
import type { Moment } from "../../platform/clock.ts";
import type { Chance } from "../model/chance.ts";
import type { Machine } from "./machine.ts";
import type { Schedule } from "./schedule.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "../model/witness.ts";

export interface Effects {
  /** The gate has opened: full resync at once, and then live. */
  begin(): void;
  /** The gate has closed in trouble, in a running process, which aborts what it has under way. */
  abort(): void;
  /** The gate was asked to close: nothing more is sent, and what was sent comes to its end. */
  stop(): void;
  /** Calls back once nothing is under way. */
  whenIdle(callback: () => void): void;
  /** The promise was given back: what is under way is under none any more. */
  giveBack(): void;
  /** The process ends as it should: nothing more is sent, and what its promise no longer covers is aborted. */
  leave(): void;
  /** The process was killed: nobody is left to abort anything. */
  abandon(): void;
}

export interface EffectsOptions {
  readonly label: string;
  readonly machine: Machine;
  readonly schedule: Schedule;
  /** A stream of chance of its own, so that effects change nothing else in a world. */
  readonly chance: Chance;
  readonly weather: () => Weather;
  readonly trace: ((line: string) => void) | null;
  readonly witness: Witness;
  readonly gate: () => Gate;
  readonly now: () => Moment;
  /** True ms at which the running promise ends, by what was promised and not by what the gate makes of it. */
  readonly promiseEndMs: () => number;
  /** Runs in the operator's process: not at all once it is dead, and not before it goes on if it is stopped. */
  readonly inside: (run: () => void) => void;
  readonly isStopped: () => boolean;
}

interface Effect {
  readonly token: string;
  promiseEndMs: number;
  /** The same, whether or not it was given back since. */
  readonly madeUntilMs: number;
  isSent: boolean;
  /** The process was stopped between the look and the sending. */
  wasInterrupted: boolean;
  isAborted: boolean;
}

export function createEffects(options: EffectsOptions): Effects {
  const { label, machine, schedule, chance, weather, trace, witness, gate, now, inside } = options;
  /** Grows with every opening and every death: an earlier round of looks ends. */
  let round = 0;
  let underWay = new Set<Effect>();
  let idleCallback: (() => void) | null = null;

  /** One effect less may be under way. */
  function settle(): void {
    if (idleCallback === null) return;
    for (const effect of underWay) if (!effect.isAborted) return;
    const callback = idleCallback;
    idleCallback = null;
    later(0.01, callback);
  }

  function later(delayMs: number, run: () => void): void {
    schedule.at(schedule.nowMs() + delayMs, run);
  }

  function look(of: number): void {
    if (of !== round) return;
    const at = now();
    const current = gate();
    if (!isOpen(current, at) || current.opening === null) return;
    const { fencingToken, untilMs } = current.opening;
    witness.looked({ pod: label, atMs: schedule.nowMs(), promiseEndMs: options.promiseEndMs() });
    const effect: Effect = {
      token: fencingToken ?? "0",
      promiseEndMs: options.promiseEndMs(),
      madeUntilMs: options.promiseEndMs(),
      isSent: false,
      wasInterrupted: false,
      isAborted: false,
    };
    // From the look on it carries the term's signal: a gate that closes before the sending stops that, too.
    underWay.add(effect);
    const living = underWay;
    const dueMs = schedule.nowMs() + chance.between(0.01, 0.5);
    schedule.at(dueMs, () =>
      inside(() => {
        effect.wasInterrupted = schedule.nowMs() > dueMs;
        send(effect, living);
      }),
    );
    later(machine.trueMs(Math.max(0, untilMs - at.actMs)), () =>
      inside(() => {
        effect.isAborted = true;
        settle();
      }),
    );
    later(chance.between(100, 2500), () => inside(() => look(of)));
  }

  function send(effect: Effect, living: Set<Effect>): void {
    // What a dead process had yet to send is never sent.
    if (effect.isAborted || living !== underWay) return void living.delete(effect);
    effect.isSent = true;
    const { lossOut, slowestMs, refusal } = weather();
    const isLost = chance.happens(lossOut) || chance.happens(refusal);
    later(chance.between(0.1, slowestMs), () => {
      living.delete(effect);
      settle();
      if (isLost || effect.isAborted) return;
      const isStray = witness.committed({
        pod: label,
        token: effect.token,
        atMs: schedule.nowMs(),
        promiseEndMs: effect.promiseEndMs,
        isRunning: living === underWay && !options.isStopped() && !effect.wasInterrupted,
      });
      if (isStray) trace?.(`${label} operator: an effect with token ${effect.token} commits astray`);
    });
  }

  function abort(): void {
    for (const effect of underWay) effect.isAborted = true;
  }

  return {
    begin() {
      round += 1;
      const begun = round;
      later(chance.between(0.01, 5), () => inside(() => look(begun)));
    },
    abort,
    stop() {
      for (const effect of underWay) if (!effect.isSent) effect.isAborted = true;
    },
    whenIdle(callback) {
      idleCallback = callback;
      settle();
    },
    giveBack() {
      for (const effect of underWay) {
        effect.promiseEndMs = Math.min(effect.promiseEndMs, schedule.nowMs());
      }
    },
    leave() {
      round += 1;
      idleCallback = null;
      for (const effect of underWay) {
        if (!effect.isSent || schedule.nowMs() >= effect.madeUntilMs) effect.isAborted = true;
      }
    },
    abandon() {
      round += 1;
      idleCallback = null;
      underWay = new Set();
    },
  };
}
