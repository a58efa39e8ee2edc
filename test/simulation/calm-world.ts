// A calm world: a leader has settled, and then one fault at a time strikes, shorter than the tolerance. Nothing may come of
// it: the same pod leads afterwards, in the same term. Where the other worlds ask whether the election is safe, this one
// asks whether it is steady.
import { leaseAnnotations } from "../../sidecar/election/lease-record.ts";
import { describeLease } from "./api-link.ts";
import { drawFault } from "./calm-faults.ts";
import { castPods, chanceOfStrike, type Times } from "./cast.ts";
import { createChance } from "../model/chance.ts";
import { createCourt } from "./court.ts";
import { sameLeader, type SameLeader } from "../model/invariants/same-leader.ts";
import { createLeaseStore } from "../model/lease-store.ts";
import { createTrace, everything, takesPlace, type WorldOptions, type WorldOutcome } from "./outcome.ts";
import type { Pod } from "./pod.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import { fairWeather, type Weather } from "./weather.ts";
import type { Opening } from "../model/witness.ts";

const allTimes: readonly Times[] = [
  { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
  { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
  { leaseDurationMs: 30_000, renewDeadlineMs: 20_000, retryPeriodMs: 4000 },
  { leaseDurationMs: 7000, renewDeadlineMs: 5000, retryPeriodMs: 1000 },
];
const operatorTimeoutMs = 10_000;

/** A first leader is found within this; the lease is made by an installation, so that nobody has to settle. */
const settleMs = 40_000;
const faults = 4;
/** How long a world has to get over a fault: a lease duration and more. */
const recoverMs = 45_000;
const calmSalt = 0xca1f_0ca1;
const faultSalt = 0xfa01_7fa0;

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
  castPods(pods, {
    seed: seed ^ calmSalt,
    count,
    chance,
    roleOf: (at) => ({ identity: `pod-${at}`, times }),
    operatorTimeoutMs,
    weatherOf: (label) => weathers.get(label) ?? fairWeather,
    loopbackMs: () => 1,
    store,
    schedule,
    excerpt,
    trace,
    witness: court,
  });

  /** One fault after another, each with the time that a world has to get over it. */
  function strikeAll(leader: Pod, watched: SameLeader): void {
    for (let at = 1; at <= faults && !court.isBroken(); at += 1) {
      strikes = at;
      const fault = drawFault({
        chance: chanceOfStrike(seed ^ faultSalt, at),
        times,
        store,
        pods,
        leader,
        weathers,
      });
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

  schedule.runUntil(settleMs, court.isBroken);
  // The type checker does not see that it was called back.
  const settled = lastOpening as Opening | null;
  if (settled === null || leaderOf(pods, schedule) !== settled.pod) {
    court.judge(`I5: nobody leads ${settleMs} ms after the start`);
  } else {
    steady = sameLeader(settled);
    strikeAll(pods.find((pod) => pod.label === settled.pod) as Pod, steady);
  }
  const whole = { strikes, pods: count };
  return { violation: court.violation(), counts: court.counts(), whole, trace: lines };
}

function leaderOf(pods: readonly Pod[], schedule: Schedule): string | null {
  return pods.find((pod) => pod.openUntilMs() > schedule.nowMs())?.label ?? null;
}
