// Has named serve the zones that are wanted. One loop does it all: it writes what has changed, and then sees to the
// proofs. A zone that fails gets its last good file back, and holds nobody up meanwhile; nor does one that cannot be written
// because the disk is full.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { NamedControl } from "./named/named-control.ts";
import { createLastGood } from "./last-good.ts";
import { createProofs, ofText } from "./proofs.ts";
import { createRetries } from "./retries.ts";
import { createZoneClaims } from "./zone-claims.ts";
import type { WantedZone } from "./zone-claims.ts";
import { createZoneResults } from "./zone-results.ts";
import type { ZoneResult } from "./zone-results.ts";
import type { SoaProbe } from "./named/soa-probe.ts";
import type { ZoneDirectory } from "./zone-directory.ts";
import { absence, createListBringer } from "./list-bringer.ts";
import type { TakeList } from "./named/list-taking.ts";
import type { ReloadZones } from "./named/zone-reloads.ts";
import { unwritten } from "./zone-failures.ts";
import { createZoneOutcomes } from "./zone-outcomes.ts";

export interface ZoneLoader {
  want(zone: WantedZone): void;
  unwant(name: string): void;
  /** Says that all zones that exist have been named: only now is anything written, or removed. */
  start(): void;
  /** Has every zone proved again: named has started anew. */
  proveAnew(): void;
  /** Has named start without zones, if it has some in its list: for one that does not start. They come back, but for those that it does not take. */
  emptyList(): void;
  /** What became of a zone; null while nothing has. */
  result(name: string): ZoneResult | null;
  /** True once every zone that was wanted at the start, of the loader or of a new named, has a result that is not this machine's alone. */
  isSettled(): boolean;
  /** Ends the loop; resolves when it has ended. */
  close(): Promise<void>;
}

export interface ZoneLoaderOptions {
  readonly directory: ZoneDirectory;
  readonly named: Pick<NamedControl, "reload">;
  readonly take: TakeList;
  /** undefined where named takes no commands. */
  readonly reloadZones: ReloadZones | undefined;
  readonly probe: SoaProbe;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a zone may take to be served. */
  readonly proofMs: number;
  onResult(name: string): void;
  /** Whether another pod serves the zone, and finds nothing wrong with it. */
  isServedElsewhere(name: string): boolean;
}

const retryMs = 1000;
const idleMs = 3_600_000;
const probeMs = 250;

/** Creates a loader and starts its loop. */
export function createZoneLoader(options: ZoneLoaderOptions): ZoneLoader {
  const { directory, probe, clock, log } = options;
  const wanted = new Map<string, WantedZone>();
  const claims = createZoneClaims();
  const changed = new Set<string>();
  const results = createZoneResults(options);
  const ending = new AbortController();
  const proofs = createProofs({
    ...options,
    onProved: (...of) => outcomes.onProved(...of),
    onFailed: (...of) => outcomes.onFailed(...of),
  });
  const retries = createRetries(clock);
  const lastGood = createLastGood(options);
  const list = createListBringer({
    ...options,
    proofs,
    results,
    wanted,
    listable: () =>
      [...wanted.values()].filter((zone) => claims.problemOf(zone) === null && lastGood.isListed(zone)),
    isClaimed: claims.has,
    takeUpAgain: (name) => again(name, 0),
    tryAgain: (afterMs) => again(listRetry, afterMs, () => list.changed()),
  });
  const outcomes = createZoneOutcomes({
    directory,
    lastGood,
    list,
    results,
    expect: proofs.expect,
    wanted,
    log,
    again: (name, afterMs) => again(name, afterMs),
  });
  /** Zones that named has read when it started, and that are to be shown again. */
  const anew = new Set<string>();
  let isStarted = false;
  let wake = new AbortController();

  function want(zone: WantedZone): void {
    if (wanted.get(zone.name)?.zoneName !== zone.zoneName) unwant(zone.name);
    wanted.set(zone.name, zone);
    proofs.drop(absence(zone.zoneName));
    for (const name of claims.add(zone)) changed.add(name);
    list.changed();
    wake.abort();
  }

  function unwant(name: string): void {
    const zone = wanted.get(name);
    if (zone === undefined) return;
    for (const other of claims.remove(zone)) changed.add(other);
    wanted.delete(name);
    changed.delete(name);
    proofs.drop(name);
    anew.delete(name);
    lastGood.forget(name);
    retries.cancel(name);
    results.forget(name);
    list.forget(name);
    list.changed();
    wake.abort();
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      wake = new AbortController();
      try {
        // Decided once: named is signalled when the list is as it should be.
        const maySignal = proofs.restMs() === 0;
        if (isStarted) await takeUp(maySignal);
        await proofs.round(maySignal);
        const pauseMs = proofs.pauseMs() ?? (list.isChanged() ? proofs.restMs() : idleMs);
        await clock.sleep(pauseMs, AbortSignal.any([wake.signal, ending.signal]));
      } catch (error) {
        log.error("Zones could not be brought to named; trying again", { error });
        list.changed();
        await clock.sleep(retryMs, ending.signal);
      }
    }
  }

  /** Writes what has changed, and then the list if that has. While named rests, the list can wait: with many zones it is much to write. */
  async function takeUp(mayList: boolean): Promise<void> {
    for (const name of changed) {
      const zone = wanted.get(name);
      if (zone !== undefined) await takeUpZone(zone);
      // Only what stands on the disk is done with, and only if it was not changed again meanwhile.
      if (wanted.get(name) === zone) changed.delete(name);
    }
    if (list.isChanged() && mayList) await list.bring();
  }

  async function takeUpZone(zone: WantedZone): Promise<void> {
    const { name, zoneName, serial, text } = zone;
    const isAnew = anew.delete(name);
    const problem = claims.problemOf(zone);
    if (text === null || problem !== null) {
      proofs.drop(name);
      const { awaited, ...result } =
        problem === null
          ? await lastGood.standIn(zone, list.has(zone))
          : { serial: null, failure: problem, awaited: null };
      if (wanted.get(name) !== zone) return;
      results.conclude(name, result);
      if (awaited !== null) proofs.expect(name, awaited);
      return;
    }
    const before = isAnew && list.has(zone) ? await lastGood.standInAtStart(zone, hasFailed(name)) : null;
    if (before !== null && wanted.get(name) === zone) return proofs.expect(name, before);
    let isNew: boolean;
    try {
      isNew = await directory.write(name, text);
    } catch (error) {
      return await onUnwritten(zone, error as Error);
    }
    // One that is not in the list is expected when it comes there.
    if (!list.has(zone)) return void proofs.drop(name);
    // It may have gone while it was written; then the list will tell named. One that has changed again meanwhile is told all the
    // same: it may change all the time.
    if (wanted.get(name)?.zoneName === zoneName)
      proofs.expect(name, ofText({ zoneName, serial, text }, isNew, isAnew && !isNew));
  }

  /** This machine has no room for it, say: other pods may serve it, so that one that serves nothing of it must not be ready. */
  async function onUnwritten(zone: WantedZone, error: Error): Promise<void> {
    const served = await outcomes.proved(zone, await probe.ask(zone.zoneName, probeMs));
    if (wanted.get(zone.name) !== zone) return;
    proofs.drop(zone.name);
    again(zone.name, retryMs);
    const result = unwritten(zone, error, served);
    results.conclude(zone.name, result, result.serial !== null);
  }

  const hasFailed = (name: string): boolean => (results.of(name)?.failure ?? null) !== null;

  function again(name: string, afterMs: number, act: () => void = () => void changed.add(name)): void {
    retries.after(name, afterMs, () => {
      act();
      wake.abort();
    });
  }

  const running = run();
  return {
    want,
    unwant,
    start: () => {
      isStarted = true;
      list.changed();
      results.expect(wanted.keys());
      wake.abort();
    },
    proveAnew: () => {
      if (!isStarted) return;
      results.expect(wanted.keys());
      for (const name of wanted.keys()) {
        anew.add(name);
        changed.add(name);
      }
      list.retryAll();
      wake.abort();
    },
    emptyList: () => {
      if (isStarted) list.empty();
      wake.abort();
    },
    result: results.of,
    isSettled: results.isSettled,
    close: () => {
      ending.abort();
      retries.close();
      return running;
    },
  };
}

// Under which the list is tried again; no ZoneFile can have the name.
const listRetry = " list";
