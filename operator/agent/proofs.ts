// What named has been told and has not yet shown. Tells it, again where that got lost, and asks it for serials, round
// by round, until each zone's proof is there or its time is up.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { NamedControl } from "./named/named-control.ts";
import type { ProbeOutcome, SoaProbe } from "./named/soa-probe.ts";
import type { ReloadZones } from "./named/zone-reloads.ts";

/** A zone that is to be shown. */
export interface Expectation {
  readonly zoneName: string;
  /** null: it should no longer be served. */
  readonly serial: number | null;
  /** False if named may serve it already, and so need not be told at once. */
  readonly isNew: boolean;
  /** Whether named has just started, and may be at the loading of thousands. */
  readonly isPatient?: boolean;
  /** How much longer than others it may take, by the length of its text, in ms. */
  readonly longerMs?: number;
  /** Where it is the last good file in the place of a text: what is to be said of that text, and how long after this is shown the text is to be tried; null if it is not. */
  readonly instead?: { readonly failure: string; readonly textAfterMs: number | null };
}

// A named with a twentieth of a processor reads some thousand records in a second.
const bytesPerMs = 200;

/** That a zone is to be shown by its own text. */
export function ofText(
  { zoneName, serial, text }: { readonly zoneName: string; readonly serial: number; readonly text: string },
  isNew: boolean,
  isPatient = false,
): Expectation {
  return { zoneName, serial, isNew, isPatient, longerMs: text.length / bytesPerMs };
}

export interface Proofs {
  /** Expects something of the zone with this name, in place of what was expected of it. */
  expect(name: string, expectation: Expectation): void;
  /** Expects nothing of it any more. */
  drop(name: string): void;
  /** Takes note that named has read all that is expected, beginning at this moment. */
  told(sinceMs: number): void;
  /** Tells named where that is due, by signals only if `maySignal`, and asks it once for what is pending. */
  round(maySignal?: boolean): Promise<void>;
  /** How long to wait before the next round, in ms; null if nothing is pending. */
  pauseMs(): number | null;
  /** For how long named is not told of anything new, in ms: it is at a load, or rests after one. */
  restMs(): number;
}

export interface ProofsOptions {
  readonly named: Pick<NamedControl, "reload">;
  /** undefined where named takes no commands. */
  readonly reloadZones: ReloadZones | undefined;
  readonly probe: SoaProbe;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a zone may take to be shown. */
  readonly proofMs: number;
  onProved(name: string, expectation: Expectation): Promise<void>;
  onFailed(name: string, expectation: Expectation, lastSeen: ProbeOutcome): Promise<void>;
}

interface Pending extends Expectation {
  /** When it began to be expected, or named was last seen to serve something else than before: then it is at its work. */
  progressMs: number;
  /** null: not seen yet; what is seen of a zone that is not served is "none". */
  lastSeen: number | "none" | null;
  /** How often named was told of it, since when, and when it is due to be told again. */
  signals: number;
  toldMs: number;
  nextSignalMs: number;
  /** Whether it was told of this zone before it changed again: it is late then by what came first. */
  wasTold: boolean;
  /** Whether a command was of no use. */
  isRefused: boolean;
  /** Whether it is known that named does not serve what is expected: only then it has to be told. */
  isKnownStale: boolean;
}

const probeMs = 250;
const firstPauseMs = 4;
// While others are being proved, named is still at its work, and a zone that is late may only be waiting its turn.
const busyMs = 1000;
const mostPatience = 6;
const pauseMs = 10;
const slowPauseMs = 50;
// named drops a signal that comes while it is still at the last one; so it is told again, after these delays.
const signalDelaysMs = [40, 150, 500, 1000];
const lastSignalDelayMs = 2000;
// A zone that was told of as often and is not there says nothing of how long a load takes.
const mostCounted = 4;
// So many zones at most are told one by one: a signal for all of them costs less than more would.
const mostCommands = 16;
// It has said that it reads them.
const commandedDelayMs = 1000;
// How many zones are asked for in one round: with ten thousand at a start, named has better things to do than answer. For the same
// reason there is a pause for each question of the round before; and until one of those that it was told of is there, a few are asked for.
const mostProbes = 200;
const mostWhileLoading = 8;
const pausePerProbeMs = 1;
// To load costs named by all of its zones. While they keep coming it rests for this many times as long as the last load took.
const restPerLoad = 4;
const longestRestMs = 2000;

/** What named was told of, and has shown nothing of yet. */
interface Signal {
  /** Those of them that are still expected, and may be soon. */
  readonly names: Set<string>;
  /** From then on it counts as lost. */
  readonly untilMs: number;
  /** How often it was given. */
  readonly times: number;
}

export function createProofs(options: ProofsOptions): Proofs {
  const { named, probe, clock, log, proofMs } = options;
  const pending = new Map<string, Pending>();
  /** What named has shown, of whatever serial: it has these in its configuration. */
  const shown = new Set<string>();
  let lastExpectedMs = 0;
  let lastProvedMs = 0;
  // One signal at a time: until something shows that named has acted on the last one, or it must have been lost, what
  // comes in the meantime waits for the next. So a thousand new zones cost a handful of loads and not a thousand.
  let signalled: Signal | null = null;
  let restUntilMs = 0;
  /** How long a load is thought to take, by the last ones. */
  let usualLoadMs = 0;
  let lastProbes = 0;
  let isLineLonger = false;

  function expect(name: string, expectation: Expectation): void {
    const nowMs = clock.now().waitMs;
    lastExpectedMs = nowMs;
    // One that changes faster than named loads it is late all the same, where named does not follow.
    const { progressMs = nowMs, lastSeen = null, wasTold = false } = pending.get(name) ?? {};
    pending.delete(name);
    pending.set(name, {
      ...expectation,
      progressMs,
      lastSeen,
      signals: 0,
      toldMs: nowMs,
      nextSignalMs: nowMs,
      wasTold,
      isRefused: false,
      isKnownStale: expectation.isNew,
    });
  }

  async function round(maySignal = restMs() === 0): Promise<void> {
    // While it loads it would take no command either.
    if (signalled === null || maySignal) await command();
    if (maySignal) await tell();
    const asked = [...toAskFor()];
    lastProbes = asked.length;
    await Promise.all(asked.map(([name, zone]) => ask(name, zone)));
  }

  /** Tells of single zones that named has already. What does not come of it is told by a signal. */
  async function command(): Promise<void> {
    const due = [...pending].filter(
      ([name, zone]) =>
        zone.isKnownStale && zone.signals === 0 && !zone.isRefused && zone.serial !== null && shown.has(name),
    );
    if (options.reloadZones === undefined || due.length === 0 || due.length > mostCommands) return;
    const taken = await options.reloadZones(due.map(([, { zoneName }]) => zoneName));
    for (const [, zone] of due) {
      if (taken.has(zone.zoneName)) toldOf(zone, commandedDelayMs);
      else zone.isRefused = true;
    }
  }

  function toldOf(zone: Pending, nextMs: number, nowMs = clock.now().waitMs): void {
    // Until then it could not have been shown.
    if (!zone.wasTold) zone.progressMs = nowMs;
    if (zone.signals === 0) zone.toldMs = nowMs;
    zone.wasTold = true;
    zone.signals += 1;
    zone.nextSignalMs = nowMs + nextMs;
  }

  async function tell(): Promise<void> {
    const nowMs = clock.now().waitMs;
    const due = [...pending].filter(([, zone]) => zone.isKnownStale && zone.nextSignalMs <= nowMs);
    if (due.length === 0) return;
    const outcome = await named.reload();
    if (outcome.kind === "absent") log.debug("named cannot be told to load", { reason: outcome.reason });
    noteSignal(due, nowMs, 0);
  }

  /** `leastMs`: how long it is not told again at least. */
  function noteSignal(due: readonly [string, Pending][], nowMs: number, leastMs: number): void {
    const { times = 0, names: before = [] } = signalled ?? {};
    const all = [...before, ...due.map(([name]) => name)];
    const names = new Set(all.filter((name) => (pending.get(name)?.signals ?? 0) < mostCounted));
    // It is at the same load, or the first signal was lost: before the time of a load that cannot be known.
    const leastDelayMs = Math.max(leastMs, signalDelayMs(times));
    const untilMs = nowMs + Math.max(leastDelayMs, Math.min(longestRestMs, 2 * usualLoadMs));
    signalled = names.size === 0 ? null : { names, untilMs, times: times + 1 };
    for (const [, zone] of due) toldOf(zone, Math.max(leastMs, signalDelayMs(zone.signals)), nowMs);
  }

  function told(sinceMs: number): void {
    const due = [...pending].filter(([, zone]) => zone.isKnownStale);
    if (due.length > 0) noteSignal(due, sinceMs, clock.now().waitMs - sinceMs + commandedDelayMs);
  }

  /** Those that named may have by now. It has none of those that it was not told of. */
  function* toAskFor(): Generator<[string, Pending], void> {
    let left = signalled === null ? mostProbes : mostWhileLoading;
    isLineLonger = false;
    for (const entry of pending) {
      const [, zone] = entry;
      if (zone.isKnownStale && zone.signals === 0) continue;
      isLineLonger = left === 0;
      if (isLineLonger) return;
      left -= 1;
      yield entry;
    }
  }

  function restMs(): number {
    return Math.max(0, (signalled?.untilMs ?? restUntilMs) - clock.now().waitMs);
  }

  async function ask(name: string, zone: Pending): Promise<void> {
    const seen = await probe.ask(zone.zoneName, probeMs);
    // Something else may be expected of it since we asked.
    if (pending.get(name) !== zone) return;
    const nowMs = clock.now().waitMs;
    // A named that is silent is busy, or away: it reads all of it when it starts.
    if (seen !== "silent") {
      zone.isKnownStale = true;
      if (typeof seen === "number") shown.add(name);
      else shown.delete(name);
      note(name, zone, typeof seen === "number" ? seen : "none", nowMs);
    }
    if (seen === zone.serial || (seen === "refused" && zone.serial === null)) {
      pending.delete(name);
      lastProvedMs = nowMs;
      loaded(name, zone, nowMs);
      await options.onProved(name, zone);
    } else if (isLate(zone, nowMs)) {
      pending.delete(name);
      noLongerTold(name);
      await options.onFailed(name, zone, seen);
    } else if (isLineLonger) {
      // To the end of the line, so that the next round asks for others.
      pending.delete(name);
      pending.set(name, zone);
    }
  }

  function note(name: string, zone: Pending, seen: number | "none", nowMs: number): void {
    if (zone.lastSeen !== null && zone.lastSeen !== seen) {
      zone.progressMs = nowMs;
      loaded(name, zone, nowMs);
    }
    zone.lastSeen = seen;
  }

  /** Takes note that named has read the zone with this name again: if it was told of it last, that load is done. */
  function loaded(name: string, zone: Pending, nowMs: number): void {
    if (signalled?.names.has(name) !== true) return;
    let sinceMs = zone.toldMs;
    for (const other of signalled.names) sinceMs = Math.min(sinceMs, pending.get(other)?.toldMs ?? sinceMs);
    const tookMs = nowMs - sinceMs;
    usualLoadMs = Math.max(tookMs, usualLoadMs / 2);
    restUntilMs = nowMs + Math.min(longestRestMs, restPerLoad * tookMs);
    signalled = null;
  }

  /** Takes note that nothing of the zone will show whether named has loaded. */
  function noLongerTold(name: string): void {
    signalled?.names.delete(name);
    if (signalled?.names.size === 0) signalled = null;
  }

  function isLate({ progressMs, isPatient = false, longerMs = 0 }: Pending, nowMs: number): boolean {
    const isBusy = isPatient || nowMs - lastProvedMs < busyMs;
    return nowMs - progressMs > longerMs + (isBusy ? proofMs * mostPatience : proofMs);
  }

  return {
    expect,
    told,
    drop: (name) => {
      pending.delete(name);
      shown.delete(name);
      noLongerTold(name);
    },
    round,
    restMs,
    pauseMs: () => {
      if (pending.size === 0) return null;
      const agoMs = clock.now().waitMs - lastExpectedMs;
      const pause = agoMs < pauseMs ? firstPauseMs : agoMs < 1000 ? pauseMs : slowPauseMs;
      return Math.max(pause, lastProbes * pausePerProbeMs);
    },
  };
}

function signalDelayMs(signals: number): number {
  return signalDelaysMs[signals] ?? lastSignalDelayMs;
}
