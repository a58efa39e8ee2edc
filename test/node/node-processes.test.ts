// Whose processes are a pod's, by either naming of control groups; and what is said where the node's are not to be had.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { findNodeProcesses, podProcesses } from "./node-processes.ts";

const folder = mkdtempSync(join(tmpdir(), "bindy-processes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a pod's processes are those of its control groups, without the one that holds its network", () => {
  const processes = {
    "10": ["node", "0::/kubepods/burstable/pod1-2-3/abc"],
    "11": ["pause", "0::/kubepods/burstable/pod1-2-3/def"],
    "12": ["node", "0::/kubepods/burstable/pod1-2-4/abc"],
    "13": ["peer", "0::/kubepods.slice/kubepods-burstable-pod1_2_3.slice/abc"],
  };
  for (const [pid, [comm = "", groups = ""]] of Object.entries(processes)) {
    mkdirSync(join(folder, pid));
    writeFileSync(join(folder, pid, "comm"), `${comm}\n`);
    writeFileSync(join(folder, pid, "cgroup"), `${groups}\n`);
  }
  mkdirSync(join(folder, "14"));
  assert.deepEqual(
    podProcesses(folder, "1-2-3").toSorted((one, other) => one - other),
    [10, 13],
  );
});

test("what is missing is said", () => {
  assert.match(JSON.stringify(findNodeProcesses(undefined)), /E2E_NODE_PIDS is not set/);
  const pids = join(folder, "pids");
  mkdirSync(pids);
  writeFileSync(join(pids, "kubelet"), "17\n");
  assert.match(JSON.stringify(findNodeProcesses(pids)), /has no kube-apiserver/);
  writeFileSync(join(pids, "kube-apiserver"), "");
  const found = findNodeProcesses(pids);
  assert.ok(!("missing" in found));
  assert.equal(found.pidOf("kubelet"), 17);
  assert.throws(() => found.pidOf("kube-apiserver"), /holds no process ID/);
});
