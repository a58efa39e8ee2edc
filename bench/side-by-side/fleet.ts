// The replicas of one contestant on one Lease, with the file that they all append effects to and its observer.
import { join } from "node:path";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import { createEffectLedger, observerMs, openEffectFile, type EffectLedger } from "./effects.ts";
import {
  startClientGoPod,
  startOurPod,
  type ArmName,
  type BenchPod,
  type OurPrograms,
  type PodOptions,
} from "./pod.ts";
import { eventually } from "../../test/kit/eventually.ts";

/** What a fleet needs of an API server. */
export interface BenchServer {
  readonly port: number;
  readonly certificateAuthority: string;
  readonly namespace: string;
  /** Makes the Lease as the chart does: without a spec, marked as created empty. */
  createLease(name: string): Promise<void>;
  /** A token of an account of its own: requests are counted by account. */
  tokenOf(account: string): Promise<string>;
  leaseRecord(name: string): Promise<{ readonly holder: string; readonly renewedWallMs: number }>;
}

export interface FleetOptions {
  readonly arm: ArmName;
  /** Of the Lease and, with an ordinal, of the accounts. */
  readonly name: string;
  readonly replicas: number;
  /** Time between two effects of a leader; 0: the first of each term alone. */
  readonly effectPeriodMs: number;
  readonly server: BenchServer;
  readonly programs: { readonly ours: OurPrograms; readonly clientGo: string };
  readonly directory: string;
  readonly ports: PortFinder;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

export interface Fleet {
  readonly arm: ArmName;
  readonly leaseName: string;
  pods(): readonly BenchPod[];
  accountOf(pod: BenchPod): string;
  /** What was seen, up to now. */
  observe(): EffectLedger;
  /** Effects and overlaps since the last time that this was asked. */
  takeCounts(): { readonly effects: number; readonly overlaps: number };
  /** The pod that acted last; null before anybody did. */
  leader(): BenchPod | null;
  /** Resolves with the leader when there is one that acts, and every pod is ready. */
  settled(): Promise<BenchPod>;
  /** Starts another pod in place of one that is gone. */
  replace(pod: BenchPod): Promise<void>;
  close(): Promise<void>;
}

const settleMs = 90_000;
const lookMs = 50;

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { arm, name, server, clock, random } = options;
  const file = openEffectFile(join(options.directory, `${name}.effects`));
  const ledger = createEffectLedger();
  const slots: BenchPod[] = [];
  const taken = { effects: 0, overlaps: 0 };
  let started = 0;

  async function start(slot: number): Promise<BenchPod> {
    const podName = `${name}-${started}`;
    started += 1;
    const pod: PodOptions = {
      name: podName,
      uid: random.name(16),
      directory: join(options.directory, podName),
      api: server,
      token: await server.tokenOf(`${name}-${slot}`),
      lease: { namespace: server.namespace, name },
      effects: { path: file.path, periodMs: options.effectPeriodMs },
      ports: options.ports,
      processes: options.processes,
      clock,
    };
    return arm === "ours"
      ? await startOurPod(options.programs.ours, pod)
      : await startClientGoPod(options.programs.clientGo, pod);
  }

  function observe(): EffectLedger {
    for (const effect of file.read()) ledger.add(effect);
    return ledger;
  }

  function leader(): BenchPod | null {
    const who = observe().newest()?.last.who;
    // A process of client-go adds a part of its own to its pod's name.
    return slots.find((pod) => who === pod.name || who?.startsWith(`${pod.name}_`)) ?? null;
  }

  function isActing(): boolean {
    const newest = observe().newest();
    if (newest === null) return false;
    const silenceMs = observerMs() - newest.last.atMs;
    return options.effectPeriodMs === 0 || silenceMs < 10 * options.effectPeriodMs + 500;
  }

  async function isSettled(): Promise<boolean> {
    if (leader() === null || !isActing()) return false;
    const ready = await Promise.all(slots.map(async (pod) => await pod.isReady()));
    return ready.every(Boolean);
  }

  const fleet: Fleet = {
    arm,
    leaseName: name,
    pods: () => slots,
    accountOf: (pod) => `${name}-${slots.indexOf(pod)}`,
    observe,
    takeCounts() {
      const seen = observe();
      const effects = seen.count() - taken.effects;
      const overlaps = seen.overlaps().length - taken.overlaps;
      taken.effects += effects;
      taken.overlaps += overlaps;
      return { effects, overlaps };
    },
    leader,
    async settled() {
      const { signal } = options;
      const what = `${name}: a leader, and ${slots.length} replicas that know it`;
      await eventually(isSettled, what, { signal, limitMs: settleMs, everyMs: lookMs });
      return leader() as BenchPod;
    },
    async replace(pod) {
      const slot = slots.indexOf(pod);
      slots[slot] = await start(slot);
    },
    async close() {
      await Promise.all(slots.map(async (pod) => await pod.kill()));
      file.close();
    },
  };
  try {
    if (arm === "ours") await server.createLease(name);
    for (let slot = 0; slot < options.replicas; slot += 1) slots.push(await start(slot));
  } catch (error) {
    await fleet.close();
    throw error;
  }
  return fleet;
}
