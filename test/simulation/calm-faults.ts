// The faults of a calm world: one at a time, each shorter than the tolerance.
import type { Times } from "./cast.ts";
import type { Chance } from "../model/chance.ts";
import type { LeaseStore } from "../model/lease-store.ts";
import type { Pod } from "./pod.ts";
import { fairWeather, type Weather } from "./weather.ts";

/** How long a sidecar leaves its operator silent, and how long it holds a poll. */
const operatorTimeoutMs = 10_000;
const heldMs = 1000;
/** A gate waits 2 s for an answer that is due; by the fastest clock, and with the way there and back, a little less. */
const stopMs = 1900;

export interface Fault {
  readonly kind: string;
  readonly forMs: number;
  begin(): void;
  end(): void;
}

interface FaultOptions {
  readonly chance: Chance;
  readonly times: Times;
  readonly store: LeaseStore;
  readonly pods: readonly Pod[];
  readonly leader: Pod;
  readonly weathers: Map<string, Weather>;
}

/**
 * One fault, shorter than the tolerance: two thirds of a lease duration for messages that are swallowed without a word (the
 * last renewal may be P old then, and the next may be sent R/5 later); any time for a server that refuses at once, and for
 * anything that only standbys suffer; what a gate waits for an answer, for a sidecar that stands still; what is left of its promise,
 * for an operator that does; half a validity for a
 * wall clock that is set forward, since one that gains a whole one ends it.
 */
export function drawFault({ chance, times, store, pods, leader, weathers }: FaultOptions): Fault {
  const { leaseDurationMs: d, renewDeadlineMs: r } = times;
  const cutMs = (2 / 3) * d;
  const other = chance.pick(pods.filter((pod) => pod !== leader));
  const nothing = (): void => undefined;
  const during = (kind: string, forMs: number, of: readonly Pod[], weather: Partial<Weather>): Fault => ({
    kind,
    forMs,
    begin: () => of.forEach(({ label }) => weathers.set(label, { ...fairWeather, ...weather })),
    end: () => of.forEach(({ label }) => weathers.delete(label)),
  });
  const lost = { lossOut: 1, lossBack: 1 };
  // Less than its promise, which a renewal a whole period ago and a poll's hold have eaten at, and than its sidecar's patience.
  const stallMs = 0.95 * Math.min(r - times.retryPeriodMs - heldMs, operatorTimeoutMs - heldMs) - 100;
  // The question that comes next is put half a second later.
  const garbleMs = stallMs - 500;
  const standbyMs = chance.between(10, 60_000);
  const faultsToPick: readonly (() => Fault)[] = [
    () => during("API down for everybody", chance.between(10, 60_000), pods, { isDown: true }),
    () => during("API silent for everybody", chance.between(10, cutMs), pods, lost),
    () => during("leader cut off", chance.between(10, cutMs), [leader], lost),
    () => during("leader's answers lost", chance.between(10, cutMs), [leader], { lossBack: 1 }),
    () => during("standby cut off", standbyMs, [other], lost),
    () => during("standby's answers lost", standbyMs, [other], { lossBack: 1 }),
    () => during("everything slow", chance.between(10, 60_000), pods, { slowestMs: r / 10 }),
    () => during("watches silent", chance.between(10, 60_000), pods, { isWatchSilent: true }),
    () =>
      during("half of all messages lost", chance.between(10, cutMs), pods, { lossOut: 0.5, lossBack: 0.5 }),
    () => ({
      kind: "leader's sidecar stopped",
      forMs: chance.between(10, stopMs),
      begin() {
        leader.pauseSidecar(this.forMs);
      },
      end: nothing,
    }),
    () => ({
      kind: "leader's operator stopped",
      forMs: chance.between(10, stallMs),
      begin() {
        leader.pauseOperator(this.forMs);
      },
      end: nothing,
    }),
    () => ({
      kind: "leader's machine suspended",
      forMs: chance.between(10, stopMs),
      begin() {
        leader.suspend(this.forMs);
      },
      end: nothing,
    }),
    () => ({
      kind: "standby's machine suspended",
      forMs: standbyMs,
      begin: () => other.suspend(standbyMs),
      end: nothing,
    }),
    () => ({
      kind: "standby's sidecar killed",
      forMs: standbyMs,
      begin: other.killSidecar,
      end: other.startSidecar,
    }),
    () => ({
      kind: "lease deleted by hand",
      forMs: 10,
      begin: store.remove,
      end: nothing,
    }),
    () => ({
      kind: "leader's answers garbled",
      forMs: chance.between(10, garbleMs),
      begin() {
        leader.garble(this.forMs);
      },
      end: nothing,
    }),
    () => ({
      kind: "gate's connection cut",
      forMs: 10,
      begin: leader.cutConnection,
      end: nothing,
    }),
    () => ({
      kind: "wall clock set",
      forMs: 10,
      begin: () => chance.pick(pods).setWallClock(chance.between(-1e6, r / 2)),
      end: nothing,
    }),
  ];
  return chance.pick(faultsToPick)();
}
