// What comes of that which named is expected to show. A text that it shows is the last good one from then on; where it does not show one, the last
// good file takes its place.
import type { Log } from "../../platform/log.ts";
import type { LastGood } from "./last-good.ts";
import type { ListBringer } from "./list-bringer.ts";
import type { Expectation, Proofs, ProofsOptions } from "./proofs.ts";
import { failedRetryMs } from "./retries.ts";
import type { ProbeOutcome } from "./named/soa-probe.ts";
import type { WantedZone } from "./zone-claims.ts";
import type { ZoneDirectory } from "./zone-directory.ts";
import { notLoaded, silent } from "./zone-failures.ts";
import type { ZoneResults } from "./zone-results.ts";

export interface ZoneOutcomesOptions {
  readonly directory: Pick<ZoneDirectory, "markGood">;
  readonly lastGood: Pick<LastGood, "proved" | "putBack" | "awaited">;
  readonly list: Pick<ListBringer, "has" | "state" | "stays" | "isGone">;
  readonly results: Pick<ZoneResults, "of" | "conclude">;
  readonly expect: Proofs["expect"];
  /** All zones by the names of their ZoneFiles. */
  readonly wanted: ReadonlyMap<string, WantedZone>;
  readonly log: Log;
  /** Has the zone's text brought to named again after so many ms. */
  again(name: string, afterMs: number): void;
}

export interface ZoneOutcomes extends Pick<ProofsOptions, "onProved" | "onFailed"> {
  /** What of that which named shows was published here: by this agent, or by the last one, which kept it as the last good file. */
  proved(zone: Pick<WantedZone, "name" | "zoneName">, seen: ProbeOutcome): Promise<number | null>;
}

const retryMs = 1000;

export function createZoneOutcomes(options: ZoneOutcomesOptions): ZoneOutcomes {
  const { directory, lastGood, list, results, wanted, log, again } = options;

  const proved: ZoneOutcomes["proved"] = async (zone, seen) => {
    if (!list.has(zone) || typeof seen !== "number") return null;
    return seen === results.of(zone.name)?.serial ? seen : await lastGood.proved(zone.name, seen);
  };

  async function onProved(name: string, { serial, zoneName, instead }: Expectation): Promise<void> {
    if (serial === null) return list.isGone(zoneName);
    if (instead !== undefined) {
      if (instead.textAfterMs !== null) again(name, instead.textAfterMs);
      return results.conclude(name, { serial, failure: instead.failure });
    }
    try {
      await directory.markGood(name, serial);
      results.conclude(name, { serial, failure: null });
    } catch (error) {
      again(name, retryMs);
      const { message } = error as Error;
      const failure = `serial ${serial} is served, and could not be kept as the last good one (${message})`;
      results.conclude(name, { serial, failure });
    }
  }

  async function onFailed(name: string, expected: Expectation, lastSeen: ProbeOutcome): Promise<void> {
    const { zoneName, serial, instead } = expected;
    if (serial === null) {
      const isToldAgain = list.stays(zoneName);
      log.warn("named goes on serving a zone that it should not", { zone: zoneName, isToldAgain });
    } else if (lastSeen === "silent") {
      again(name, retryMs);
      results.conclude(name, { serial: null, failure: silent }, false);
    } else if (instead !== undefined) {
      again(name, instead.textAfterMs ?? failedRetryMs);
      results.conclude(name, { serial: null, failure: instead.failure }, "unless served elsewhere");
    } else {
      again(name, failedRetryMs);
      await onNotLoaded({ name, zoneName }, serial, lastSeen);
    }
  }

  async function onNotLoaded(
    zone: Pick<WantedZone, "name" | "zoneName">,
    serial: number,
    lastSeen: ProbeOutcome,
  ): Promise<void> {
    const { name, zoneName } = zone;
    const served = await proved(zone, lastSeen);
    const restored = await lastGood.putBack(name);
    const saying = (shown: number | null): string =>
      notLoaded(serial, { served: shown, lastSeen, restored, ...list.state() });
    const settles = served !== null || "unless served elsewhere";
    results.conclude(name, { serial: served, failure: saying(served) }, settles);
    if (served !== null || restored !== true) return;
    const awaited = await lastGood.awaited(zone, saying);
    if (awaited !== null && wanted.get(name)?.zoneName === zoneName) options.expect(name, awaited);
  }

  return { proved, onProved, onFailed };
}
