// One trial: something happens to the leader, and the time is taken until the first effect of the next one.
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { observerMs } from "./effects.ts";
import type { BenchServer, Fleet } from "./fleet.ts";
import type { BenchPod } from "./pod.ts";
import { eventually } from "../../test/kit/eventually.ts";

export const failures = ["operator-killed", "pod-killed", "sigterm", "partition"] as const;
export type FailureName = (typeof failures)[number];

export interface FailOver {
  /** From the kill, the signal or the cut to the first effect of the next leader, in ms. */
  readonly afterMs: number;
  /** From the last effect of the old leader to the first of the next; below zero when both acted meanwhile. */
  readonly gapMs: number;
  /** From the last renewal of the old leader to the first effect of the next; null when it gave the lease back. */
  readonly sinceRenewalMs: number | null;
  /** Seen since the trial before. */
  readonly effects: number;
  readonly overlaps: number;
}

export interface TrialOptions {
  readonly server: BenchServer;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

const retryPeriodMs = 2000;
// Whether a sidecar is ready was asked with a plain GET /leader, whose answer is a promise of up to 2 s: a
// hand-over would wait for it, as it does for anybody's curl. It must have run out. Meanwhile who came
// last has read the record again.
const calmMs = 2500;
const patienceMs = 60_000;
// Many times the period of the effects.
const quietMs = 1000;
// Long enough for a renewal that was under way to be in the record, and far too short for a lease to run out.
const readRecordMs = 200;

/** Does it to the leader of `fleet`, and brings the fleet back to strength afterwards. */
export async function failOver(fleet: Fleet, failure: FailureName, options: TrialOptions): Promise<FailOver> {
  const { clock, random, signal } = options;
  const leader = await fleet.settled();
  // Somewhere between two renewals, as it happens in life.
  await clock.sleep(calmMs + random.below(retryPeriodMs), signal);
  signal.throwIfAborted();
  const old = fleet.observe().newest();
  if (old === null || fleet.leader() !== leader)
    throw new Error(`${fleet.leaseName}: the leader has changed`);
  const { beganMs, gone } = strike(leader, failure);
  await clock.sleep(readRecordMs, signal);
  const record = await options.server.leaseRecord(fleet.leaseName);
  // The record's clock is the wall's, the effects' is not.
  const renewedMs = record.renewedWallMs - (clock.now().wallMs - observerMs());
  const isNext = (): boolean => fleet.observe().newest()?.token !== old.token;
  await eventually(isNext, `${fleet.leaseName}, ${failure}: the next leader's first effect`, {
    signal,
    limitMs: patienceMs,
    everyMs: 5,
  });
  const next = fleet.observe().newest();
  if (next?.before?.token !== old.token)
    throw new Error(`${fleet.leaseName}: there was another leader between`);
  const firstMs = next.first.atMs;
  if (failure === "partition") await healOnceQuiet(fleet, leader, old.last.who, options);
  await gone;
  if (failure === "pod-killed" || failure === "sigterm") await fleet.replace(leader);
  const { effects, overlaps } = fleet.takeCounts();
  return {
    afterMs: firstMs - beganMs,
    gapMs: firstMs - (fleet.observe().lastOf(old.last.who) ?? next.before).atMs,
    sinceRenewalMs: record.holder === old.last.who ? firstMs - renewedMs : null,
    effects,
    overlaps,
  };
}

/** A cut that heals too soon would hide a leader that goes on acting after the next one has begun. */
async function healOnceQuiet(
  fleet: Fleet,
  leader: BenchPod,
  who: string,
  options: TrialOptions,
): Promise<void> {
  const { signal } = options;
  const isQuiet = (): boolean => observerMs() - (fleet.observe().lastOf(who)?.atMs ?? 0) > quietMs;
  const what = `${fleet.leaseName}: an end of the effects of ${who}, which is cut off`;
  await eventually(isQuiet, what, { signal, limitMs: patienceMs, everyMs: 50 });
  leader.heal();
}

function strike(
  leader: BenchPod,
  failure: FailureName,
): { readonly beganMs: number; readonly gone: Promise<void> } {
  const beganMs = observerMs();
  switch (failure) {
    case "operator-killed":
      leader.killOperator();
      return { beganMs, gone: Promise.resolve() };
    case "pod-killed":
      return { beganMs, gone: leader.kill() };
    case "sigterm":
      return { beganMs, gone: leader.terminate() };
    case "partition":
      leader.cut();
      return { beganMs, gone: Promise.resolve() };
  }
}
