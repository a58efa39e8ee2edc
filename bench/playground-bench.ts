// `npm run bench -- playground`: the playground, measured. Every figure of the README's table comes from here. `--quick`
// makes fewer trials; all samples go to bench/results/ as CSV.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Resolver } from "node:dns/promises";
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import type { ActionName } from "../playground/dashboard/actions.ts";
import type { PlaygroundState, ReplicaState } from "../playground/dashboard/state.ts";
import { startPlayground, type Playground } from "../playground/playground.ts";
import type { ProcessTable } from "../playground/replicas/process-table.ts";
import { programPath } from "../test/kit/kubectl-binary.ts";
import { buildBundles, bundles, sidecarFlags } from "./bundles.ts";
import { measureFlood } from "./flood.ts";
import { healthFloodAims, measureHealthFloods } from "./health-flood.ts";
import { csv, markdownTable, type Samples } from "./trials.ts";
import { eventually } from "../test/kit/eventually.ts";

interface Trials {
  readonly kills: number;
  readonly pods: number;
  readonly records: number;
  readonly seconds: number;
  readonly rounds: number;
}

const usualTrials: Trials = { kills: 50, pods: 5, records: 40, seconds: 5, rounds: 5 };
const quickTrials: Trials = { kills: 10, pods: 2, records: 10, seconds: 2, rounds: 3 };
const floodAims = ["–", "p99 ≤ 250", "–", "≤ 4000"];
const leaseDurationMs = 15_000;
const patienceMs = 60_000;
const slowMs = 1000;

const clock = createSystemClock();
const random = createSystemRandom();

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function settled(playground: Playground): Promise<ReplicaState> {
  const look = async (): Promise<ReplicaState | false | undefined> => {
    const { replicas } = await playground.state();
    const areUp = replicas.length === 3 && replicas.every((replica) => replica.ready && !replica.ending);
    return areUp && replicas.find((replica) => replica.leader);
  };
  const seen = async (): Promise<unknown> => (await playground.state()).replicas;
  return await eventually(look, "three ready replicas and a leader", {
    limitMs: patienceMs,
    everyMs: 50,
    seen,
  });
}

/** Does something to the leader, and measures until the next gate opens. */
async function handOver(
  playground: Playground,
  action: ActionName,
): Promise<{ ms: number; sinceRenewalMs: number }> {
  const leader = await settled(playground);
  // Somewhere between two renewals, as it happens in life.
  await clock.sleep(random.below(2000));
  const { promise: opened, resolve } = Promise.withResolvers<number>();
  const stop = playground.onTerm((term) => resolve(term.openedWallMs));
  const renewedWallMs = Date.parse((await playground.state()).lease?.renewTime ?? "");
  let { wallMs: beganMs } = clock.now();
  const stopLines = playground.onLine(({ replica, text }) => {
    // By way of the API a gentle end takes a moment to become a SIGTERM: it is counted from there.
    if (replica === leader.name && text.includes('"Shutting down"')) {
      beganMs = Date.parse((JSON.parse(text) as { time: string }).time);
    }
  });
  await Promise.all([playground.act(action, leader.name), opened]);
  stop();
  stopLines();
  const ms = (await opened) - beganMs;
  return { ms, sinceRenewalMs: ms + beganMs - renewedWallMs };
}

async function handOvers(playground: Playground, action: ActionName, count: number, what: string) {
  const results: { ms: number; sinceRenewalMs: number }[] = [];
  for (let at = 0; at < count; at += 1) {
    results.push(await handOver(playground, action));
    say(`${what}: ${at + 1} of ${count}, ${results.at(-1)?.ms.toFixed(1)} ms`);
  }
  return results;
}

/** Requests a second on one connection, one at a time. */
async function throughput(origin: string, path: string, seconds: number): Promise<number> {
  const client = spawn(process.execPath, ["bench/load-client.mjs", origin, path, String(seconds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  client.stdout.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(client, "close")) as [number];
  if (code !== 0) throw new Error(`the load client ended with ${code}`);
  return Number(printed);
}

function privateMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Applies records with kubectl, and measures until named gives the new address. */
async function recordChanges(playground: Playground, kubectl: string, count: number) {
  const resolver = new Resolver({ timeout: 500, tries: 1 });
  resolver.setServers([`127.0.0.1:${playground.nameServer?.port ?? 0}`]);
  const fromStart: number[] = [];
  const fromAccepted: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const address = `198.51.100.${at + 1}`;
    const manifest = JSON.stringify({
      apiVersion: "bindy.firestoned.io/v1beta1",
      kind: "ARecord",
      metadata: { name: "www-example-com", namespace: playground.namespace, labels: { zone: "example.com" } },
      spec: { name: "www", ipv4Addresses: [address] },
    });
    const started = clock.now().waitMs;
    const child = spawn(kubectl, ["--kubeconfig", playground.kubeconfig, "apply", "-v=6", "-f", "-"], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    let told = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (told += text));
    const exited = once(child, "close").then(() => clock.now().waitMs);
    child.stdin.end(manifest);
    await eventually(
      async () => {
        const addresses = await resolver.resolve4("www.example.com").catch((): string[] => []);
        return addresses.includes(address);
      },
      `www.example.com is ${address}`,
      { limitMs: patienceMs, everyMs: 2 },
    );
    const answered = clock.now().waitMs;
    fromStart.push(answered - started);
    fromAccepted.push(Math.max(0, answered - (await exited)));
    // One that takes many times what the others do has to explain itself: each of its requests, with its time.
    if (answered - started > slowMs || child.exitCode !== 0) say(`kubectl apply, ${address}:\n${told}`);
  }
  return { fromStart, fromAccepted };
}

async function measure(
  playground: Playground,
  bare: { readonly port: number; readonly pid: number },
  trials: Trials,
  processes: ProcessTable,
): Promise<void> {
  const leader = await settled(playground);
  await clock.sleep(10_000);
  const { replicas } = await playground.state();
  const bareMiB = privateMiB(bare.pid);
  const extraMiB = replicas.map(({ pids }) => privateMiB(pids.sidecar ?? 0) - bareMiB);
  say("requests a second");
  const follower = replicas.find(({ name }) => name !== leader.name) ?? leader;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < trials.rounds; round += 1) {
    const ourOrigin = `http://127.0.0.1:${follower.ports.leader}`;
    ours.push(await throughput(ourOrigin, "/leader", trials.seconds));
    theirs.push(await throughput(`http://127.0.0.1:${bare.port}`, "/", trials.seconds));
  }
  const floodSeconds = trials.seconds * 6;
  const { sidecar } = bundles;
  const flood = { playground, processes, clock, sidecar, seconds: floodSeconds, say };
  const flooded = await measureFlood(flood);
  const healthFlooded = await measureHealthFloods(flood);
  const crash = await handOvers(playground, "kill-operator", trials.kills, "operator killed");
  const gentle = await handOvers(playground, "terminate", trials.kills, "replica ended by SIGTERM");
  const lost = await handOvers(playground, "kill", trials.pods, "replica killed");
  await settled(playground);
  const kubectl = await programPath("kubectl");
  if (!("path" in kubectl)) throw new Error(kubectl.missing);
  // What is measured, and quoted, is named.
  if (playground.nameServer === null || playground.nameServer.isStandIn) {
    throw new Error(`named is not installed: apt-get install bind9 (${playground.advice})`);
  }
  const records = await recordChanges(playground, kubectl.path, trials.records);
  const { writes } = await playground.state();
  const rows = rowsOf({ crash, gentle, lost, ours, theirs, flooded, healthFlooded, records, extraMiB });
  report(rows, writes, bareMiB);
}

interface Measured {
  readonly crash: Awaited<ReturnType<typeof handOvers>>;
  readonly gentle: Measured["crash"];
  readonly lost: Measured["crash"];
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly flooded: readonly Samples[];
  readonly healthFlooded: readonly Samples[];
  readonly records: Awaited<ReturnType<typeof recordChanges>>;
  readonly extraMiB: readonly number[];
}

type Row = Samples & { readonly wanted: string };

function rowsOf(measured: Measured): readonly Row[] {
  const { crash, gentle, lost, ours, theirs, flooded, healthFlooded, records, extraMiB } = measured;
  return [
    {
      name: "operator killed → next gate open",
      unit: "ms",
      values: crash.map(({ ms }) => ms),
      wanted: "p50 ≤ 20, p99 ≤ 100",
    },
    {
      name: "SIGTERM of a replica → next gate open",
      unit: "ms",
      values: gentle.map(({ ms }) => ms),
      wanted: "p50 ≤ 20, p99 ≤ 100",
    },
    {
      name: "replica killed → next gate open, after the last renewal and the lease's duration",
      unit: "ms",
      values: lost.map(({ sinceRenewalMs }) => sinceRenewalMs - leaseDurationMs),
      wanted: "≤ 250",
    },
    { name: "`/leader` on one connection", unit: "requests/s", values: ours, wanted: "≥ 10000" },
    { name: "the same of a bare node:http server", unit: "requests/s", values: theirs, wanted: "–" },
    ...flooded.map((samples, at) => ({ ...samples, wanted: floodAims[at] ?? "–" })),
    ...healthFlooded.map((samples, at) => ({ ...samples, wanted: healthFloodAims[at] ?? "–" })),
    {
      name: "`kubectl apply` started → right answer of named",
      unit: "ms",
      values: records.fromStart,
      wanted: "p50 ≤ 250",
    },
    {
      name: "`kubectl apply` ended → right answer of named",
      unit: "ms",
      values: records.fromAccepted,
      wanted: "–",
    },
    {
      name: "private memory of a sidecar beyond a bare node:http server's",
      unit: "MiB",
      values: extraMiB,
      wanted: "≤ 12",
    },
  ];
}

function report(rows: readonly Row[], writes: PlaygroundState["writes"], bareMiB: number): void {
  const shown = rows.filter(({ values }) => values.length > 0);
  process.stdout.write(`${markdownTable(shown)}\n\n`);
  process.stdout.write(
    `Writes observed with a fencing token: ${writes?.writes ?? 0}; of an earlier term after a later one: ` +
      `${writes?.interleavings.length ?? 0}. Bare server: ${bareMiB.toFixed(1)} MiB private.\n`,
  );
  mkdirSync("bench/results", { recursive: true });
  writeFileSync("bench/results/playground.csv", csv(shown));
}

export interface PlaygroundBenchOptions {
  readonly isQuick: boolean;
  readonly searchPath: string;
  readonly processes: ProcessTable;
  readonly signal: AbortSignal;
}

/** Measures the playground; the table goes to standard output. Throws when `signal` aborts, with everything ended. */
export async function benchPlayground(options: PlaygroundBenchOptions): Promise<void> {
  const { processes, signal } = options;
  await buildBundles();
  const playground = await startPlayground(
    { replicas: 3, port: 4400, isNamedWanted: true, isPlain: true, kubeconfig: null },
    {
      processes,
      clock,
      random,
      log: createLog("warn", { program: "bench" }),
      progress: say,
      searchPath: options.searchPath,
      programs: { sidecar: bundles.sidecar, operator: bundles.operator },
    },
  );
  const barePort = await playground.ports.find(19_090);
  const bare = spawn(process.execPath, [...sidecarFlags, "bench/bare-server.mjs", String(barePort)], {
    stdio: "inherit",
  });
  processes.add(bare);
  try {
    const aborted = new Promise<never>((_, reject) => {
      const interrupt = (): void => reject(new Error("interrupted"));
      if (signal.aborted) interrupt();
      signal.addEventListener("abort", interrupt, { once: true });
    });
    const trials = options.isQuick ? quickTrials : usualTrials;
    await Promise.race([
      measure(playground, { port: barePort, pid: bare.pid ?? 0 }, trials, processes),
      aborted,
    ]);
  } finally {
    bare.kill();
    await playground.close();
  }
}
