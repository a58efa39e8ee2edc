// `npm run bench -- side-by-side`: this sidecar with its gate and client-go's leaderelection, both at
// 15/10/2, on the same real kube-apiserver, in the same run, in turn.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, release, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { createSystemClock, type Clock } from "../../platform/clock.ts";
import { createSystemRandom, type Random } from "../../platform/random.ts";
import { createPortFinder, type PortFinder } from "../../playground/replicas/free-port.ts";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import {
  buildClientGoPeer,
  findControlPlanePrograms,
  type ControlPlanePrograms,
} from "../../test/cluster/programs.ts";
import type { BenchSettings } from "../arguments.ts";
import { buildBundles, bundles, operatorFlags } from "../bundles.ts";
import { limitCpu } from "./cpu-limit.ts";
import { failOver, failures } from "./fail-over.ts";
import { startFleet, type Fleet } from "./fleet.ts";
import type { ArmName } from "./pod.ts";
import { runLogPath, writeResults } from "./publish.ts";
import { measureQuiet } from "./quiet.ts";
import { startRealServer, type RealServer } from "./real-server.ts";
import { comparisonTable, requestTable } from "./report.ts";
import { openRunLog, type RunHeader, type RunLog } from "./run-log.ts";
import { csvOf, samplesOf, type BenchEntry } from "./samples.ts";
import { startUp } from "./start-up.ts";

export interface SideBySideOptions {
  readonly settings: BenchSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly processes: ProcessTable;
  readonly signal: AbortSignal;
}

interface Run extends SideBySideOptions {
  readonly log: RunLog<BenchEntry>;
  readonly server: RealServer;
  readonly programs: {
    readonly sidecar: readonly string[];
    readonly operator: readonly string[];
    readonly clientGo: string;
  };
  readonly directory: string;
  readonly ports: PortFinder;
  readonly clock: Clock;
  readonly random: Random;
}

const arms: readonly ArmName[] = ["ours", "client-go"];
const usual = { trials: 20, windowSeconds: 600, startUps: 10 };
const quick = { trials: 3, windowSeconds: 60, startUps: 2 };
const effectPeriodMs = 20;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Measures what the log does not hold yet; then writes the tables, the plots and the CSV. */
export async function benchSideBySide(options: SideBySideOptions): Promise<void> {
  if (process.platform !== "linux") {
    throw new Error("side-by-side reads /proc and the clock that Linux's processes share: it needs Linux");
  }
  const programs = await findControlPlanePrograms(options.environment, say);
  if ("missing" in programs) throw new Error(programs.missing);
  const clientGo = await buildClientGoPeer(options.environment);
  if (typeof clientGo !== "string") throw new Error(clientGo.missing);
  await buildBundles();
  const header = describe(programs);
  const log = openRunLog<BenchEntry>(runLogPath, header, options.settings.isResumed);
  const directory = mkdtempSync(join(tmpdir(), "bindy-side-by-side-"));
  const removeAtExit = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  const [clock, random, ports] = [createSystemClock(), createSystemRandom(), createPortFinder()];
  let server: RealServer | null = null;
  try {
    const operator = await bundleOperator(directory);
    options.signal.throwIfAborted();
    say("Starting etcd and kube-apiserver");
    server = await startRealServer(programs, { ports, clock });
    const all = { sidecar: bundles.sidecar, operator, clientGo };
    const run: Run = { ...options, log, server, programs: all, directory, ports, clock, random };
    await measureQuietFleets(run);
    await measureTrials(run);
  } finally {
    await server?.close();
    removeAtExit();
    process.off("exit", removeAtExit);
    if (log.entries().length > 0) writeResults(csvOf(header, log.entries()));
  }
  const samples = samplesOf(log.entries());
  process.stdout.write(`${comparisonTable(samples)}\n\n${requestTable(samples)}\n`);
  say(`Samples and plots are beside ${runLogPath}; npm run bench -- publish puts them into docs/`);
}

/** The first line that a program prints; "unknown" of one that is not there (any more), or fails. */
function printed(program: string, ...flags: readonly string[]): string {
  const { status, stdout } = spawnSync(program, flags, { encoding: "utf8", timeout: 10_000 });
  return (status === 0 && stdout.split("\n")[0]?.trim()) || "unknown";
}

/** What this run is made with. */
function describe(programs: ControlPlanePrograms): RunHeader {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const kernel = release().split(".").slice(0, 2).join(".");
  const module = readFileSync(new URL("../client-go/go.mod", import.meta.url), "utf8");
  return {
    machine: `${cpus().length} × ${model}, ${memoryGiB} GiB, Linux ${kernel}`,
    "API server": `${printed(programs.apiServer, "--version")}, ${printed(programs.etcd, "--version")}`,
    sidecar: `Node ${process.version}, the bundle of npm run build with the images' flags`,
    "client-go": `k8s.io/client-go ${/k8s\.io\/client-go (\S+)/.exec(module)?.[1]}, ${printed("go", "version")}`,
    times: "lease duration 15 s, renew deadline 10 s, retry period 2 s, on both sides",
  };
}

/** The bench's operator as one file, as an operator's image would carry it. */
async function bundleOperator(directory: string): Promise<readonly string[]> {
  const outfile = join(directory, "effect-operator.mjs");
  await build({
    entryPoints: [fileURLToPath(new URL("effect-operator.ts", import.meta.url))],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    logLevel: "warning",
    banner: {
      js: 'import{createRequire as requireOfNode}from"node:module";const require=requireOfNode(import.meta.url);',
    },
  });
  return [process.execPath, ...operatorFlags, outfile];
}

/** Starts a fleet of each arm with each number of replicas, hands them over, and ends them. */
async function withFleets<Result>(
  run: Run,
  given: { readonly label: string; readonly replicas: readonly number[]; readonly effectPeriodMs: number },
  use: (fleets: readonly Fleet[]) => Promise<Result>,
): Promise<Result> {
  const fleets: Fleet[] = [];
  try {
    for (const replicas of given.replicas) {
      for (const arm of arms) {
        say(`Starting ${replicas} replicas of ${arm === "ours" ? "the sidecar" : "client-go"}`);
        const fleet = await startFleet({
          ...run,
          arm,
          name: `${arm}-${given.label}-${replicas}`,
          replicas,
          effectPeriodMs: given.effectPeriodMs,
          programs: { ours: run.programs, clientGo: run.programs.clientGo },
        });
        fleets.push(fleet);
        await fleet.settled();
      }
    }
    return await use(fleets);
  } finally {
    await Promise.all(fleets.map(async (fleet) => await fleet.close()));
  }
}

async function measureQuietFleets(run: Run): Promise<void> {
  const { log, settings } = run;
  if (log.has("quiet")) return;
  const seconds = settings.windowSeconds ?? (settings.isQuick ? quick : usual).windowSeconds;
  await withFleets(run, { label: "quiet", replicas: [3, 10], effectPeriodMs: 0 }, async (fleets) => {
    log.add({ key: "quiet", kind: "quiet", ...(await measureQuiet({ ...run, fleets, seconds, say })) });
  });
}

async function measureTrials(run: Run): Promise<void> {
  const { settings } = run;
  const trials = settings.trials ?? (settings.isQuick ? quick : usual).trials;
  await withFleets(run, { label: "trial", replicas: [3], effectPeriodMs }, async (fleets) => {
    await measureStartUps(run, fleets);
    for (let round = 0; round < trials; round += 1) {
      for (const failure of failures) {
        for (const fleet of fleets) {
          const { arm } = fleet;
          const key = `${failure}/${round}/${arm}`;
          if (run.log.has(key)) continue;
          const result = await failOver(fleet, failure, run);
          run.log.add({ key, kind: "fail-over", arm, failure, ...result });
          const overlap = result.overlaps > 0 ? `, ${result.overlaps} OVERLAPPING EFFECTS` : "";
          say(`${failure} ${round + 1} of ${trials}, ${arm}: ${result.afterMs.toFixed(1)} ms${overlap}`);
        }
      }
    }
  });
}

async function measureStartUps(run: Run, fleets: readonly Fleet[]): Promise<void> {
  const count = (run.settings.isQuick ? quick : usual).startUps;
  const limit = limitCpu(`bindy-bench-${process.pid}`);
  if ("missing" in limit) say(`Starts with a tenth of a processor are left out: ${limit.missing}`);
  const kinds = "missing" in limit ? [null] : [null, limit];
  try {
    for (let round = 0; round < count; round += 1) {
      for (const kind of kinds) {
        for (const { arm, leaseName } of fleets) {
          const isLimited = kind !== null;
          const key = `start-up${isLimited ? "-limited" : ""}/${round}/${arm}`;
          if (run.log.has(key)) continue;
          const knowsMs = await startUp({ ...run, arm, leaseName, limit: kind });
          run.log.add({ key, kind: "start-up", arm, isLimited, knowsMs });
          say(
            `start-up${isLimited ? " at 100m" : ""} ${round + 1} of ${count}, ${arm}: ${knowsMs.toFixed(0)} ms`,
          );
        }
      }
    }
  } finally {
    if (!("missing" in limit)) limit.close();
  }
}
