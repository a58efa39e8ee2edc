// A calm world: a leader has settled, and then one fault at a time strikes, shorter than the tolerance. Nothing may come of
// it: the same pod leads afterwards, in the same term. Where the other worlds ask whether the election is safe, this one
// asks whether it is steady.
import { leaseAnnotations } from "../../sidecar/election/lease-record.ts";
import { describeLease } from "./api-link.ts";
import { createChance, type Chance } from "./chance.ts";
import { createCourt } from "./court.ts";
import { sameLeader, type SameLeader } from "./invariants/same-leader.ts";
import { createLeaseStore, type LeaseStore } from "./lease-store.ts";
import { createMachine } from "./machine.ts";
import { createTrace, everything, takesPlace, type WorldOptions, type WorldOutcome } from "./outcome.ts";
import { createPod, type Pod } from "./pod.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import { fairWeather, type Weather } from "./weather.ts";
import type { Opening } from "./witness.ts";

interface Times {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
}

const allTimes: readonly Times[] = [
  { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
  { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
  { leaseDurationMs: 30_000, renewDeadlineMs: 20_000, retryPeriodMs: 4000 },
  { leaseDurationMs: 7000, renewDeadlineMs: 5000, retryPeriodMs: 1000 },
];
const operatorTimeoutMs = 10_000;
/** A gate waits 2 s for an answer that is due; by the fastest clock, and with the way there and back, a little less. */
const stopMs = 1900;

/** A first leader is found within this; the lease is made by an installation, so that nobody has to settle. */
const settleMs = 40_000;
const faults = 4;
/** How long a world has to get over a fault: a lease duration and more. */
const recoverMs = 45_000;
// Streams of chance of their own, as in world.ts.
const calmSalt = 0xca1f_0ca1;
const podSalt = 0x90d5_90d5;
const faultSalt = 0xfa01_7fa0;

interface Fault {
  readonly kind: string;
  readonly forMs: number;
  begin(): void;
  end(): void;
}

export function runCalmWorld(
  seed: number,
  { isTraced = false, excerpt = everything }: WorldOptions = {},
): WorldOutcome {
  const chance = createChance(seed ^ calmSalt);
  const schedule = createSchedule();
  const store = createLeaseStore();
  const { lines, note } = createTrace(schedule.nowMs);
  const trace = isTraced ? note : null;
  const weathers = new Map<string, Weather>();
  const pods: Pod[] = [];
  const times = chance.pick(allTimes);
  const count = chance.pick([2, 3, 3, 4]);
  let lastOpening: Opening | null = null;
  let steady: SameLeader | null = null;
  let strikes = 0;
  const court = createCourt({
    nowMs: schedule.nowMs,
    pods,
    authorOf: store.authorOf,
    state: () => [`the lease: ${describeLease(store.read())}`, ...pods.map((pod) => pod.describe())],
    onOpening(opening) {
      lastOpening = opening;
      if (steady !== null) court.judge(steady.opened(opening));
    },
  });
  const annotations = { [leaseAnnotations.createdEmpty]: "true" };
  store.create({ metadata: { name: "bindy-leader", annotations } });
  for (let at = 0; at < count; at += 1) {
    const label = `pod-${at}`;
    trace?.(`${label} is made, lease duration ${times.leaseDurationMs / 1000} s`);
    const pod = createPod({
      label,
      settings: {
        identity: label,
        holderUid: `uid-of-${label}`,
        lease: { namespace: "dns-system", name: "bindy-leader" },
        ...times,
        operatorTimeoutMs,
        processName: label,
        seed: Math.floor(chance.between(0, 2 ** 32)),
      },
      machine: createMachine(chance, schedule.nowMs),
      store,
      schedule,
      chance: createChance((seed ^ calmSalt ^ podSalt) + at),
      effectChance: createChance((seed ^ ~calmSalt) + at),
      weather: () => weathers.get(label) ?? fairWeather,
      loopbackMs: () => 1,
      trace,
      witness: court,
    });
    pods.push(pod);
    const startMs = chance.between(0, 3000);
    if (!takesPlace(excerpt.pods, at)) {
      pod.holdStarts(Number.POSITIVE_INFINITY);
      continue;
    }
    schedule.at(startMs, () => {
      pod.startSidecar();
      pod.startOperator();
    });
  }

  schedule.runUntil(settleMs, court.isBroken);
  // The type checker does not see that it was called back.
  const settled = lastOpening as Opening | null;
  if (settled === null || leaderOf(pods, schedule) !== settled.pod) {
    court.judge(`I5: nobody leads ${settleMs} ms after the start`);
  } else {
    const watched = (steady = sameLeader(settled));
    const leader = pods.find((pod) => pod.label === settled.pod) as Pod;
    for (let at = 1; at <= faults && !court.isBroken(); at += 1) {
      strikes = at;
      const drawn = createChance((seed ^ faultSalt) + Math.imul(at, 0x9e37_79b1));
      const fault = drawFault({ chance: drawn, times, store, pods, leader, weathers });
      if (!takesPlace(excerpt.strikes, at)) {
        schedule.runUntil(schedule.nowMs() + fault.forMs + recoverMs, court.isBroken);
        continue;
      }
      trace?.(`STRIKE ${at}: ${fault.kind}, for ${Math.round(fault.forMs)} ms`);
      court.struck(fault.kind);
      fault.begin();
      schedule.runUntil(schedule.nowMs() + fault.forMs, court.isBroken);
      fault.end();
      trace?.(`the fault is over`);
      schedule.runUntil(schedule.nowMs() + recoverMs, court.isBroken);
      court.judge(watched.afterFault(fault.kind, leaderOf(pods, schedule)));
    }
  }
  const whole = { strikes, pods: count };
  return { violation: court.violation(), counts: court.counts(), whole, trace: lines };
}

function leaderOf(pods: readonly Pod[], schedule: Schedule): string | null {
  return pods.find((pod) => pod.openUntilMs() > schedule.nowMs())?.label ?? null;
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
 * two renewals under way are each given up R after they were sent); any time for a server that refuses at once, and for
 * whatever only standbys suffer; what a gate waits for an answer, for a process that stands still; half a validity for a
 * wall clock that is set forward, since one that gains a whole one ends it.
 */
function drawFault({ chance, times, store, pods, leader, weathers }: FaultOptions): Fault {
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
      forMs: chance.between(10, stopMs),
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
