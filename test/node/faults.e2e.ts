// Faults on a real node, played from outside to the leaders of two electors at once: Bindy's sidecar and client-go. Meanwhile name servers are
// asked a hundred times a second, and an observer looks at every write of both. Never do two lead, never is a gap longer than a
// fail-over, and not one answer is wrong or missing. With E2E_FAULTS_PAGE=FILE a page is written from it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test, type TestContext } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { eventually } from "../kit/eventually.ts";
import { ratioOf, renderFaultPage, type FaultKey, type FaultResult } from "./fault-page.ts";
import { createInside } from "./inside.ts";
import { createInstallation, namespace, root, type Pod } from "./installation.ts";
import { startNameAsker, type NameAsker } from "./name-asker.ts";
import { findNodeProcesses } from "./node-processes.ts";
import { createPeer, loadPeerImage, peerName, storageLimitMebibytes } from "./peer.ts";
import { whileStopped } from "./stopped-process.ts";
import { observeWrites, type WriteObserver } from "./write-observer.ts";
import { createZones, instanceSelector } from "./zones.ts";

const effectPeriodMs = 200;
const perSecond = 100;
// A lease, a retry of who stands by with its jitter, and what a busy node takes for the first write.
const failOverMs = 15_000 + 2 * 2000 + 5000;
// Without a lease to wait for; a new pod takes its time on a busy node.
const handOverMs = 5000;
const patienceMs = 90_000;
// Writes in a row that say that somebody leads again.
const steadyWrites = 5;
const names = ["example.com", "www.example.com"];

const clock = createSystemClock();
const bindy = createInstallation();
const inside = createInside(bindy);
const zones = createZones(bindy);
const peer = createPeer(bindy);
const results = new Map<FaultKey, FaultResult>();
const node = findNodeProcesses(process.env["E2E_NODE_PIDS"]);
const noNode = skipped(node);
let hasPeer = false;
let observer: WriteObserver;
let asker: NameAsker | null = null;
let unreachable = "";
const canaries = new Set(["192.0.2.12"]);

/** A reason to skip; where everything has to run it is a failure. */
function skipped(found: object): string | false {
  if (!("missing" in found)) return false;
  if (process.env["CI"] === "true") throw new Error(String(found.missing));
  return String(found.missing);
}

interface Leaders {
  readonly ours: Pod;
  readonly theirs: Pod | null;
}

/** One leader of three ready replicas on either side, and both write. */
async function leaders(): Promise<Leaders> {
  const [{ leader }, theirs] = await Promise.all([bindy.settled(), hasPeer ? peer.settled() : null]);
  await written(observer.nowMs());
  return { ours: leader, theirs };
}

/** Waits until both have written several times since. */
async function written(sinceMs: number): Promise<void> {
  const tracks = hasPeer ? [observer.ours, observer.peer] : [observer.ours];
  for (const track of tracks) {
    const from = track.count();
    await eventually(
      () => track.count() >= from + steadyWrites && newestMs(track) > sinceMs,
      "writes go on",
      {
        limitMs: patienceMs,
        seen: () => [track.newest(), observer.troubles()],
      },
    );
  }
}

function newestMs(track: WriteObserver["ours"]): number {
  return track.newest()?.atMs ?? 0;
}

/** Both leaders have another term than the one at `since`. */
async function newTerms(since: readonly (string | undefined)[]): Promise<void> {
  await eventually(
    () => tokens().every((token, at) => token !== since[at] || (at === 1 && !hasPeer)),
    "another leader on either side",
    { limitMs: patienceMs, seen: tokens },
  );
}

function tokens(): readonly (string | undefined)[] {
  return [observer.ours.newest()?.token, observer.peer.newest()?.token];
}

/** Plays a fault and says how long nobody acted on either side; Bindy's is held to `limitMs`. */
async function suffer(
  t: TestContext,
  key: FaultKey,
  limitMs: number,
  play: (struck: Leaders) => Promise<void>,
): Promise<void> {
  const struck = await leaders();
  const beganMs = observer.nowMs();
  await play(struck);
  await leaders();
  const endedMs = observer.nowMs();
  const oursMs = observer.ours.longestSilenceMs(beganMs, endedMs);
  const peerMs = hasPeer ? observer.peer.longestSilenceMs(beganMs, endedMs) : null;
  results.set(key, { oursMs, peerMs });
  const theirs =
    peerMs === null ? "" : `, client-go ${Math.round(peerMs)} ms (${ratioOf({ oursMs, peerMs })})`;
  t.diagnostic(
    `nobody acted: Bindy ${Math.round(oursMs)} ms${theirs}; all of it took ${Math.round(endedMs - beganMs)} ms`,
  );
  assert.deepEqual(observer.ours.overlaps(), [], "no write of an older term behind one of a newer");
  assert.ok(oursMs <= limitMs, `${oursMs} ms without a leader: more than ${limitMs}`);
  await operatorWorks();
}

/** A change of the served zone reaches every name server. */
async function operatorWorks(): Promise<void> {
  const canary = `192.0.2.${20 + canaries.size}`;
  canaries.add(canary);
  await zones.changeRecord(canary);
  if (asker === null) return void (await zones.loadedSerial(0));
  const servers = await bindy.readyPods(2, instanceSelector);
  await eventually(
    () =>
      servers.every(({ status }) => asker?.lastFrom(status.podIP ?? "", "www.example.com").includes(canary)),
    `${canary} from both name servers`,
    { limitMs: patienceMs },
  );
}

function isRight(name: string, addresses: readonly string[]): boolean {
  if (name === "example.com") return addresses.join() === "192.0.2.10";
  const rest = addresses.filter((address) => address !== "192.0.2.10" && address !== "192.0.2.11");
  return addresses.length === 3 && rest.length === 1 && canaries.has(rest[0] ?? "");
}

async function startAsking(): Promise<void> {
  const pods = await bindy.readyPods(2, instanceSelector);
  const servers = pods.map(({ status }) => ({ address: status.podIP ?? "", port: namedPort }));
  const trial = await startNameAsker({ servers, names, perSecond, isRight });
  await clock.sleep(500);
  const { right, failures } = await trial.close();
  if (right > 0) asker = await startNameAsker({ servers, names, perSecond, isRight });
  else unreachable = `this machine does not reach the pods' network: ${failures[0] ?? "nothing was asked"}`;
}

// Where named listens in its pod; the Service's port 53 leads there.
const namedPort = 5353;

before(async () => {
  observer = await observeWrites(bindy, effectPeriodMs);
  const missing = await loadPeerImage(bindy);
  hasPeer = missing === null || skipped(missing) === false;
  const limit = `--set operator.resources.limits.ephemeral-storage=${storageLimitMebibytes}Mi`;
  if (hasPeer) await peer.deploy(effectPeriodMs);
  await bindy.sh(
    `cd '${root}' && helm upgrade --install bindy charts/bindy -n ${namespace} --reset-values ${bindy.helmFlags()} ${limit} --wait --timeout 3m`,
    240_000,
  );
  await zones.applyExamples();
  await observer.begin();
  await zones.readyInstance(2);
  await zones.loadedSerial(0);
  await startAsking();
});

after(async () => {
  try {
    await asker?.close();
    await observer.close();
    await peer.remove();
    await bindy.sh(`kubectl delete bind9instance,dnszone,arecord -n ${namespace} --all --timeout=60s`);
    // The files behind this one begin with the chart's own settings.
    await bindy.sh(`helm uninstall bindy -n ${namespace} --wait --timeout 2m`, 180_000);
  } finally {
    await bindy.close();
  }
});

test("out of memory by its own limit", async (t) => {
  await suffer(t, "memory", failOverMs, async ({ ours, theirs }) => {
    await Promise.all([
      inside.exhaustMemory(ours, "operator"),
      theirs === null ? null : peer.inside(theirs, "-exhaust"),
    ]);
    const { reason } = await inside.endedContainer(ours, "operator");
    assert.equal(reason, "OOMKilled");
    if (theirs !== null) assert.equal(await endOfPeer(theirs), "OOMKilled");
  });
});

describe("with the node's processes", { skip: noNode }, () => {
  test("kubelet stopped while the leader is killed", async (t) => {
    await suffer(t, "kubelet", failOverMs, async ({ ours, theirs }) => {
      const since = tokens();
      await whileStopped(pidOf("kubelet"), async () => {
        for (const pod of [ours, theirs]) kill(pod);
        await newTerms(since);
      });
    });
  });

  test("API server stopped for longer than the renew deadline", async (t) => {
    await suffer(t, "server", 2 * failOverMs, async ({ ours, theirs }) => {
      const electing = theirs === null ? [] : pidsOf(theirs);
      await whileStopped(pidOf("kube-apiserver"), async () => {
        await eventually(async () => !(await isOpen(ours)), "Bindy's gate closes", { limitMs: patienceMs });
        // It ends itself where it cannot renew.
        await eventually(
          () => theirs === null || pidsOf(theirs).every((pid) => !electing.includes(pid)),
          "the client-go peer gives up",
          { limitMs: patienceMs },
        );
      });
      await written(observer.nowMs());
    });
  });
});

test("drain of the leaders' pods", async (t) => {
  await suffer(t, "drain", handOverMs, async ({ ours, theirs }) => {
    const pods = [ours, theirs].filter((pod) => pod !== null);
    const named = pods.map(({ metadata }) => metadata.name).join(" ");
    const places = await bindy.sh(
      `kubectl get pods -n ${namespace} ${named} -o jsonpath='{range .items[*]}{.spec.nodeName}{"\\n"}{end}{.spec.nodeName}'`,
    );
    const nodes = [...new Set(places.trim().split("\n"))].join(" ");
    await bindy.sh(`kubectl label pod -n ${namespace} ${named} ${drained}`);
    try {
      await bindy.sh(`kubectl drain ${nodes} --pod-selector ${drained} --ignore-daemonsets --timeout=60s`);
    } finally {
      await bindy.sh(`kubectl uncordon ${nodes}`);
    }
  });
});

// Real memory pressure would hit everything on the node. The kubelet's other reason to evict is played instead, a pod beyond its storage limit:
// the same manager ends the pod in the same way, with a second of grace and without a look at the disruption budget. Not played are the
// choice of the pod under pressure, and the node's taint.
test("eviction by the kubelet", async (t) => {
  await suffer(t, "eviction", failOverMs, async ({ ours, theirs }) => {
    const kibibytes = (storageLimitMebibytes + 1) * 1024;
    const code = `
      const line = JSON.stringify({ time: new Date().toISOString(), message: "more ".repeat(200) }) + "\\n";
      const log = require("node:fs").openSync("/proc/1/fd/1", "a");
      for (let at = 0; at < ${kibibytes} * 1024; at += line.length) require("node:fs").writeSync(log, line);`;
    await Promise.all([
      bindy.sh(`kubectl exec -n ${namespace} ${ours.metadata.name} -c operator -- node -e '${code}'`),
      theirs === null ? null : peer.inside(theirs, `-say-more ${kibibytes}`),
    ]);
    for (const pod of [ours, theirs]) if (pod !== null) await evicted(pod);
  });
});

test("rolling restart", async (t) => {
  await suffer(t, "restart", handOverMs, async () => {
    const deployments = hasPeer ? ["bindy", peerName] : ["bindy"];
    await bindy.sh(`kubectl rollout restart deployment -n ${namespace} ${deployments.join(" ")}`);
    for (const name of deployments) {
      await bindy.sh(`kubectl rollout status deployment -n ${namespace} ${name} --timeout=120s`, 140_000);
    }
  });
});

test("over all of it: one leader at a time, each the Lease's holder", async (t) => {
  const { ours, peer: theirs } = observer;
  t.diagnostic(
    `Bindy: ${ours.count()} writes in ${ours.tokens().length} terms: ${observer.writers().join(", ")}`,
  );
  t.diagnostic(
    `client-go: ${theirs.count()} writes in ${theirs.tokens().length} terms, ${theirs.overlaps().length} behind a newer term's`,
  );
  assert.deepEqual(observer.troubles(), []);
  assert.deepEqual(ours.overlaps(), []);
  assert.ok(ours.tokens().length > results.size - 1, "every fault has ended a term");
  const tokensSeen = ours.tokens().map(BigInt);
  assert.ok(tokensSeen.every((token, at) => at === 0 || token > (tokensSeen[at - 1] ?? 0n)));
});

test("over all of it: not one answer is wrong or missing", async (t) => {
  if (asker === null) {
    skipped({ missing: unreachable });
    return t.skip(unreachable);
  }
  const counts = await asker.close();
  asker = null;
  t.diagnostic(`${counts.asked} questions, ${counts.right} right answers`);
  assert.deepEqual(counts.failures, []);
  assert.equal(counts.right, counts.asked);
  if (process.env["E2E_FAULTS_PAGE"]) await writePage(process.env["E2E_FAULTS_PAGE"], counts.asked);
});

async function writePage(path: string, asked: number): Promise<void> {
  const { items } = await bindy.json<{
    items: readonly { status: { nodeInfo: { kubeletVersion: string }; capacity: { cpu: string } } }[];
  }>("kubectl get nodes -o json");
  const { ours, peer: theirs } = observer;
  const page = renderFaultPage(results, {
    version: items[0]?.status.nodeInfo.kubeletVersion ?? "",
    nodes: items.length,
    processors: items.reduce((sum, { status }) => sum + Number(status.capacity.cpu), 0),
    effectPeriodMs,
    asked,
    perSecond,
    effects: { ours: ours.count(), peer: theirs.count() },
    terms: { ours: ours.tokens().length, peer: theirs.tokens().length },
    overlaps: { ours: ours.overlaps().length, peer: theirs.overlaps().length },
  });
  writeFileSync(join(root, path), page);
}

const drained = "bindy.firestoned.io/e2e-drained=true";

function pidOf(part: string): number {
  assert.ok(!("missing" in node));
  return node.pidOf(part);
}

function pidsOf({ metadata }: Pod): readonly number[] {
  assert.ok(!("missing" in node));
  return node.pidsOfPod(metadata.uid);
}

function kill(pod: Pod | null): void {
  if (pod === null) return;
  const pids = pidsOf(pod);
  assert.ok(pids.length > 0, `${pod.metadata.name} has processes`);
  for (const pid of pids) process.kill(pid, "SIGKILL");
}

/** What the operator says of its gate, by no other way than its pod's own address. */
async function isOpen({ status }: Pod): Promise<boolean> {
  const response = await fetch(`http://${status.podIP}:8080/leadership`, {
    signal: AbortSignal.timeout(2000),
  });
  return ((await response.json()) as { isOpen: boolean }).isOpen;
}

async function endOfPeer({ metadata }: Pod): Promise<string> {
  return await bindy.until("the end of the peer's container", async () => {
    const path = "{.status.containerStatuses[0].lastState.terminated.reason}";
    return (await bindy.sh(`kubectl get pod -n ${namespace} ${metadata.name} -o jsonpath='${path}'`)) || null;
  });
}

/**
 * Waits until the kubelet has evicted the pod: it has ended, and is not deleted. Its status does not say "Evicted" in any case: where all of its
 * containers end with exit code 0, the kubelet writes that over. What is ended is removed, as a person would.
 */
async function evicted({ metadata: { name, uid } }: Pod): Promise<void> {
  const path = "{.metadata.uid} {.status.phase} {.metadata.deletionTimestamp}";
  await bindy.until(`the eviction of ${name}`, async () => {
    const said = await bindy.sh(`kubectl get pod -n ${namespace} ${name} -o jsonpath='${path}'`);
    return said === `${uid} Failed ` || said === `${uid} Succeeded ` ? true : null;
  });
  await bindy.sh(`kubectl delete pod -n ${namespace} ${name} --timeout=60s`);
}
