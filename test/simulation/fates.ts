// The fates of a world: what strikes it while anything may happen. Each has a weight, a kind under which the campaign counts
// it, and what it does to a pod, to a machine, or by hand to the lease.
import { describeLease } from "./api-link.ts";
import type { Chance } from "./chance.ts";
import type { ForeignHold } from "./invariants/foreign-hold.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { Pod } from "./pod.ts";
import type { Schedule } from "./schedule.ts";
import { describeWeather, type Weather } from "./weather.ts";

export interface Fate {
  readonly weight: number;
  readonly kind: string;
  strike(): void;
}

export interface FateOptions {
  readonly chance: Chance;
  readonly schedule: Schedule;
  readonly store: LeaseStore;
  readonly pods: readonly Pod[];
  readonly weathers: Map<string, Weather>;
  /** From 0, mild, to 1. */
  readonly severity: number;
  /**
   * Pods of other times. A newcomer cannot know of a longer duration that no record shows any more (accepted), so nobody
   * deletes, and who shortens does it when all know, and before anybody starts anew.
   */
  readonly isMixed: boolean;
  /** The longest lease duration of any pod. */
  readonly longestMs: number;
  readonly hold: ForeignHold;
  /** Marks what is written while it runs as somebody's by hand. */
  readonly byHand: (work: () => void) => void;
  readonly trace: ((line: string) => void) | null;
}

export function createFates(options: FateOptions): readonly Fate[] {
  const { chance, schedule, pods } = options;
  const { killOperator, killSidecar, killBoth, roll } = createEnds(options);
  const { clear, take, release, label, remove } = createHands(options);
  const one = (): Pod => chance.pick(pods);
  const conspire = createConspiracy(options);

  function worsen(): void {
    const pod = one();
    const isCut = chance.happens(0.3);
    const weather: Weather = {
      lossOut: isCut ? 1 : chance.fraction() * options.severity * 0.6,
      lossBack: isCut ? 1 : chance.fraction() * options.severity * 0.6,
      slowestMs: chance.pick([5, 50, 500, 4000, 15_000]),
      isWatchSilent: chance.happens(0.3),
      refusal: chance.happens(0.3) ? chance.fraction() : 0,
    };
    options.weathers.set(pod.label, weather);
    options.trace?.(`${pod.label} weather: ${describeWeather(weather)}`);
    schedule.at(schedule.nowMs() + chance.between(500, 30_000), () => options.weathers.delete(pod.label));
  }

  return [
    { weight: 4, kind: "network", strike: worsen },
    { weight: 2, kind: "operator killed", strike: killOperator },
    { weight: 2, kind: "sidecar killed", strike: killSidecar },
    { weight: 1, kind: "pod killed", strike: killBoth },
    { weight: 2, kind: "sidecar stopped", strike: () => one().pauseSidecar(chance.between(10, 25_000)) },
    { weight: 2, kind: "operator stopped", strike: () => one().pauseOperator(chance.between(10, 25_000)) },
    { weight: 1, kind: "asked to step down", strike: () => one().stepDown() },
    { weight: 1, kind: "wall clock set", strike: () => one().setWallClock(chance.between(-1e6, 1e6)) },
    { weight: 1, kind: "lease deleted", strike: remove },
    { weight: 1, kind: "holder cleared by hand", strike: clear },
    { weight: 1, kind: "client-go takes the lease", strike: take },
    { weight: 1, kind: "client-go releases the lease", strike: release },
    { weight: 2, kind: "machine suspended", strike: () => one().suspend(chance.between(10, 25_000)) },
    { weight: 2, kind: "asked without a gate", strike: () => one().curl() },
    { weight: 2, kind: "pod rolled", strike: roll },
    { weight: 4, kind: "all at once in one pod", strike: conspire },
    { weight: 1, kind: "gate's connection cut", strike: () => one().cutConnection() },
    { weight: 1, kind: "labels changed", strike: label },
  ];
}

/** Processes that end, and start again after a while. */
function createEnds({
  chance,
  schedule,
  pods,
  trace,
}: FateOptions): Record<"killOperator" | "killSidecar" | "killBoth" | "roll", () => void> {
  const later = (start: () => void): void => schedule.at(schedule.nowMs() + chance.between(5, 8000), start);

  function restartBoth(pod: Pod): void {
    pod.killSidecar();
    pod.killOperator();
    later(() => {
      pod.startSidecar();
      pod.startOperator();
    });
  }

  return {
    killOperator() {
      const pod = chance.pick(pods);
      pod.killOperator();
      later(pod.startOperator);
    },
    killSidecar() {
      const pod = chance.pick(pods);
      pod.killSidecar();
      later(pod.startSidecar);
    },
    killBoth: () => restartBoth(chance.pick(pods)),
    roll() {
      const pod = chance.pick(pods);
      trace?.(`${pod.label} asked to end`);
      pod.drain();
      schedule.at(schedule.nowMs() + chance.between(100, 30_000), () => restartBoth(pod));
    },
  };
}

/** Everything at once in one pod, while its operator cannot hear of it. */
function createConspiracy({ chance, schedule, pods }: FateOptions): () => void {
  return () => {
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
      schedule.at(schedule.nowMs() + chance.between(5, 8000), pod.startSidecar);
    });
  };
}

/** What people, and client-go, do to the lease. */
function createHands(
  options: FateOptions,
): Record<"clear" | "take" | "release" | "label" | "remove", () => void> {
  const { chance, schedule, store, pods, isMixed, longestMs, hold, byHand, trace } = options;

  /** What client-go leaves behind: a spec of its own, and every annotation as it stood. */
  function rewrite(change: (spec: Readonly<Record<string, unknown>>) => Record<string, unknown>): void {
    byHand(() => store.edit((old) => ({ ...old, spec: { ...old.spec, ...change(old.spec ?? {}) } })));
  }
  const tell = (what: string): void => trace?.(`store: ${what}: ${describeLease(store.read())}`);

  return {
    clear() {
      rewrite(() => ({ holderIdentity: "" }));
      tell("holder cleared by hand");
    },
    take() {
      rewrite((spec) => ({
        holderIdentity: chance.pick(["go", "pod-0"]),
        leaseTransitions: Number(spec["leaseTransitions"] ?? 0) + 1,
        renewTime: new Date(schedule.nowMs()).toISOString().replace("Z", "000Z"),
      }));
      tell("client-go takes the lease");
      // Less than a duration by the fastest clock.
      const seconds = Number(store.read()?.spec?.["leaseDurationSeconds"] ?? 1);
      hold.taken(store.read() === null ? 0 : schedule.nowMs() + 960 * seconds);
    },
    release() {
      hold.ended();
      const canShorten = !isMixed || pods.every((pod) => pod.knownDurationMs() >= longestMs);
      rewrite(() => ({ holderIdentity: "", ...(canShorten ? { leaseDurationSeconds: 1 } : {}) }));
      if (isMixed && canShorten) for (const pod of pods) pod.holdStarts(schedule.nowMs() + longestMs);
      tell("client-go releases the lease");
    },
    label() {
      byHand(() =>
        store.edit((old) => ({
          ...old,
          metadata: { ...old.metadata, labels: { at: String(schedule.nowMs()) } },
        })),
      );
    },
    remove() {
      if (isMixed) return;
      hold.ended();
      byHand(store.remove);
      tell("lease deleted by hand");
    },
  };
}
