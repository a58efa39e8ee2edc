// What a soak concludes from what it has seen.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { faults, type FaultGround } from "./soak-faults.ts";
import { blockingPolicy, soakMark, soakObjects } from "./soak-manifest.ts";
import { createSoakRecord, type SeenPod } from "./soak-record.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const start = "2026-01-01T00:00:00Z";
const startMs = Date.parse(start);

function pod(name: string, restartCount = 0, reason?: string): SeenPod {
  const terminated = reason === undefined ? {} : { terminated: { reason, exitCode: 137 } };
  return {
    metadata: { name, uid: `uid-${name}`, creationTimestamp: start },
    status: { initContainerStatuses: [{ name: "leader-sidecar", restartCount, lastState: terminated }] },
  };
}

const usage = (name: string, mebibytes: number) => ({
  pods: [
    {
      podRef: { uid: `uid-${name}` },
      containers: [
        { name: "leader-sidecar", memory: { workingSetBytes: mebibytes * 1024 * 1024 } },
        { name: "gate", memory: { workingSetBytes: 900 * 1024 * 1024 } },
      ],
    },
  ],
});

function line(second: number, message: string, fencingToken?: string): string {
  const time = new Date(startMs + second * 1000).toISOString();
  return `${JSON.stringify({ time, message, ...(fencingToken === undefined ? {} : { fencingToken }) })}\n`;
}

const opens = (second: number, token: string): string =>
  line(second, "Lease acquired, this instance is now the leader", token);
const closes = (second: number): string => line(second, "Leadership lost! Stopping all operators...");

/** A record of two pods in good order: the first leads, then the second. */
function calmRecord() {
  const record = createSoakRecord();
  record.notePods([pod("one"), pod("two")], startMs + 60_000);
  record.noteUsage(usage("one", 30));
  record.noteUsage(usage("two", 41));
  record.noteUsage(usage("two", 40));
  record.noteUsage(usage("somebody-else", 500));
  record.noteLines("one", opens(1, "9") + closes(5));
  record.noteLines("two", opens(6, "10"));
  return record;
}

test("a calm soak: the greatest working set of a sidecar, and nothing to complain of", () => {
  const record = calmRecord();
  // The same lines again, as two looks that overlap see them.
  record.noteLines("one", closes(5));
  assert.deepEqual(record.verdict(), {
    pods: 2,
    restarts: 0,
    samples: 3,
    greatestMiB: 41,
    oldestMinutes: 1,
    openings: 2,
    problems: [],
  });
});

test("a restart is told with its reason, also of a pod that is gone since", () => {
  const record = calmRecord();
  record.notePods([pod("one", 2, "OOMKilled")], startMs + 70_000);
  record.notePods([pod("two")], startMs + 80_000);
  const { restarts, problems } = record.verdict();
  assert.equal(restarts, 2);
  assert.deepEqual(problems, ["one was restarted 2 times: OOMKilled, exit code 137"]);
});

test("two open gates, and a token that does not grow, are found", () => {
  const early = calmRecord();
  early.noteLines("one", opens(7, "11") + closes(9));
  early.noteLines("two", closes(8));
  assert.match(early.verdict().problems.join(), /two gates were open at a time: 10 in two, 11 in one/);
  const stale = calmRecord();
  stale.noteLines("two", closes(7));
  stale.noteLines("one", opens(8, "10"));
  assert.match(stale.verdict().problems.join(), /token did not grow: 10 in two, 10 in one/);
  // A killed gate is closed by the line of the process that killed it.
  const killed = calmRecord();
  killed.noteLines("two", line(7, "Gate killed"));
  killed.noteLines("one", opens(8, "12"));
  assert.deepEqual(killed.verdict().problems, []);
});

test("a soak that has seen nothing is not a good one", () => {
  const record = createSoakRecord();
  record.notePods([pod("one")], startMs);
  assert.equal(record.verdict().problems.length, 2);
});

test("the oldest pod is killed by none of the faults", async () => {
  for (const holder of ["old", "young", "nobody"]) {
    const deleted: string[] = [];
    const ground: Pick<FaultGround, "pods" | "holder" | "kubectl"> = {
      pods: async () => await Promise.resolve([pod("old"), pod("middle"), pod("young")]),
      holder: async () => await Promise.resolve(holder),
      async kubectl(args) {
        if (args.startsWith("delete pod")) deleted.push(args.split(" ")[2] ?? "");
        return await Promise.resolve("");
      },
    };
    for (const { name, play } of faults) {
      if (name.includes("pod is deleted")) await play(ground as FaultGround);
    }
    assert.deepEqual(deleted, ["young", "young"], holder);
  }
});

test("each container is unprivileged on a read-only root, and the sidecars have the limit that is asked for", () => {
  const place = { namespace: "n", image: "i", program: "p", memoryLimit: "64Mi" };
  const text = JSON.stringify(soakObjects(place));
  assert.equal(text.match(/"readOnlyRootFilesystem":true/g)?.length, 2);
  assert.match(text, /"runAsUser":65532/);
  assert.match(text, /"limits":{"memory":"64Mi"}/);
  // The policy selects by the label that the fault puts on the pod.
  assert.ok(JSON.stringify(blockingPolicy("n", "pod-1")).includes(`{"${soakMark}":"pod-1"}`));
});

test("npm run soak explains itself, and says what is wrong", () => {
  const run = (...flags: string[]) =>
    spawnSync(process.execPath, [program, ...flags], { encoding: "utf8", env: { PATH: "" } });
  assert.match(run("--help").stdout, /--minutes N/);
  for (const [flags, message] of [
    [["--minutes", "0"], /--minutes is "0"/],
    [["--hours", "1"], /'--hours'.*/],
    [[], /KUBECONFIG is not set/],
  ] as const) {
    const { status, stderr } = run(...flags);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});
