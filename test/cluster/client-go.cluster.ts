// Beside client-go on the same Lease, as when a Deployment rolls from one to the other, at the times that both have by default
// (15, 10, 2 s): the lease goes back and forth, by kill and by SIGTERM, and never do both lead.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { followLeader, type FollowedLeadership } from "../../gate/follow.ts";
import { createLog } from "../../platform/log.ts";
import { clock, useControlPlane } from "./control-plane-fixture.ts";
import { ports } from "../kit/ports.ts";
import { buildClientGoPeer } from "./programs.ts";
import { startSidecarProcess, type SidecarProcess } from "../kit/sidecar-process.ts";
import { eventually } from "../kit/eventually.ts";
import { startProgram } from "../kit/program.ts";

const controlPlane = useControlPlane("client-go");
const namespace = "beside-client-go";
const rounds = 10;
const patienceMs = 60_000;
// A new candidate has to know the record before it can wait on it.
const settlingMs = 3000;
let peerProgram = "";
let directory = "";

/** Who could act, and when: the end of a stretch is null while it lasts. */
interface Stretch {
  readonly who: string;
  readonly fromMs: number;
  untilMs: number | null;
}

interface Candidate {
  isLeading(): boolean;
  end(by: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const stretches: Stretch[] = [];

function begin(who: string): void {
  stretches.push({ who, fromMs: Date.now(), untilMs: null });
}

function finish(who: string): void {
  const open = stretches.findLast((stretch) => stretch.who === who && stretch.untilMs === null);
  if (open) open.untilMs = Date.now();
}

function startPeer(who: string): Candidate {
  const flags = ["--kubeconfig", join(directory, "kubeconfig"), "--namespace", namespace, "--identity", who];
  let leads = false;
  function onLine(line: string): void {
    if (line.includes('"started"')) {
      leads = true;
      begin(who);
    }
    if (line.includes('"stopped"')) {
      leads = false;
      finish(who);
    }
  }
  const { child, exited } = startProgram(flags, { program: peerProgram, onLine });
  return {
    isLeading: () => leads,
    async end(by) {
      child.kill(by);
      if (by === "SIGKILL") finish(who);
      await exited;
      finish(who);
      leads = false;
    },
  };
}

async function startOurs(who: string): Promise<Candidate> {
  const sidecar: SidecarProcess = await startSidecarProcess({
    podName: who,
    api: controlPlane(),
    token: controlPlane().adminToken,
    namespace,
    ports,
  });
  const gate: FollowedLeadership = followLeader({
    url: new URL(sidecar.origin),
    gateName: who,
    podName: null,
    waitMs: 500,
    leaseName: "bindy-leader",
    clock,
    log: createLog("silent", {}),
  });
  gate.onOpen(() => begin(who));
  gate.onClose(() => finish(who));
  return {
    isLeading: () => gate.current() !== null,
    async end(by) {
      if (by === "SIGTERM") await gate.close();
      sidecar.signal(by);
      await sidecar.ended;
      if (by === "SIGKILL") await gate.close();
      await sidecar.end();
    },
  };
}

async function untilLeading(candidate: Candidate, what: string): Promise<void> {
  await eventually(() => candidate.isLeading(), `${what} leads`, { limitMs: patienceMs });
}

describe("beside client-go", () => {
  before(async () => {
    const peer = await buildClientGoPeer(process.env);
    if (typeof peer !== "string") throw new Error(peer.missing);
    peerProgram = peer;
    directory = mkdtempSync(join(tmpdir(), "bindy-client-go-"));
    writeFileSync(join(directory, "kubeconfig"), controlPlane().kubeconfig(), { mode: 0o600 });
    assert.equal(
      (await controlPlane().call("POST", "/api/v1/namespaces", { metadata: { name: namespace } })).status,
      201,
    );
  });

  after(async () => {
    rmSync(directory, { recursive: true, force: true });
  });

  test(`${2 * rounds} hand-overs between client-go and a sidecar: never two leaders`, async () => {
    let leader: Candidate = startPeer("go-0");
    await untilLeading(leader, "go-0");
    for (let round = 1; round <= rounds; round += 1) {
      const by = round % 2 === 0 ? "SIGKILL" : "SIGTERM";
      const ours = await startOurs(`ours-${round}`);
      await leader.end(by);
      await untilLeading(ours, `ours-${round}, after ${by} of client-go`);
      const next = startPeer(`go-${round}`);
      await clock.sleep(settlingMs);
      await ours.end(round % 3 === 0 ? "SIGKILL" : "SIGTERM");
      await untilLeading(next, `go-${round}, after ours`);
      leader = next;
    }
    await leader.end("SIGTERM");
    assertAlone(2 * rounds);
  });

  test("a rollout of three replicas to sidecars, and back, as docs/migration.md says it: one leads, throughout", async () => {
    stretches.length = 0;
    const rollOut = async (
      old: readonly Candidate[],
      start: (at: number) => Candidate | Promise<Candidate>,
    ): Promise<readonly Candidate[]> => {
      const next: Candidate[] = [];
      // As a Deployment does it that surges by one: a new pod comes up, and then an old one is told to end.
      for (const [at, candidate] of old.entries()) {
        next.push(await start(at));
        await clock.sleep(settlingMs);
        await candidate.end("SIGTERM");
      }
      await eventually(() => next.some((one) => one.isLeading()), "a leader after the rollout", {
        limitMs: patienceMs,
      });
      return next;
    };
    const peers = [0, 1, 2].map((at) => startPeer(`before-${at}`));
    await eventually(() => peers.some((one) => one.isLeading()), "client-go leads", { limitMs: patienceMs });
    const ours = await rollOut(peers, (at) => startOurs(`moved-${at}`));
    const back = await rollOut(ours, (at) => startPeer(`after-${at}`));
    for (const candidate of back) await candidate.end("SIGTERM");
    assertAlone(3);
  });
});

/** At least so many have led, and no two at once. */
function assertAlone(least: number): void {
  const ordered = stretches.toSorted((one, other) => one.fromMs - other.fromMs);
  assert.ok(ordered.length >= least, `${ordered.length} stretches`);
  for (const [at, stretch] of ordered.entries()) {
    const earlier = ordered[at - 1];
    if (earlier === undefined) continue;
    assert.ok(
      (earlier.untilMs ?? Infinity) <= stretch.fromMs,
      `${JSON.stringify(earlier)} and ${JSON.stringify(stretch)}`,
    );
  }
}
