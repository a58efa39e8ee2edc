// The part of `npm run bench -- operator` with a real API server and real named: an instance of two pods, the operator behind its sidecar,
// every program as its image starts it, and beside them, on the same objects, what people use who have no operator.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "../../platform/clock.ts";
import { createPortFinder } from "../../playground/replicas/free-port.ts";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import { findControlPlanePrograms, type ControlPlanePrograms } from "../../test/cluster/programs.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { programPath } from "../../test/kit/kubectl-binary.ts";
import { buildBundles } from "../bundles.ts";
import { readProcess } from "../side-by-side/processes.ts";
import type { Samples } from "../trials.ts";
import { atMost, percentilesAtMost, type Figure } from "./aims.ts";
import { startBenchCluster } from "./bench-cluster.ts";
import { editBesideCrowd } from "./crowd-phase.ts";
import { watchMemory } from "./memory-watch.ts";
import { startReplica, type Replica } from "./name-server.ts";
import type { OperatorPod } from "./operator-pod.ts";
import type { PodPlace } from "./pod-process.ts";
import {
  allAnswered,
  assertAllReady,
  createObjects,
  editRecords,
  failOver,
  openPod,
  settledMs,
  writesAtRest,
  type Scene,
} from "./served-phases.ts";
import { startUpdatedServer, type ScriptManner } from "./update-script.ts";
import { writesBetween, type WriteCounts } from "./write-counts.ts";
import { instanceName, namespace, podNames, type ZoneSizes } from "./zone-objects.ts";

export interface ServedOptions {
  readonly sizes: ZoneSizes;
  readonly isQuick: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly processes: ProcessTable;
  readonly signal: AbortSignal;
  say(text: string): void;
}

export interface Served {
  readonly figures: readonly Figure[];
  /** From the API server's answer to the last name server's, of the operator and of others, in that order. */
  readonly edits: readonly [ours: Samples, ...others: Samples[]];
  /** What is told beside the figures. */
  readonly notes: readonly string[];
}

interface Programs {
  readonly controlPlane: ControlPlanePrograms;
  readonly kubectl: string;
}

const usual = { edits: 100, restSeconds: 30, failOvers: 3, crowd: { zones: 300, records: 3000 } };
const quick = { edits: 10, restSeconds: 5, failOvers: 1, crowd: { zones: 20, records: 100 } };
const manners: readonly ScriptManner[] = ["for each", "once"];
const startMs = 60_000;

/** What the bench wants, or what is missing and how to have it. */
export async function findPrograms(
  environment: Readonly<Record<string, string | undefined>>,
  say: (text: string) => void,
): Promise<Programs | { readonly missing: string }> {
  const packages = { named: "bind9", nsupdate: "bind9-dnsutils" };
  const env = { PATH: `${environment["PATH"] ?? ""}:/usr/sbin` };
  for (const [program, name] of Object.entries(packages)) {
    if (spawnSync("sh", ["-c", `command -v ${program}`], { env }).status !== 0)
      return { missing: `${program} is not installed: apt-get install ${name}` };
  }
  const kubectl = await programPath("kubectl");
  if ("missing" in kubectl) return kubectl;
  const controlPlane = await findControlPlanePrograms(environment, say);
  return "missing" in controlPlane ? controlPlane : { controlPlane, kubectl: kubectl.path };
}

/** Runs all phases; throws where one does not come to its end. */
export async function benchServed(programs: Programs, options: ServedOptions): Promise<Served> {
  const { processes, signal, say } = options;
  await buildBundles();
  const directory = mkdtempSync(join(tmpdir(), "bindy-operator-bench-"));
  const removeAtExit = (): void => rmSync(directory, { recursive: true, force: true });
  process.once("exit", removeAtExit);
  const [clock, ports] = [createSystemClock(), createPortFinder()];
  const memory = watchMemory(clock);
  const complaints: string[] = [];
  const endings: (() => Promise<void>)[] = [];
  try {
    say("Starting etcd and kube-apiserver");
    signal.throwIfAborted();
    const cluster = await startBenchCluster(programs.controlPlane, ports, clock);
    endings.push(() => cluster.close());
    const placeOf = (name: string): PodPlace => ({
      cluster,
      directory: join(directory, name),
      processes,
      clock,
      onComplaint: (line) => void complaints.push(line),
    });
    const replicas: Replica[] = [];
    const shared = { cluster, replicas, memory, ports, clock, signal, placeOf, say };
    const run: Run = { ...options, ...shared, programs, pods: [], endings };
    return await runPhases(run, complaints);
  } finally {
    memory.close();
    for (const end of endings.toReversed()) await end();
    removeAtExit();
    process.off("exit", removeAtExit);
  }
}

interface Run extends ServedOptions, Scene {
  readonly programs: Programs;
  readonly replicas: Replica[];
  /** Of the operator, all that were started; the last one leads, or will. */
  readonly pods: OperatorPod[];
  /** Called in the reverse order. */
  readonly endings: (() => Promise<void>)[];
  readonly say: (text: string) => void;
}

async function runPhases(run: Run, complaints: readonly string[]): Promise<Served> {
  const { isQuick, say } = run;
  const { edits, restSeconds, failOvers, crowd } = isQuick ? quick : usual;
  await prepareInstance(run);
  await createObjects(run);
  const { figures: made, notes, leader } = await fromNothing(run);
  const atRest = await writesAtRest(run, restSeconds);
  say(`At rest for ${restSeconds} s: ${shownWrites(atRest)}`);
  const tookMs = await editRecords(run, run.replicas, { from: 0, count: edits });
  await settledMs(run, leader);
  const taken = await failOverAll(run, leader, failOvers);
  const peaks = run.memory.peaks();
  const memoryRows = (["operator", "agent"] as const).map((name): Figure => {
    const peak = peaks.get(name);
    const what = `memory of the ${name} at its most: anonymous pages and page tables`;
    const values = [peak?.chargedMiB ?? Number.NaN];
    notes.push(`${name}: at most ${peak?.residentMiB.toFixed(0)} MiB with pages of files (VmHWM)`);
    return { name: what, unit: "MiB", values, aim: atMost(name === "operator" ? 256 : 96) };
  });
  const last = run.pods.at(-1) ?? leader;
  const besideCrowd = await editBesideCrowd(run, last, crowd, { from: edits, count: edits });
  const ours = { name: `operator, ${podNames.length} servers`, unit: "ms", values: tookMs };
  const others = await editByScripts(run, { from: 2 * edits, count: edits });
  notes.push(`at rest: ${shownWrites(atRest)}`, ...taken.notes);
  notes.push(`${complaints.length} warnings and errors in the programs' logs`, ...complaints.slice(0, 5));
  const figures: Figure[] = [
    ...made,
    {
      name: `at rest for ${restSeconds} s: writes but for leases`,
      unit: "writes",
      values: [sum(atRest)],
      aim: atMost(0),
    },
    {
      name: "a changed record is answered by every replica",
      unit: "ms",
      values: tookMs,
      aim: percentilesAtMost(200, 1000),
    },
    ...taken.figures,
    ...memoryRows,
    ...besideCrowd,
  ];
  return { figures, edits: [ours, ...others], notes };
}

/** Has an operator make what belongs to the instance, and starts the pods of it under the account that was made. */
async function prepareInstance(run: Run): Promise<void> {
  const { cluster, ports, placeOf, replicas, endings, memory } = run;
  const first = await openPod(run, "bindy-first");
  endings.push(() => first.kill());
  const account = `/api/v1/namespaces/${namespace}/serviceaccounts/${instanceName}`;
  await eventually(async () => await cluster.call("GET", account), "the instance has its account", {
    limitMs: startMs,
    isForgiving: true,
    signal: run.signal,
  });
  await settledMs(run, first);
  for (const podName of podNames) {
    const token = await cluster.tokenOf(instanceName, podName);
    const replica = await startReplica(placeOf(podName), podName, token, ports);
    endings.push(() => replica.end());
    replicas.push(replica);
  }
  const [watched] = replicas;
  memory.add("agent", () => watched?.agentPid() ?? 0);
  memory.drop("operator");
  await first.terminate();
}

interface FromNothing {
  readonly figures: readonly Figure[];
  readonly notes: string[];
  readonly leader: OperatorPod;
}

/** All objects are there, and no operator is: from its start until every server answers every zone, and until every status says so. */
async function fromNothing(run: Run): Promise<FromNothing> {
  const { cluster, clock, sizes, say, pods, endings, replicas } = run;
  const [before, serverBefore] = [await cluster.writes(), await cluster.cpuSeconds()];
  const startedMs = clock.now().waitMs;
  const leader = await openPod(run, "bindy-0");
  pods.push(leader);
  endings.push(() => leader.kill());
  await allAnswered(run);
  const answeredSeconds = (clock.now().waitMs - startedMs) / 1000;
  const cpu = (pid: number): string => `${readProcess(pid).cpuSeconds.toFixed(1)} s`;
  const processorTime = async (): Promise<string> => {
    const server = `${((await cluster.cpuSeconds()) - serverBefore).toFixed(1)} s`;
    const agents = replicas.map((replica) => cpu(replica.agentPid())).join(" and ");
    const nameds = replicas.map((replica) => cpu(replica.namedPid())).join(" and ");
    return `operator ${cpu(leader.operatorPid())}, API server ${server}, agents ${agents}, named ${nameds}`;
  };
  const untilAnswered = await processorTime();
  say(
    `Every replica answers every zone after ${answeredSeconds.toFixed(1)} s; processor time: ${untilAnswered}`,
  );
  const settledSeconds = ((await settledMs(run, leader)) - startedMs) / 1000;
  await assertAllReady(run);
  const notes = [
    `from nothing, processor time until all is answered: ${untilAnswered}`,
    `from nothing, processor time until every status says so: ${await processorTime()}`,
    `from nothing, writes: ${shownWrites(writesBetween(before, await cluster.writes()))}`,
  ];
  say([`Every status says so after ${settledSeconds.toFixed(1)} s`, ...notes].join("; "));
  const size = `${sizes.zones} zones × ${sizes.records} records`;
  const aim = atMost(sizes.zones <= 1000 ? 30 : 300);
  const figures: Figure[] = [
    {
      name: `from nothing, ${size}: answered by every replica`,
      unit: "s",
      values: [answeredSeconds],
      ...(isOfAim(sizes) ? { aim } : {}),
    },
    { name: "the same, until every zone and record says so", unit: "s", values: [settledSeconds] },
  ];
  return { figures, notes, leader };
}

/** The sizes that the aims are stated for. */
function isOfAim({ zones, records }: ZoneSizes): boolean {
  return (zones === 1000 && records === 20) || (zones === 10_000 && records === 10);
}

async function failOverAll(
  run: Run,
  first: OperatorPod,
  count: number,
): Promise<{ readonly figures: readonly Figure[]; readonly notes: readonly string[] }> {
  const { pods, endings, say } = run;
  const taken: Awaited<ReturnType<typeof failOver>>[] = [];
  let leader = first;
  for (let at = 1; at <= count; at += 1) {
    const next = await openStandby(run, `bindy-${at}`);
    pods.push(next);
    endings.push(() => next.kill());
    taken.push(await failOver(run, leader, next));
    leader = next;
    const { passMs, sinceDeathMs, writes } = taken.at(-1) ?? { passMs: 0, sinceDeathMs: 0, writes: {} };
    say(`Fail-over ${at} of ${count}: ${passMs} ms, ${sinceDeathMs} ms since; ${shownWrites(writes)}`);
  }
  const values = (of: (one: (typeof taken)[number]) => number): number[] => taken.map(of);
  const figures: Figure[] = [
    {
      name: "fail-over: from the gate's opening to the end of the full pass",
      unit: "ms",
      values: values(({ passMs }) => passMs),
      // It is stated for a thousand zones.
      ...(run.sizes.zones <= 1000 ? { aim: atMost(2000) } : {}),
    },
    {
      name: "the same since the leader's pod was killed, its lease of 15 s included",
      unit: "ms",
      values: values(({ sinceDeathMs }) => sinceDeathMs),
    },
    {
      name: "fail-over: processor time of the new leader until then",
      unit: "ms",
      values: values(({ processorMs }) => processorMs),
    },
    {
      name: "fail-over: writes of the new leader but for the lease",
      unit: "writes",
      values: values(({ writes }) => sum(writes)),
      aim: atMost(0),
    },
  ];
  return { figures, notes: taken.map(({ writes }, at) => `fail-over ${at + 1}: ${shownWrites(writes)}`) };
}

/** A pod that does not lead; the memory that is watched stays the leader's. */
async function openStandby(run: Run, name: string): Promise<OperatorPod> {
  const { pods } = run;
  const leader = pods.at(-1);
  const pod = await openPod(run, name);
  if (leader !== undefined) run.memory.add("operator", () => leader.operatorPid());
  await pod.ready();
  return pod;
}

/** The same edits with no operator, and a script in its place. */
async function editByScripts(
  run: Run,
  edits: { readonly from: number; readonly count: number },
): Promise<Samples[]> {
  const { replicas, pods, sizes, ports, endings, placeOf, environment, programs, say } = run;
  run.memory.drop("operator");
  run.memory.drop("agent");
  await pods.at(-1)?.terminate();
  const [first] = replicas;
  if (first === undefined) throw new Error("there is no replica to take the zones from");
  const server = await startUpdatedServer(placeOf("script"), {
    sizes,
    zonesDirectory: first.zonesDirectory,
    kubectl: programs.kubectl,
    searchPath: environment["PATH"] ?? "",
    ports,
  });
  endings.push(() => server.end());
  for (const replica of replicas) await replica.end();
  const samples: Samples[] = [];
  const { count } = edits;
  let { from } = edits;
  for (const manner of manners) {
    await server.startScript(manner);
    // kubectl does not say when it watches: what is changed before that is lost to it.
    await run.clock.sleep(scriptStartMs, run.signal);
    await editRecords(run, [server], { from, count: 1 });
    const values = await editRecords(run, [server], { from: from + 1, count });
    from += count + 1;
    samples.push({ name: `script, nsupdate ${manner}, 1 server`, unit: "ms", values });
    say(`The script with nsupdate ${manner} is measured`);
  }
  return samples;
}

const scriptStartMs = 3000;

function sum(counts: WriteCounts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function shownWrites(counts: WriteCounts): string {
  const all = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  return all.length === 0 ? "no write but for leases" : all.join(", ");
}
