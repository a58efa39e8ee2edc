// The fates of a world: what strikes it while anything may happen. Each has a weight, a kind under which the campaign counts
// it, and what it does to a pod, to a machine, or by hand to the lease.
import { describeLease } from "./api-link.ts";
import type { Chance } from "../model/chance.ts";
import type { ForeignHold } from "../model/invariants/foreign-hold.ts";
import type { LeaseStore } from "../model/lease-store.ts";
import type { Pod } from "./pod.ts";
import type { Schedule } from "./schedule.ts";
import { againstOnePod, amidSlowMessages, behindItsBack } from "./conspiracies.ts";
import { setWeather, type Weather } from "./weather.ts";

export interface Fate {
  readonly weight: number;
  readonly kind: string;
  /** All that is left to chance in it is asked of `chance`, then and later: no other strike changes what this one does. */
  strike(chance: Chance): void;
}

export type Strike = Fate["strike"];

export interface FateOptions {
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
  const { pods } = options;
  const { killOperator, endOperator, outlive, replace, killSidecar, killBoth, roll } = createEnds(options);
  const { clear, take, release, label, remove } = createHands(options);

  function worsen(chance: Chance): void {
    const pod = chance.pick(pods);
    const isCut = chance.happens(0.3);
    const weather: Weather = {
      lossOut: isCut ? 1 : chance.fraction() * options.severity * 0.6,
      lossBack: isCut ? 1 : chance.fraction() * options.severity * 0.6,
      slowestMs: chance.pick([5, 50, 500, 4000, 15_000]),
      isWatchSilent: chance.happens(0.3),
      refusal: chance.happens(0.3) ? chance.fraction() : 0,
    };
    setWeather(options, pod, weather, chance.between(500, 30_000));
  }

  return [
    { weight: 4, kind: "network", strike: worsen },
    { weight: 2, kind: "operator killed", strike: killOperator },
    { weight: 2, kind: "operator asked to end", strike: endOperator },
    { weight: 1, kind: "operator killed, its socket held by a child", strike: outlive },
    { weight: 2, kind: "operator stopped and replaced", strike: replace },
    { weight: 2, kind: "sidecar killed", strike: killSidecar },
    { weight: 1, kind: "pod killed", strike: killBoth },
    {
      weight: 2,
      kind: "sidecar stopped",
      strike: (chance) => chance.pick(pods).pauseSidecar(chance.between(10, 25_000)),
    },
    {
      weight: 2,
      kind: "operator stopped",
      strike: (chance) => chance.pick(pods).pauseOperator(chance.between(10, 25_000)),
    },
    { weight: 1, kind: "asked to step down", strike: (chance) => chance.pick(pods).stepDown() },
    {
      weight: 1,
      kind: "wall clock set",
      strike: (chance) => chance.pick(pods).setWallClock(chance.between(-1e6, 1e6)),
    },
    { weight: 1, kind: "lease deleted", strike: remove },
    { weight: 1, kind: "holder cleared by hand", strike: clear },
    { weight: 1, kind: "client-go takes the lease", strike: take },
    { weight: 1, kind: "client-go releases the lease", strike: release },
    {
      weight: 2,
      kind: "machine suspended",
      strike: (chance) => chance.pick(pods).suspend(chance.between(10, 25_000)),
    },
    { weight: 2, kind: "asked without a gate", strike: (chance) => chance.pick(pods).curl() },
    { weight: 1, kind: "asked once as a gate", strike: (chance) => chance.pick(pods).curlAsGate() },
    {
      weight: 1,
      kind: "sidecar's answers garbled",
      strike: (chance) => chance.pick(pods).garble(chance.between(10, 12_000)),
    },
    {
      weight: 1,
      kind: "operator reaches another pod's sidecar",
      strike(chance) {
        const pod = chance.pick(pods);
        pod.mislead(chance.pick(pods), chance.between(10, 10_000));
        // It has a reason to connect anew.
        pod.cutConnection();
      },
    },
    { weight: 2, kind: "pod rolled", strike: roll },
    { weight: 4, kind: "all at once in one pod", strike: againstOnePod(options) },
    {
      weight: 2,
      kind: "cut off while the lease changes",
      strike: behindItsBack(options, options.isMixed ? [release] : [remove, release, clear, take]),
    },
    { weight: 1, kind: "asked to go while messages are slow", strike: amidSlowMessages(options) },
    { weight: 1, kind: "gate's connection cut", strike: (chance) => chance.pick(pods).cutConnection() },
    { weight: 1, kind: "labels changed", strike: label },
  ];
}

/** Processes that end, and start again after a while. */
function createEnds({
  schedule,
  pods,
  trace,
}: FateOptions): Record<
  "killOperator" | "endOperator" | "outlive" | "replace" | "killSidecar" | "killBoth" | "roll",
  Strike
> {
  const later = (chance: Chance, start: () => void): void =>
    schedule.at(schedule.nowMs() + chance.between(5, 8000), start);

  function restartBoth(pod: Pod, chance: Chance): void {
    pod.killSidecar();
    pod.killOperator();
    later(chance, () => {
      pod.startSidecar();
      pod.startOperator();
    });
  }

  return {
    killOperator(chance) {
      const pod = chance.pick(pods);
      pod.killOperator();
      later(chance, pod.startOperator);
    },
    endOperator(chance) {
      const pod = chance.pick(pods);
      pod.endOperator();
      later(chance, pod.startOperator);
    },
    outlive(chance) {
      const pod = chance.pick(pods);
      pod.killOperator(chance.between(10, 40_000));
      later(chance, pod.startOperator);
    },
    replace(chance) {
      const stoppedMs = chance.between(10, 25_000);
      chance.pick(pods).replaceOperator(stoppedMs, stoppedMs + chance.between(0, 20_000));
    },
    killSidecar(chance) {
      const pod = chance.pick(pods);
      pod.killSidecar();
      later(chance, pod.startSidecar);
    },
    killBoth: (chance) => restartBoth(chance.pick(pods), chance),
    roll(chance) {
      const pod = chance.pick(pods);
      trace?.(`${pod.label} asked to end`);
      pod.drain();
      // Both containers of a pod are asked at once, unless the sidecar is a native one.
      if (chance.happens(0.5)) pod.endOperator();
      schedule.at(schedule.nowMs() + chance.between(100, 30_000), () => restartBoth(pod, chance));
    },
  };
}

/** What people, and client-go, do to the lease. */
function createHands(
  options: FateOptions,
): Record<"clear" | "take" | "release" | "label" | "remove", Strike> {
  const { schedule, store, pods, isMixed, longestMs, hold, byHand, trace } = options;

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
    take(chance) {
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
