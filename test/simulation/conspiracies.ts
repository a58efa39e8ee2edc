// Faults that come together, since the worlds in which a rule matters want several within seconds, and chance alone seldom
// brings them.
import type { Chance } from "../model/chance.ts";
import type { FateOptions, Strike } from "./fates.ts";
import type { Pod } from "./pod.ts";
import { fairWeather, setWeather } from "./weather.ts";

/** Everything at once in one pod, while its operator cannot hear of it. */
export function againstOnePod({ schedule, pods }: FateOptions): Strike {
  return (chance) => {
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
        () => {
          pod.cutConnection();
          pod.curlAsGate();
        },
      ]),
    );
    at(() => schedule.at(schedule.nowMs() + 1000, chance.pick([pod.stepDown, pod.drain])));
    // A pod that was drained must be started again.
    schedule.at(schedule.nowMs() + 2 * forMs, () => {
      if (!pod.isDrained()) return;
      pod.killSidecar();
      schedule.at(schedule.nowMs() + chance.between(5, 8000), pod.startSidecar);
    });
  };
}

/**
 * The pod that may act is cut off, and believes what it knew; meanwhile the lease is changed by one of `hands`, and another pod
 * forgets what it knew, and forgets or gives up what it has got.
 */
export function behindItsBack(options: FateOptions, hands: readonly Strike[]): Strike {
  const { schedule, pods } = options;
  return (chance) => {
    const pod = likelyLeader(options, chance);
    const other = chance.pick(pods);
    const forMs = chance.between(3000, 14_000);
    const hand = chance.pick(hands);
    const at = (ms: number, run: () => void): void => schedule.at(schedule.nowMs() + ms, run);
    const restart = (): void => {
      other.killSidecar();
      at(chance.between(5, 500), other.startSidecar);
    };
    const isNewcomer = chance.happens(0.5);
    setWeather(options, pod, { ...fairWeather, lossOut: 1, lossBack: 1, isWatchSilent: true }, forMs);
    at(chance.between(0, forMs / 2), () => {
      hand(chance);
      if (isNewcomer) restart();
    });
    at(chance.between(forMs / 2, forMs), chance.pick([other.stepDown, restart, () => undefined]));
  };
}

/** A pod's operator dies, or it is asked to go, while its messages take long; a new operator asks at once. */
export function amidSlowMessages(options: FateOptions): Strike {
  const { schedule } = options;
  return (chance) => {
    const pod = likelyLeader(options, chance);
    const forMs = chance.between(1000, 14_000);
    const at = (ms: number, run: () => void): void => schedule.at(schedule.nowMs() + ms, run);
    setWeather(options, pod, { ...fairWeather, slowestMs: 4000, lossBack: chance.pick([0, 0.5]) }, forMs);
    at(chance.between(0, forMs / 2), () => {
      chance.pick([pod.stepDown, pod.drain, () => undefined])();
      // What it has under way takes its time to stop.
      chance.pick([pod.endOperator, () => pod.killOperator()])();
      at(chance.between(5, 1500), pod.startOperator);
    });
    at(chance.between(0, forMs), pod.curl);
    // A pod that was drained must be started again.
    at(2 * forMs, () => {
      if (!pod.isDrained()) return;
      pod.killSidecar();
      pod.startSidecar();
    });
  };
}

/** Mostly the pod that may act: a fault of another seldom shows anything. */
function likelyLeader({ schedule, pods }: FateOptions, chance: Chance): Pod {
  const any = chance.pick(pods);
  const leader = pods.find((pod) => pod.openUntilMs() > schedule.nowMs());
  return chance.happens(0.7) ? (leader ?? any) : any;
}
