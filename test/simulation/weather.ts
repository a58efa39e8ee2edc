// What may go wrong between a pod and the API server at the moment: weather, since nobody in the pod can do anything
// about it.
import type { Failure } from "../../sidecar/election/election.ts";
import type { Chance } from "../model/chance.ts";
import type { Schedule } from "./schedule.ts";

export interface Weather {
  /** How likely a message is lost on its way out, and on its way back. */
  readonly lossOut: number;
  readonly lossBack: number;
  /** The longest that a message takes each way. */
  readonly slowestMs: number;
  readonly isWatchSilent: boolean;
  /** How likely the server refuses a request, with a code of any kind, and ends a watch instead of feeding it. */
  readonly refusal: number;
  /** Nobody listens: every request fails at once. */
  readonly isDown?: boolean;
}

interface WeatherPlace {
  readonly weathers: Map<string, Weather>;
  readonly schedule: Schedule;
  readonly trace: ((line: string) => void) | null;
}

export const fairWeather: Weather = {
  lossOut: 0,
  lossBack: 0,
  slowestMs: 5,
  isWatchSilent: false,
  refusal: 0,
};

/** A server that will not: any code, now and then with the wish to be left alone. */
export function refusalOf(chance: Chance): Failure {
  const kind = chance.pick(["Forbidden", "LeaseInvalid", "ApiServerUnreachable", "Unauthorized"] as const);
  return { kind, message: kind, retryAfterMs: chance.happens(0.3) ? chance.between(0, 20_000) : 0 };
}

/** The weather in words, for the trace. */
function describeWeather(weather: Weather): string {
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return [
    weather.lossOut === 1 ? "cut off" : `${percent(weather.lossOut)} of requests lost`,
    `${percent(weather.lossBack)} of answers lost`,
    `up to ${weather.slowestMs} ms each way`,
    ...(weather.isWatchSilent ? ["watches silent"] : []),
    ...(weather.refusal > 0 ? [`${percent(weather.refusal)} refused`] : []),
  ].join(", ");
}

/** Lets a pod have this weather for so long. What was forecast before for a later time, ends it then. */
export function setWeather(
  { weathers, schedule, trace }: WeatherPlace,
  { label }: { readonly label: string },
  weather: Weather,
  forMs: number,
): void {
  weathers.set(label, weather);
  trace?.(`${label} weather: ${describeWeather(weather)}`);
  schedule.at(schedule.nowMs() + forMs, () => weathers.delete(label));
}
