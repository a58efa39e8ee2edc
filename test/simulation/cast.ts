// Who plays in a world: its pods, made from chance and started within the first seconds.
import { createChance, type Chance } from "../model/chance.ts";
import type { LeaseStore } from "../model/lease-store.ts";
import { createMachine } from "./machine.ts";
import { takesPlace, type Excerpt } from "./outcome.ts";
import { createPod, type Pod } from "./pod.ts";
import type { Schedule } from "./schedule.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "../model/witness.ts";

export interface Times {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

/** What each pod of a world is like, by its number from 0. */
export interface Role {
  readonly identity: string;
  readonly times: Times;
}

export interface CastOptions {
  readonly seed: number;
  readonly count: number;
  readonly chance: Chance;
  readonly roleOf: (at: number) => Role;
  readonly operatorTimeoutMs: number;
  readonly weatherOf: (label: string) => Weather;
  readonly loopbackMs: () => number;
  readonly store: LeaseStore;
  readonly schedule: Schedule;
  readonly excerpt: Excerpt;
  readonly trace: ((line: string) => void) | null;
  readonly witness: Witness;
}

// Streams of chance of their own: what one asks changes nothing for another, so that a part of a world can be left out.
const podSalt = 0x90d5_90d5;
const effectSalt = 0x5eed_0ff5;

/** Makes pods one after another, adds each to `pods`, and has it start within three seconds. */
export function castPods(pods: Pod[], options: CastOptions): void {
  const { seed, count, chance, schedule, trace } = options;
  for (let at = 0; at < count; at += 1) {
    const machine = createMachine(chance, schedule.nowMs);
    const label = `pod-${at}`;
    const { identity, times } = options.roleOf(at);
    trace?.(
      `${label} is made: name ${identity}, lease duration ${times.leaseDurationMs / 1000} s, renew deadline ` +
        `${times.renewDeadlineMs / 1000} s, retry period ${times.retryPeriodMs / 1000} s, ` +
        `its clock gains ${((1 / machine.trueMs(1) - 1) * 100).toFixed(1)} %`,
    );
    const pod = createPod({
      label,
      settings: {
        identity,
        holderUid: `uid-of-${label}`,
        lease: { namespace: "dns-system", name: "bindy-leader" },
        ...times,
        operatorTimeoutMs: options.operatorTimeoutMs,
        processName: label,
        seed: Math.floor(chance.between(0, 2 ** 32)),
      },
      machine,
      store: options.store,
      schedule,
      chance: createChance((seed ^ podSalt) + at),
      effectChance: createChance((seed ^ effectSalt) + at),
      weather: () => options.weatherOf(label),
      loopbackMs: options.loopbackMs,
      trace,
      witness: options.witness,
    });
    pods.push(pod);
    const startMs = chance.between(0, 3000);
    if (!takesPlace(options.excerpt.pods, at)) {
      pod.holdStarts(Number.POSITIVE_INFINITY);
      continue;
    }
    schedule.at(startMs, () => {
      pod.startSidecar();
      pod.startOperator();
    });
  }
}

/** The chance of a world's Nth strike, whatever the others ask of theirs. */
export function chanceOfStrike(seed: number, ordinal: number): Chance {
  return createChance(seed + Math.imul(ordinal, 0x9e37_79b1));
}
