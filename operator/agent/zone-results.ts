// What became of each zone, and whether the pod can be asked for names: that is once every zone has come to something.
import type { Log } from "../../platform/log.ts";

export interface ZoneResult {
  /** What named was last seen to serve; null if it was not. */
  readonly serial: number | null;
  /** Why that is not what is wanted; null if it is. */
  readonly failure: string | null;
}

export interface ZoneResults {
  /** Begins anew: all of these zones have to come to something before it is settled. */
  expect(names: Iterable<string>): void;
  /** `settles`: it is what other pods would come to as well, or the zone is served. */
  conclude(name: string, result: ZoneResult, settles?: boolean): void;
  forget(name: string): void;
  of(name: string): ZoneResult | null;
  /** False before anything has been expected. */
  isSettled(): boolean;
}

/** `onResult` is told of every conclusion. */
export function createZoneResults(log: Log, onResult: (name: string) => void): ZoneResults {
  const results = new Map<string, ZoneResult>();
  let unsettled: Set<string> | null = null;

  return {
    expect: (names) => void (unsettled = new Set(names)),
    conclude(name, result, settles = true) {
      const { serial, failure } = result;
      const before = results.get(name);
      results.set(name, result);
      if (settles) unsettled?.delete(name);
      if (failure === null) log.debug("A zone is served", { name, serial });
      else if (before?.failure !== failure) log.warn("A zone is not served as wanted", { name, failure });
      onResult(name);
    },
    forget(name) {
      results.delete(name);
      unsettled?.delete(name);
    },
    of: (name) => results.get(name) ?? null,
    isSettled: () => unsettled?.size === 0,
  };
}
