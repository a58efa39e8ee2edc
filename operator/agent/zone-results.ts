// What became of each zone, and whether the pod can be asked for names: that is once every zone has come to something.
import type { Log } from "../../platform/log.ts";
import type { ZoneFileStatus } from "../resources/zone-file.ts";

export interface ZoneResult {
  /** What named was last seen to serve; null if it was not. */
  readonly serial: number | null;
  /** Why that is not what is wanted; null if it is. */
  readonly failure: string | null;
}

export interface ZoneResults {
  /** Begins anew: all of these zones have to come to something before it is settled. */
  expect(names: Iterable<string>): void;
  /** `settles`: whether the zone has come to something by it. */
  conclude(name: string, result: ZoneResult, settles?: Settles): void;
  forget(name: string): void;
  of(name: string): ZoneResult | null;
  /** False before anything has been expected. */
  isSettled(): boolean;
}

/**
 * True: it is what other pods would come to as well, or the zone is served. False: it may be this machine's trouble alone. "unless served elsewhere":
 * the other pods show which of the two it is.
 */
export type Settles = boolean | "unless served elsewhere";

export interface ZoneResultsOptions {
  readonly log: Log;
  /** Told of every conclusion. */
  onResult(name: string): void;
  /** Whether another pod serves the zone, and finds nothing wrong with it. */
  isServedElsewhere(name: string): boolean;
}

/** Whether a pod other than this one serves the zone of a ZoneFile, and finds nothing wrong with it. */
export function isServedByOther({ loaded = {}, failed = {} }: ZoneFileStatus, podName: string): boolean {
  return Object.keys(loaded).some((pod) => pod !== podName && failed[pod] === undefined);
}

export function createZoneResults({ log, onResult, isServedElsewhere }: ZoneResultsOptions): ZoneResults {
  const results = new Map<string, ZoneResult>();
  let unsettled: Set<string> | null = null;
  /** Those that are settled if no other pod serves them, which is looked at whenever somebody asks: others come and go. */
  const doubtful = new Set<string>();

  return {
    expect(names) {
      unsettled = new Set(names);
      doubtful.clear();
    },
    conclude(name, result, settles = true) {
      const { serial, failure } = result;
      const before = results.get(name);
      results.set(name, result);
      doubtful.delete(name);
      if (settles === true) unsettled?.delete(name);
      else if (settles !== false) doubtful.add(name);
      if (failure === null) log.debug("A zone is served", { name, serial });
      else if (before?.failure !== failure) log.warn("A zone is not served as wanted", { name, failure });
      onResult(name);
    },
    forget(name) {
      results.delete(name);
      unsettled?.delete(name);
      doubtful.delete(name);
    },
    of: (name) => results.get(name) ?? null,
    isSettled() {
      for (const name of doubtful) if (!isServedElsewhere(name)) unsettled?.delete(name);
      return unsettled?.size === 0;
    },
  };
}
