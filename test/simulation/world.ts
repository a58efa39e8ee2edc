// A whole world from one seed: pods, an API server, weather, and a fate that kills, stops, restarts, edits and deletes.
// First anything may happen and safety must hold; then the faults end, and a leader must come within its bound.
import { leaseAnnotations } from "../../sidecar/election/lease-record.ts";
import { describeLease } from "./api-link.ts";
import { castPods, chanceOfStrike } from "./cast.ts";
import { createChance } from "../model/chance.ts";
import { createCourt, type Court } from "./court.ts";
import { createFates } from "./fates.ts";
import { fewRequests } from "../model/invariants/few-requests.ts";
import { foreignHold } from "../model/invariants/foreign-hold.ts";
import { healMs, leaderAfterHealing } from "../model/invariants/leader-after-healing.ts";
import { createLeaseStore, type LeaseStore } from "../model/lease-store.ts";
import { createTrace, everything, takesPlace, type WorldOptions, type WorldOutcome } from "./outcome.ts";
import type { Pod } from "./pod.ts";
import { createSchedule, type Schedule } from "./schedule.ts";
import { fairWeather, type Weather } from "./weather.ts";

const usualTimes = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 };
const mixedTimes = [
  usualTimes,
  { leaseDurationMs: 30_000, renewDeadlineMs: 20_000, retryPeriodMs: 4000 },
  { leaseDurationMs: 7000, renewDeadlineMs: 5000, retryPeriodMs: 1000 },
];

const faultyMs = 120_000;
/** Faults still under way at the end of their phase have this long to run out. */
const runOutMs = 30_000;
const fateSalt = 0xfa7e_fa7e;

/** A world in which anything may happen. */
export function runWorld(
  seed: number,
  { isTraced = false, excerpt = everything }: WorldOptions = {},
): WorldOutcome {
  const chance = createChance(seed);
  const schedule = createSchedule();
  const store = createLeaseStore();
  const { lines, note } = createTrace(schedule.nowMs);
  const trace = isTraced ? note : null;
  const weathers = new Map<string, Weather>();
  const severity = chance.fraction();
  const pods: Pod[] = [];
  const court: Court = createCourt({
    nowMs: schedule.nowMs,
    pods,
    authorOf: store.authorOf,
    state: () => stateOf(pods, store),
  });
  const count = chance.pick([2, 2, 3, 3, 4]);
  // A rollout of other times.
  const isMixed = chance.happens(0.2);
  const isNamesake = chance.happens(0.15);
  const operatorTimeoutMs = chance.pick([10_000, 10_000, 10_000, 0]);
  const loopbackMs = chance.pick([1, 1, 1900]);
  let isHealed = false;
  let longestMs = 0;
  if (isMixed || chance.happens(0.7)) {
    const annotations = { [leaseAnnotations.createdEmpty]: "true" };
    store.create({ metadata: { name: "bindy-leader", annotations } });
  }

  castPods(pods, {
    seed,
    count,
    chance,
    roleOf(at) {
      const times = isMixed ? chance.pick(mixedTimes) : usualTimes;
      longestMs = Math.max(longestMs, times.leaseDurationMs);
      // A pod of a StatefulSet on a node that is cut off, and the one that was made in its place.
      return { identity: isNamesake && at === 1 ? "pod-0" : `pod-${at}`, times };
    },
    operatorTimeoutMs,
    weatherOf: (label) => (isHealed ? fairWeather : (weathers.get(label) ?? fairWeather)),
    loopbackMs: () => (isHealed ? 1 : loopbackMs),
    store,
    schedule,
    excerpt,
    trace,
    witness: court,
  });

  let strikes = 0;
  beginFates();
  schedule.runUntil(faultyMs + runOutMs, court.isBroken);
  if (court.violation() === null) {
    isHealed = true;
    trace?.("the faults have ended");
    heal(pods);
    judgeHealing(schedule, court, pods, isMixed ? 30_000 : 15_000);
  }
  const whole = { strikes, pods: count };
  return { violation: court.violation(), counts: court.counts(), whole, trace: lines };

  /** Has fates strike now and then, until the faulty phase is over. */
  function beginFates(): void {
    const hold = foreignHold();
    let isByHand = false;
    store.onEvent(() => {
      if (!isByHand) court.judge(hold.written(schedule.nowMs()));
    });
    const fates = createFates({
      schedule,
      store,
      pods,
      weathers,
      severity,
      isMixed,
      longestMs,
      hold,
      byHand(work) {
        isByHand = true;
        work();
        isByHand = false;
      },
      trace,
    });
    const total = fates.reduce((sum, { weight }) => sum + weight, 0);
    const gapMs = 500 + 8000 * (1 - severity);
    const lots = createChance(seed ^ fateSalt);
    function strike(): void {
      if (schedule.nowMs() > faultyMs) return;
      strikes += 1;
      let left = lots.between(0, total);
      const fate = fates.find(({ weight }) => (left -= weight) <= 0);
      if (fate && takesPlace(excerpt.strikes, strikes)) {
        trace?.(`STRIKE ${strikes}: ${fate.kind}`);
        court.struck(fate.kind);
        fate.strike(chanceOfStrike(seed ^ fateSalt, strikes));
      }
      schedule.at(schedule.nowMs() + lots.between(0, 2 * gapMs), strike);
    }
    schedule.at(4000, strike);
  }
}

/** Everything is started that is not running. */
function heal(pods: readonly Pod[]): void {
  for (const pod of pods) {
    if (pod.isDrained()) pod.killSidecar();
    pod.startSidecar();
    pod.startOperator();
  }
}

function judgeHealing(schedule: Schedule, court: Court, pods: readonly Pod[], longestMs: number): void {
  const endMs = faultyMs + runOutMs + healMs(longestMs);
  schedule.runUntil(endMs, court.isBroken);
  if (court.violation() !== null) return;
  court.judge(leaderAfterHealing(pods, endMs, longestMs));
  court.judge(fewRequests(pods));
}

/** The state of the lease and of every pod, one line each. */
function stateOf(pods: readonly Pod[], store: LeaseStore): readonly string[] {
  return [`the lease: ${describeLease(store.read())}`, ...pods.map((pod) => pod.describe())];
}
