// A whole world from one seed: pods, an API server, weather, and a fate that kills, stops, restarts, edits and deletes.
// First anything may happen and safety must hold; then the faults end, and a leader must come within its bound.
import { leaseAnnotations, type Lease } from "../../sidecar/election/lease-record.ts";
import { createChance } from "./chance.ts";
import { createLeaseStore } from "./lease-store.ts";
import { createMachine, type Machine } from "./machine.ts";
import { createPod, type Pod, type Weather } from "./pod.ts";
import { createSchedule } from "./schedule.ts";

export interface WorldResult {
  readonly violation: string | null;
  readonly openings: number;
  readonly trace: readonly string[];
}

const faultyMs = 120_000;
// A full lease duration, a settling on top of it, and the backoffs and grace on the way.
const healMs = 75_000;

export function runWorld(seed: number): WorldResult {
  const chance = createChance(seed);
  const schedule = createSchedule();
  const store = createLeaseStore();
  const trace: string[] = [];
  const note = (line: string): void => void trace.push(`${(schedule.nowMs() / 1000).toFixed(4)} ${line}`);
  const fair: Weather = { lossOut: 0, lossBack: 0, slowestMs: 5, isWatchSilent: false };
  const weathers = new Map<string, Weather>();
  const severity = chance.fraction();
  const machines: Machine[] = [];
  const pods: Pod[] = [];
  const count = chance.pick([2, 2, 3, 3, 4]);
  let isHealed = false;

  const lease: Lease = {
    metadata: { name: "bindy-leader", annotations: { [leaseAnnotations.createdEmpty]: "true" } },
  };
  if (chance.happens(0.7)) store.create(lease);

  for (let at = 0; at < count; at += 1) {
    const machine = createMachine(chance, schedule.nowMs);
    const identity = `pod-${at}`;
    machines.push(machine);
    const pod = createPod({
      settings: {
        identity,
        holderUid: `uid-of-${identity}`,
        lease: { namespace: "dns-system", name: "bindy-leader" },
        leaseDurationMs: 15_000,
        renewDeadlineMs: 10_000,
        retryPeriodMs: 2000,
        operatorTimeoutMs: 10_000,
        processName: identity,
        seed: Math.floor(chance.between(0, 2 ** 32)),
      },
      machine,
      store,
      schedule,
      chance,
      weather: () => (isHealed ? fair : (weathers.get(identity) ?? fair)),
      trace: note,
    });
    pods.push(pod);
    schedule.at(chance.between(0, 3000), () => {
      pod.startSidecar();
      pod.startOperator();
    });
  }

  function worsen(): void {
    const pod = chance.pick(pods);
    const isCut = chance.happens(0.3);
    weathers.set(pod.name, {
      lossOut: isCut ? 1 : chance.fraction() * severity * 0.6,
      lossBack: isCut ? 1 : chance.fraction() * severity * 0.6,
      slowestMs: chance.pick([5, 50, 500, 4000]),
      isWatchSilent: chance.happens(0.3),
    });
    note(`weather ${pod.name} ${JSON.stringify(weathers.get(pod.name))}`);
    schedule.at(schedule.nowMs() + chance.between(500, 30_000), () => weathers.delete(pod.name));
  }

  function restartLater(start: () => void): void {
    schedule.at(schedule.nowMs() + chance.between(5, 8000), start);
  }

  const fates: readonly (readonly [number, () => void])[] = [
    [4, worsen],
    [
      2,
      () => {
        const pod = chance.pick(pods);
        pod.killOperator();
        restartLater(pod.startOperator);
      },
    ],
    [
      2,
      () => {
        const pod = chance.pick(pods);
        pod.killSidecar();
        restartLater(pod.startSidecar);
      },
    ],
    [
      1,
      () => {
        const pod = chance.pick(pods);
        pod.killSidecar();
        pod.killOperator();
        restartLater(() => {
          pod.startSidecar();
          pod.startOperator();
        });
      },
    ],
    [2, () => chance.pick(pods).pauseSidecar(chance.between(10, 25_000))],
    [2, () => chance.pick(pods).pauseOperator(chance.between(10, 25_000))],
    [1, () => chance.pick(pods).stepDown()],
    [1, () => chance.pick(machines).setWallClock(chance.between(-1e6, 1e6))],
    [
      1,
      () => {
        note("lease deleted by hand");
        store.remove();
      },
    ],
    [1, () => store.edit((old) => ({ ...old, spec: { ...old.spec, holderIdentity: "" } }))],
    [
      1,
      () =>
        store.edit((old) => ({
          ...old,
          metadata: { ...old.metadata, labels: { at: String(schedule.nowMs()) } },
        })),
    ],
  ];
  const total = fates.reduce((sum, [weight]) => sum + weight, 0);
  const gapMs = 500 + 8000 * (1 - severity);
  function fate(): void {
    if (schedule.nowMs() > faultyMs) return;
    let left = chance.between(0, total);
    fates.find(([weight]) => (left -= weight) <= 0)?.[1]();
    schedule.at(schedule.nowMs() + chance.between(0, 2 * gapMs), fate);
  }
  schedule.at(4000, fate);

  let violation: string | null = null;
  let openings = 0;
  let lastToken = 0n;
  let wasOpen = "";
  function check(): void {
    const open = pods.filter((pod) => pod.isGateOpen());
    if (open.length > 1) violation ??= `I1: gates open in ${open.map((pod) => pod.name).join(" and ")}`;
    const now = open.map((pod) => `${pod.name} ${pod.fencingToken()}`).join();
    if (now !== wasOpen && open.length === 1) {
      openings += 1;
      const token = BigInt(open[0]?.fencingToken() ?? 0);
      if (token < lastToken) violation ??= `I3: fencing token ${token} after ${lastToken}`;
      lastToken = token;
    }
    wasOpen = now;
    if (violation !== null) throw new Error(violation);
  }

  try {
    schedule.runUntil(faultyMs + 30_000, check);
    isHealed = true;
    note("healed");
    for (const pod of pods) {
      pod.startSidecar();
      pod.startOperator();
    }
    schedule.runUntil(faultyMs + 30_000 + healMs, check);
    if (!pods.some((pod) => pod.isGateOpen())) {
      violation = `I4: no leader ${healMs} ms after healing (${pods.map((pod) => pod.describe()).join("; ")})`;
    }
  } catch (error) {
    if (violation === null) throw error;
    note(`VIOLATION ${violation}`);
  }
  return { violation, openings, trace };
}
