// A whole world from one seed: pods, an API server, weather, and a fate that kills, stops, restarts, edits and deletes.
// First anything may happen and safety must hold; then the faults end, and a leader must come within its bound.
import { leaseAnnotations, type Lease } from "../../sidecar/election/lease-record.ts";
import { createChance } from "./chance.ts";
import { createLeaseStore } from "./lease-store.ts";
import { createMachine, type Machine } from "./machine.ts";
import { createPod, type Pod, type Weather } from "./pod.ts";
import { createSchedule } from "./schedule.ts";

const usualTimes = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 };
const mixedTimes = [
  usualTimes,
  { leaseDurationMs: 30_000, renewDeadlineMs: 20_000, retryPeriodMs: 4000 },
  { leaseDurationMs: 7000, renewDeadlineMs: 5000, retryPeriodMs: 1000 },
];

export interface WorldResult {
  readonly violation: string | null;
  readonly openings: number;
  readonly trace: readonly string[];
}

const faultyMs = 120_000;
// A full lease duration, a settling on top of it, and the backoffs and grace on the way.
const healMs = 75_000;
// Two requests in a retry period, on average over the worst of worlds, and those of restarts.
const mostRequests = 900;

export function runWorld(seed: number): WorldResult {
  const chance = createChance(seed);
  const schedule = createSchedule();
  const store = createLeaseStore();
  const trace: string[] = [];
  const note = (line: string): void => void trace.push(`${(schedule.nowMs() / 1000).toFixed(4)} ${line}`);
  const fair: Weather = { lossOut: 0, lossBack: 0, slowestMs: 5, isWatchSilent: false, refusal: 0 };
  const weathers = new Map<string, Weather>();
  const severity = chance.fraction();
  const machines: Machine[] = [];
  const pods: Pod[] = [];
  const count = chance.pick([2, 2, 3, 3, 4]);
  // A rollout of other times. A newcomer cannot know of a longer duration that no record shows any more, so nobody
  // deletes or shortens in such a world (a limit that the protocol accepts).
  const isMixed = chance.happens(0.2);
  const isNamesake = chance.happens(0.15);
  const operatorTimeoutMs = chance.pick([10_000, 10_000, 10_000, 0]);
  const loopbackMs = chance.pick([1, 1, 1900]);
  let isHealed = false;
  let violation: string | null = null;

  const lease: Lease = {
    metadata: { name: "bindy-leader", annotations: { [leaseAnnotations.createdEmpty]: "true" } },
  };
  if (isMixed || chance.happens(0.7)) store.create(lease);

  for (let at = 0; at < count; at += 1) {
    const machine = createMachine(chance, schedule.nowMs);
    const label = `pod-${at}`;
    // A pod of a StatefulSet on a node that is cut off, and the one that was made in its place.
    const identity = isNamesake && at === 1 ? "pod-0" : label;
    const times = isMixed ? chance.pick(mixedTimes) : usualTimes;
    machines.push(machine);
    const pod = createPod({
      label,
      settings: {
        identity,
        holderUid: `uid-of-${label}`,
        lease: { namespace: "dns-system", name: "bindy-leader" },
        ...times,
        operatorTimeoutMs,
        processName: label,
        seed: Math.floor(chance.between(0, 2 ** 32)),
      },
      machine,
      store,
      schedule,
      chance,
      weather: () => (isHealed ? fair : (weathers.get(label) ?? fair)),
      loopbackMs: () => (isHealed ? 1 : loopbackMs),
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
    weathers.set(pod.label, {
      lossOut: isCut ? 1 : chance.fraction() * severity * 0.6,
      lossBack: isCut ? 1 : chance.fraction() * severity * 0.6,
      slowestMs: chance.pick([5, 50, 500, 4000, 15_000]),
      isWatchSilent: chance.happens(0.3),
      refusal: chance.happens(0.3) ? chance.fraction() : 0,
    });
    note(`weather ${pod.label} ${JSON.stringify(weathers.get(pod.label))}`);
    schedule.at(schedule.nowMs() + chance.between(500, 30_000), () => weathers.delete(pod.label));
  }

  function restartLater(start: () => void): void {
    schedule.at(schedule.nowMs() + chance.between(5, 8000), start);
  }

  let isByHand = false;
  /** Until then (true ms) client-go holds the lease by a record that nobody may write over. */
  let foreignUntilMs = 0;
  store.onEvent(() => {
    if (!isByHand && schedule.nowMs() < foreignUntilMs)
      violation ??= "I6: client-go's fresh record written over";
  });

  function byHand(work: () => void): void {
    foreignUntilMs = 0;
    isByHand = true;
    work();
    isByHand = false;
  }

  /** What client-go leaves behind: a spec of its own, and every annotation as it stood. */
  function rewrite(change: (spec: Readonly<Record<string, unknown>>) => Record<string, unknown>): void {
    byHand(() => store.edit((old) => ({ ...old, spec: { ...old.spec, ...change(old.spec ?? {}) } })));
  }

  /** Everything at once in one pod, while its operator cannot hear of it. */
  function conspire(): void {
    const pod = chance.pick(pods);
    const forMs = chance.between(1000, 14_000);
    const at = (run: () => void): void => schedule.at(schedule.nowMs() + chance.between(0, forMs / 2), run);
    pod.pauseOperator(forMs);
    at(
      chance.pick([
        pod.cutConnection,
        () => {
          pod.killSidecar();
          schedule.at(schedule.nowMs() + 300, pod.startSidecar);
        },
        () => pod.pauseSidecar(chance.between(10, 3000)),
        pod.curl,
      ]),
    );
    at(() => schedule.at(schedule.nowMs() + 1000, chance.pick([pod.stepDown, pod.drain])));
    // Who was drained must be started again.
    schedule.at(schedule.nowMs() + 2 * forMs, () => {
      if (!pod.isDrained()) return;
      pod.killSidecar();
      restartLater(pod.startSidecar);
    });
  }

  function roll(): void {
    const pod = chance.pick(pods);
    note(`${pod.label} asked to end`);
    pod.drain();
    schedule.at(schedule.nowMs() + chance.between(100, 30_000), () => {
      pod.killSidecar();
      pod.killOperator();
      restartLater(() => {
        pod.startSidecar();
        pod.startOperator();
      });
    });
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
        if (isMixed) return;
        note("lease deleted by hand");
        byHand(store.remove);
      },
    ],
    [1, () => rewrite(() => ({ holderIdentity: "" }))],
    [
      1,
      () => {
        note("client-go takes the lease");
        rewrite((spec) => ({
          holderIdentity: chance.pick(["go", "pod-0"]),
          leaseTransitions: Number(spec["leaseTransitions"] ?? 0) + 1,
          renewTime: new Date(schedule.nowMs()).toISOString().replace("Z", "000Z"),
        }));
        // Less than a duration by the fastest clock.
        const seconds = Number(store.read()?.spec?.["leaseDurationSeconds"] ?? 1);
        foreignUntilMs = store.read() === null ? 0 : schedule.nowMs() + 960 * seconds;
      },
    ],
    [
      1,
      () => {
        note("client-go releases the lease");
        rewrite(() => ({ holderIdentity: "", ...(isMixed ? {} : { leaseDurationSeconds: 1 }) }));
      },
    ],
    [2, () => chance.pick(pods).suspend(chance.between(10, 25_000))],
    [2, () => chance.pick(pods).curl()],
    [2, roll],
    [4, conspire],
    [1, () => chance.pick(pods).cutConnection()],
    [
      1,
      () =>
        byHand(() =>
          store.edit((old) => ({
            ...old,
            metadata: { ...old.metadata, labels: { at: String(schedule.nowMs()) } },
          })),
        ),
    ],
  ];
  const longestMs = isMixed ? 30_000 : 15_000;
  const total = fates.reduce((sum, [weight]) => sum + weight, 0);
  const gapMs = 500 + 8000 * (1 - severity);
  function fate(): void {
    if (schedule.nowMs() > faultyMs) return;
    let left = chance.between(0, total);
    fates.find(([weight]) => (left -= weight) <= 0)?.[1]();
    schedule.at(schedule.nowMs() + chance.between(0, 2 * gapMs), fate);
  }
  schedule.at(4000, fate);

  let openings = 0;
  let lastToken = 0n;
  let wasOpen = "";
  function check(): void {
    const open = pods.filter((pod) => pod.isGateOpen());
    if (open.length > 1) violation ??= `I1: gates open in ${open.map((pod) => pod.label).join(" and ")}`;
    const now = open.map((pod) => `${pod.label} ${pod.fencingToken()}`).join();
    if (now !== wasOpen && open.length === 1) {
      openings += 1;
      // Null is what somebody without a gate goes by.
      const token = BigInt(open[0]?.fencingToken() ?? lastToken);
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
      if (pod.isDrained()) pod.killSidecar();
      pod.startSidecar();
      pod.startOperator();
    }
    const boundMs = healMs + 2 * (longestMs - 15_000);
    schedule.runUntil(faultyMs + 30_000 + boundMs, check);
    if (!pods.some((pod) => pod.isGateOpen())) {
      violation = `I4: no leader ${boundMs} ms after healing (${pods.map((pod) => pod.describe()).join("; ")})`;
    }
    const busiest = Math.max(...pods.map((pod) => pod.requests()));
    if (busiest > mostRequests) violation = `I7: ${busiest} requests by one pod`;
  } catch (error) {
    if (violation === null) throw error;
    note(`VIOLATION ${violation}`);
  }
  return { violation, openings, trace };
}
