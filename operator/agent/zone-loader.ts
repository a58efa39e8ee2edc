// Has named serve the zones that are wanted. One loop does it all: it writes what has changed, and then sees to the
// proofs. A zone that fails gets its last good file back, and holds nobody up meanwhile.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import { zoneOrigin } from "../bind9/domain-name.ts";
import type { NamedControl } from "./named-control.ts";
import { createProofs } from "./proofs.ts";
import type { Expectation } from "./proofs.ts";
import type { ProbeOutcome, SoaProbe } from "./soa-probe.ts";
import type { ZoneDirectory } from "./zone-directory.ts";

/** A zone as it should be served. `text` is null where the object holds none that can be read. */
export interface WantedZone {
  /** Of its ZoneFile object. */
  readonly name: string;
  readonly zoneName: string;
  readonly serial: number;
  readonly text: string | null;
}

export interface ZoneResult {
  /** What named was last seen to serve; null if it was not. */
  readonly serial: number | null;
  /** Why that is not what is wanted; null if it is. */
  readonly failure: string | null;
}

export interface ZoneLoader {
  want(zone: WantedZone): void;
  unwant(name: string): void;
  /** Says that all zones that exist have been named: only now is anything written, or removed. */
  start(): void;
  /** What became of a zone; null while nothing has. */
  result(name: string): ZoneResult | null;
  /** True once every zone that was wanted at the start has a result. */
  isSettled(): boolean;
  /** Ends the loop; resolves when it has ended. */
  close(): Promise<void>;
}

export interface ZoneLoaderOptions {
  readonly directory: ZoneDirectory;
  readonly named: NamedControl;
  readonly probe: SoaProbe;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a zone may take to be served. */
  readonly proofMs: number;
  onResult(name: string): void;
}

const retryMs = 1000;
// A file that named refused will mostly be refused again; but what was in its way may have been something else.
const failedRetryMs = 60_000;
const idleMs = 3_600_000;

/** Creates a loader and starts its loop. */
export function createZoneLoader(options: ZoneLoaderOptions): ZoneLoader {
  const { directory, named, clock, log } = options;
  const wanted = new Map<string, WantedZone>();
  /** By zone name, the names of all that want it: two of one name would have named refuse its configuration. */
  const claims = new Map<string, Set<string>>();
  const changed = new Set<string>();
  const removed = new Map<string, string>();
  const results = new Map<string, ZoneResult>();
  const ending = new AbortController();
  const proofs = createProofs({ ...options, onProved, onFailed });
  let isStarted = false;
  let isListChanged = false;
  let unsettled: Set<string> | null = null;
  let wake = new AbortController();

  function want(zone: WantedZone): void {
    if (wanted.get(zone.name)?.zoneName !== zone.zoneName) unwant(zone.name);
    wanted.set(zone.name, zone);
    const claimants = claims.get(zone.zoneName) ?? new Set();
    claims.set(zone.zoneName, claimants.add(zone.name));
    proofs.drop(absence(zone.zoneName));
    for (const name of claimants) changed.add(name);
    isListChanged = true;
    wake.abort();
  }

  function unwant(name: string): void {
    const zone = wanted.get(name);
    if (zone === undefined) return;
    const claimants = claims.get(zone.zoneName) ?? new Set();
    claimants.delete(name);
    if (claimants.size === 0) claims.delete(zone.zoneName);
    for (const other of claimants) changed.add(other);
    wanted.delete(name);
    changed.delete(name);
    proofs.drop(name);
    results.delete(name);
    unsettled?.delete(name);
    removed.set(name, zone.zoneName);
    isListChanged = true;
    wake.abort();
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      wake = new AbortController();
      try {
        if (isStarted) await takeUp();
        await proofs.round();
        await clock.sleep(proofs.pauseMs() ?? idleMs, AbortSignal.any([wake.signal, ending.signal]));
      } catch (error) {
        log.error("Zones could not be brought to named; trying again", { error });
        isListChanged = true;
        await clock.sleep(retryMs, ending.signal);
      }
    }
  }

  /** Writes what has changed, and then the list if that has. */
  async function takeUp(): Promise<void> {
    for (const name of changed) {
      const zone = wanted.get(name);
      if (zone !== undefined) await takeUpZone(zone);
      // Only what stands on the disk is done with, and only if it was not changed again meanwhile.
      if (wanted.get(name) === zone) changed.delete(name);
    }
    if (!isListChanged) return;
    isListChanged = false;
    const gone = [...removed];
    const valid = [...wanted.values()].filter((zone) => problemOf(zone) === null);
    await directory.list(valid);
    for (const [name, zoneName] of gone) {
      if (!claims.has(zoneName)) proofs.expect(absence(zoneName), { zoneName, serial: null, isNew: true });
      if (removed.get(name) === zoneName) removed.delete(name);
    }
    await directory.removeOthers(new Set(wanted.keys()));
  }

  async function takeUpZone(zone: WantedZone): Promise<void> {
    const { name, zoneName, serial, text } = zone;
    const problem = problemOf(zone);
    if (text === null || problem !== null) {
      proofs.drop(name);
      conclude(name, null, problem);
      return;
    }
    const isNew = await directory.write(name, text);
    // It may have gone while it was written; then the list will tell named.
    if (wanted.get(name) === zone) proofs.expect(name, { zoneName, serial, isNew });
  }

  function problemOf({ name, zoneName, text }: WantedZone): string | null {
    if (text === null) return "the object holds no text that can be read";
    const origin = zoneOrigin(zoneName);
    if (origin.kind === "refused") return origin.why;
    const [first] = [...(claims.get(zoneName) ?? [])].toSorted();
    return first === name ? null : `the object ${first} has the same zone`;
  }

  async function onProved(name: string, { serial }: Expectation): Promise<void> {
    if (serial === null) return;
    await directory.markGood(name);
    conclude(name, serial, null);
  }

  async function onFailed(name: string, expected: Expectation, lastSeen: ProbeOutcome): Promise<void> {
    if (expected.serial === null) {
      log.warn("named goes on serving a zone that it should not", { zone: expected.zoneName });
    } else if (lastSeen === "silent") {
      conclude(name, null, "named does not answer");
      void again(name, retryMs);
    } else {
      const isRestored = await directory.restore(name);
      if (isRestored) await named.reload();
      const state = lastSeen === null ? "does not serve the zone" : `still serves serial ${lastSeen}`;
      const kept = isRestored ? "; the last good file was put back" : "";
      void again(name, failedRetryMs);
      conclude(name, lastSeen, `named did not load serial ${expected.serial} and ${state}${kept}`);
    }
  }

  async function again(name: string, afterMs: number): Promise<void> {
    await clock.sleep(afterMs, ending.signal);
    if (!wanted.has(name)) return;
    changed.add(name);
    wake.abort();
  }

  function conclude(name: string, serial: number | null, failure: string | null): void {
    const before = results.get(name);
    results.set(name, { serial, failure });
    unsettled?.delete(name);
    if (failure === null) log.debug("A zone is served", { name, serial });
    else if (before?.failure !== failure) log.warn("A zone is not served as wanted", { name, failure });
    options.onResult(name);
  }

  const running = run();
  return {
    want,
    unwant,
    start: () => {
      isStarted = true;
      isListChanged = true;
      unsettled = new Set(wanted.keys());
      wake.abort();
    },
    result: (name) => results.get(name) ?? null,
    isSettled: () => unsettled?.size === 0,
    close: () => {
      ending.abort();
      return running;
    },
  };
}

// Under which the proof runs that a zone is gone; no ZoneFile can have the name.
function absence(zoneName: string): string {
  return `no ${zoneName}`;
}
