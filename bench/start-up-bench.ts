// `npm run bench -- start-up`: from the start of a sidecar, as its image starts it, until its /livez answers, which is what a
// startup probe holds the operator back by. Variants go in turn, so that what else the machine does meets all of them alike;
// read the ratios, and the processor time beside the time that passed.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeServingCertificate } from "../api-server/access/certificates.ts";
import { createSystemClock } from "../platform/clock.ts";
import { createPortFinder } from "../playground/replicas/free-port.ts";
import type { ProcessTable } from "../playground/replicas/process-table.ts";
import { eventually } from "../test/kit/eventually.ts";
import { buildBundles, bundles } from "./bundles.ts";
import { limitCpu, type CpuLimit } from "./side-by-side/cpu-limit.ts";
import { cpuTicks } from "./side-by-side/processes.ts";
import { csv, markdownTable, percentile, type Samples } from "./trials.ts";

export interface StartUpBenchOptions {
  readonly isQuick: boolean;
  readonly processes: ProcessTable;
  readonly signal: AbortSignal;
}

interface Variant {
  readonly name: string;
  readonly isCached: boolean;
  readonly isLimited: boolean;
  /** How many start at the same moment, each under a limit of its own. */
  readonly count: number;
}

const variants: readonly Variant[] = [
  { name: "as it is", isCached: false, isLimited: false, count: 1 },
  { name: "compile cache", isCached: true, isLimited: false, count: 1 },
  { name: "under 100m", isCached: false, isLimited: true, count: 1 },
  { name: "compile cache, under 100m", isCached: true, isLimited: true, count: 1 },
  { name: "three at once, each under 100m", isCached: false, isLimited: true, count: 3 },
];
const usualTrials = 15;
const quickTrials = 3;
// A tenth of a processor makes seconds of what takes a fraction of one.
const patienceMs = 60_000;
const clock = createSystemClock();
const ports = createPortFinder();

interface Bench extends StartUpBenchOptions {
  /** A pod's account, and V8's cache. */
  readonly folder: string;
}

/** Prints a table and the ratios; the samples go to bench/results/start-up.csv. */
export async function benchStartUp(options: StartUpBenchOptions): Promise<void> {
  await buildBundles();
  const folder = mkdtempSync(join(tmpdir(), "bindy-start-up-"));
  try {
    const bench: Bench = { ...options, folder };
    writeFileSync(join(folder, "token"), "none");
    writeFileSync(join(folder, "namespace"), "default");
    writeFileSync(join(folder, "ca.crt"), (await makeServingCertificate("127.0.0.1")).authority);
    await fillCache(bench);
    const [passedMs, spentMs] = await measure(bench);
    const rows = [...rowsOf("until /livez", passedMs), ...rowsOf("processor time", spentMs)];
    mkdirSync("bench/results", { recursive: true });
    writeFileSync("bench/results/start-up.csv", csv(rows));
    const isAim = (name: string): string => (/until .* under 100m$/.test(name) ? "p50 ≤ 5000" : "–");
    const wanted = rows.map((row) => ({ ...row, wanted: isAim(row.name) }));
    process.stdout.write(`${markdownTable(wanted)}\n\n${ratios(passedMs)}${ratios(spentMs)}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Measured = ReadonlyMap<Variant, number[]>;

async function measure(bench: Bench): Promise<readonly [passedMs: Measured, spentMs: Measured]> {
  const passedMs = new Map(variants.map((variant) => [variant, [] as number[]]));
  const spentMs = new Map(variants.map((variant) => [variant, [] as number[]]));
  const trials = bench.isQuick ? quickTrials : usualTrials;
  for (let trial = 0; trial < trials; trial += 1) {
    // Every other round backwards: none of them is always the one behind a certain other.
    for (const variant of trial % 2 === 0 ? variants : variants.toReversed()) {
      bench.signal.throwIfAborted();
      const starts = Array.from({ length: variant.count }, (_, at) => startOnce(bench, variant, at));
      for (const { passed, spent } of await Promise.all(starts)) {
        passedMs.get(variant)?.push(passed);
        spentMs.get(variant)?.push(spent);
      }
    }
    process.stderr.write(`start-up: ${trial + 1} of ${trials}\n`);
  }
  return [passedMs, spentMs];
}

function rowsOf(what: string, measured: Measured): readonly Samples[] {
  return [...measured].map(([{ name }, values]) => ({ name: `${what}, ${name}`, unit: "ms", values }));
}

function ratios(measured: Measured): string {
  const median = (isLimited: boolean, isCached: boolean): number => {
    const found = variants.find(
      (one) => one.isLimited === isLimited && one.isCached === isCached && one.count === 1,
    );
    return percentile((found && measured.get(found)) ?? [], 0.5);
  };
  const ratio = (isLimited: boolean): string =>
    (median(isLimited, true) / median(isLimited, false)).toFixed(2);
  return `With the cache ${ratio(false)} of the median without it, under 100m ${ratio(true)}.\n`;
}

/** One life of the sidecar with the cache on: at its end Node writes what V8 has compiled. */
async function fillCache(bench: Bench): Promise<void> {
  const { child, healthPort } = await spawnSidecar(bench, true, 0);
  await answers(healthPort, bench.signal);
  const closed = once(child, "close");
  child.kill("SIGTERM");
  await closed;
}

async function startOnce(
  bench: Bench,
  { isCached, isLimited }: Variant,
  at: number,
): Promise<{ readonly passed: number; readonly spent: number }> {
  const limit = isLimited ? limitOf(`bindy-start-up-${process.pid}-${at}`) : null;
  try {
    const { child, healthPort, startedMs } = await spawnSidecar(bench, isCached, at, limit);
    const closed = once(child, "close");
    try {
      await answers(healthPort, bench.signal);
      const passed = clock.now().waitMs - startedMs;
      // A tick is 10 ms.
      return { passed, spent: cpuTicks(readFileSync(`/proc/${child.pid}/stat`, "utf8")) * 10 };
    } finally {
      child.kill("SIGKILL");
      await closed;
    }
  } finally {
    limit?.close();
  }
}

function limitOf(name: string): CpuLimit {
  const limit = limitCpu(name);
  if ("missing" in limit) throw new Error(limit.missing);
  return limit;
}

interface StartedSidecar {
  readonly child: ChildProcess;
  readonly healthPort: number;
  readonly startedMs: number;
}

async function spawnSidecar(
  { folder, processes }: Bench,
  isCached: boolean,
  at: number,
  limit: CpuLimit | null = null,
): Promise<StartedSidecar> {
  const [leaderPort, healthPort] = [await ports.find(19_000 + 200 * at), await ports.find(20_000 + 200 * at)];
  const [program, ...flags] = bundles.sidecar;
  const startedMs = clock.now().waitMs;
  const child = spawn(program, flags, {
    env: {
      // In a pod, whose API server does not answer: that takes nothing before the ports are open.
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: "1",
      SERVICE_ACCOUNT_DIRECTORY: folder,
      POD_NAME: `newcomer-${at}`,
      LEADER_PORT: String(leaderPort),
      HEALTH_PORT: String(healthPort),
      ...(isCached ? { NODE_COMPILE_CACHE: join(folder, "cache") } : {}),
    },
    stdio: "ignore",
  });
  processes.add(child);
  if (child.pid !== undefined) limit?.take(child.pid);
  return { child, healthPort, startedMs };
}

async function answers(port: number, signal: AbortSignal): Promise<void> {
  const isUp = (): Promise<boolean> =>
    new Promise((resolve) => {
      const request = get({ host: "127.0.0.1", port, path: "/livez", agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      // It does not listen yet: that is the answer.
      request.on("error", () => resolve(false));
    });
  await eventually(isUp, "/livez answers", { signal, limitMs: patienceMs, everyMs: 2 });
}
