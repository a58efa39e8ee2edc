// The phases of the operator's bench with a real API server: from nothing, at rest, a record that changes, a leader that dies. Each
// takes the scene as the one before it left it, and says what it measured.
import type { Clock } from "../../platform/clock.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { readProcess } from "../side-by-side/processes.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import type { DnsAsker } from "./dns-asker.ts";
import type { MemoryWatch } from "./memory-watch.ts";
import type { Replica } from "./name-server.ts";
import { openedMessage, passMessage, startOperatorPod, type OperatorPod } from "./operator-pod.ts";
import type { PodPlace } from "./pod-process.ts";
import { addressOf } from "./tenants.ts";
import { writesBetween, type WriteCounts } from "./write-counts.ts";
import {
  editOf,
  firstAddress,
  group,
  hostNameAt,
  recordNameAt,
  recordObject,
  zoneNameAt,
  zoneObject,
  type ZoneSizes,
} from "./zone-objects.ts";

export interface Scene {
  readonly cluster: BenchCluster;
  readonly replicas: readonly Replica[];
  readonly sizes: ZoneSizes;
  readonly memory: MemoryWatch;
  readonly ports: PortFinder;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  placeOf(name: string): PodPlace;
  say(text: string): void;
}

const patienceMs = 1_800_000;
const quietMs = 3000;
const lookMs = 100;
// The server writes megabytes for each look.
const lookAtWritesMs = 500;
// A round of questions leaves the machine time for what is measured: it would be a good part of the work otherwise.
const questionsAtOnce = 200;
const roundEveryMs = 250;
const askEveryMs = 5;
const editEveryMs = 300;
const editPatienceMs = 60_000;
// Zones that are changed one after the other do not lie beside each other.
const zoneStride = 37;
export const mergePatch = "application/merge-patch+json";

/** Starts a pod of the operator, and has its memory watched. */
export async function openPod(scene: Scene, name: string): Promise<OperatorPod> {
  const pod = await startOperatorPod(scene.placeOf(name), name, scene.ports);
  scene.memory.add("operator", () => pod.operatorPid());
  return pod;
}

export async function createObjects({ cluster, sizes, signal, clock, say }: Scene): Promise<void> {
  const startedMs = clock.now().waitMs;
  function* records(): Generator<object> {
    for (let zone = 0; zone < sizes.zones; zone += 1)
      for (let record = 0; record < sizes.records; record += 1) yield recordObject(zone, record);
  }
  function* zones(): Generator<object> {
    for (let zone = 0; zone < sizes.zones; zone += 1) yield zoneObject(zone);
  }
  await cluster.createAll(`${group}/arecords`, records(), signal);
  await cluster.createAll(`${group}/dnszones`, zones(), signal);
  const seconds = (clock.now().waitMs - startedMs) / 1000;
  say(`${sizes.zones} zones × ${sizes.records} records created in ${seconds.toFixed(1)} s`);
}

/** Resolves when every replica answers the last record of every zone. */
export async function allAnswered(scene: Scene): Promise<void> {
  await Promise.all(scene.replicas.map((replica) => zonesAnswered(scene, replica)));
}

async function zonesAnswered({ sizes, clock, signal, say }: Scene, replica: Replica): Promise<void> {
  const startedMs = clock.now().waitMs;
  let left = Array.from({ length: sizes.zones }, (_, zone) => zone);
  for (let round = 1; left.length > 0; round += 1) {
    signal.throwIfAborted();
    if (clock.now().waitMs - startedMs > patienceMs) {
      const first = zoneNameAt(left[0] ?? 0);
      throw new Error(`${replica.podName} does not serve ${left.length} zones, ${first} among them`);
    }
    const asked = left.slice(0, questionsAtOnce);
    const answers = await Promise.all(
      asked.map((zone) => replica.addressesOf(hostNameAt(zone, sizes.records - 1))),
    );
    const missing = asked.filter((_, at) => answers[at]?.[0] !== firstAddress);
    left = [...left.slice(questionsAtOnce), ...missing];
    if (missing.length > 0) await clock.sleep(roundEveryMs, signal);
    if (round % 40 === 0) say(`${replica.podName}: ${left.length} zones to go`);
  }
}

/** Resolves with the moment of the last write, once nothing waits for the operator and nobody has written for a while. */
export async function settledMs({ cluster, clock, signal }: Scene, pod: OperatorPod): Promise<number> {
  let last = { writes: await cluster.writes(), atMs: clock.now().waitMs };
  const look = async (): Promise<boolean> => {
    const [writes, atMs] = [await cluster.writes(), clock.now().waitMs];
    const isAtWork = depthOf(await pod.metrics()) > 0;
    if (isAtWork || Object.keys(writesBetween(last.writes, writes)).length > 0) last = { writes, atMs };
    return atMs - last.atMs >= quietMs;
  };
  await eventually(look, "the operator has nothing to do", {
    limitMs: patienceMs,
    everyMs: lookAtWritesMs,
    signal,
  });
  return last.atMs;
}

/** How many keys wait for a controller, as a metrics page has it. */
function depthOf(metrics: string): number {
  const lines = [...metrics.matchAll(/^workqueue_depth\{[^}]*\} (\S+)$/gm)];
  if (lines.length === 0) throw new Error("the operator does not say how many keys wait");
  return lines.reduce((total, [, value]) => total + Number(value), 0);
}

/** Throws unless every zone and every record is Ready, and as many as there should be. */
export async function assertAllReady({ cluster, sizes }: Scene): Promise<void> {
  const kinds = { dnszones: sizes.zones, arecords: sizes.zones * sizes.records };
  for (const [plural, wanted] of Object.entries(kinds)) {
    let ready = 0;
    let other: unknown = null;
    for await (const object of cluster.list(`${group}/${plural}`)) {
      if (isReady(object)) ready += 1;
      else other ??= object;
    }
    if (ready !== wanted)
      throw new Error(`${ready} of ${wanted} ${plural} are Ready; one is ${JSON.stringify(other)}`);
  }
}

function isReady(object: Readonly<Record<string, unknown>>): boolean {
  const { conditions = [] } = (object["status"] ?? {}) as {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
  return conditions.some(({ type, status }) => type === "Ready" && status === "True");
}

/** The writes of so many seconds in which nobody changes anything, but those of leases. */
export async function writesAtRest({ cluster, clock, signal }: Scene, seconds: number): Promise<WriteCounts> {
  const before = await cluster.writes();
  await clock.sleep(seconds * 1000, signal);
  signal.throwIfAborted();
  return writesBetween(before, await cluster.writes());
}

/**
 * Changes records, each of another zone, and measures from the API server's answer until every one of `servers` gives the new address.
 * `from` is the number of the first edit: no two edits of a run set one address.
 */
export async function editRecords(
  scene: Scene,
  servers: readonly DnsAsker[],
  edits: { readonly from: number; readonly count: number },
): Promise<number[]> {
  const { clock, signal } = scene;
  const took: number[] = [];
  for (let edit = edits.from; edit < edits.from + edits.count; edit += 1) {
    signal.throwIfAborted();
    const beganMs = clock.now().waitMs;
    took.push(await editOne(scene, servers, edit));
    await clock.sleep(editEveryMs - (clock.now().waitMs - beganMs), signal);
  }
  return took;
}

async function editOne(
  { cluster, sizes, clock, signal }: Scene,
  servers: readonly DnsAsker[],
  edit: number,
): Promise<number> {
  const [zone, record] = [(edit * zoneStride) % sizes.zones, edit % sizes.records];
  const address = addressOf(edit);
  const path = `${group}/arecords/${recordNameAt(zone, record)}`;
  await cluster.call("PATCH", path, editOf(address), mergePatch);
  const answeredMs = clock.now().waitMs;
  const name = hostNameAt(zone, record);
  await Promise.all(
    servers.map((server) =>
      eventually(
        async () => (await server.addressesOf(name))?.[0] === address,
        `${name} is answered with ${address}`,
        { limitMs: editPatienceMs, everyMs: askEveryMs, signal },
      ),
    ),
  );
  return clock.now().waitMs - answeredMs;
}

export interface TakenOver {
  /** From the opening of the gate until the new leader has looked at every object. */
  readonly passMs: number;
  /** From the death of the old leader, a lease's length among it. */
  readonly sinceDeathMs: number;
  /** Of the new leader's operator, from that death to the end of the full pass. */
  readonly processorMs: number;
  /** But for the lease and the Events that tell of it, which are the sidecar's. */
  readonly writes: WriteCounts;
}

/** SIGKILL of the leader's pod; what the other does, which is ready to take over. */
export async function failOver(scene: Scene, leader: OperatorPod, next: OperatorPod): Promise<TakenOver> {
  const { cluster, clock, signal } = scene;
  await next.ready();
  const [before, toldBefore] = [await cluster.writes(), await cluster.leaseEvents()];
  const diedWallMs = clock.now().wallMs;
  const { cpuSeconds } = readProcess(next.operatorPid());
  scene.memory.drop("operator");
  await leader.kill();
  scene.memory.add("operator", () => next.operatorPid());
  const seen = (): unknown => next.lines(passMessage);
  await eventually(() => passedKinds(next).isSupersetOf(kindsThere), "a full pass of the next leader", {
    limitMs: patienceMs,
    everyMs: lookMs,
    signal,
    seen,
  });
  const processorMs = (readProcess(next.operatorPid()).cpuSeconds - cpuSeconds) * 1000;
  // What it would write late is waited for.
  await settledMs(scene, next);
  const [opened] = next.lines(openedMessage);
  if (opened === undefined) throw new Error(`${next.name} looked at everything before its gate had opened`);
  const overWallMs = Math.max(...next.lines(passMessage).map(({ time }) => Date.parse(time)));
  return {
    passMs: overWallMs - Date.parse(opened.time),
    sinceDeathMs: overWallMs - diedWallMs,
    processorMs,
    writes: withoutEvents(
      writesBetween(before, await cluster.writes()),
      (await cluster.leaseEvents()) - toldBefore,
    ),
  };
}

function withoutEvents(writes: WriteCounts, toldCount: number): WriteCounts {
  const { [postEvents]: posted = 0, ...others } = writes;
  return posted === toldCount ? others : { ...others, [postEvents]: posted - toldCount };
}

const postEvents = "POST events";
const kindsThere = new Set(["bind9instance", "dnszone", "arecord"]);

function passedKinds(pod: OperatorPod): Set<string> {
  return new Set(pod.lines(passMessage).map(({ controller }) => String(controller)));
}
