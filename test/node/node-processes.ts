// The node's own processes, where the tests run on the node: those of Kubernetes by the files that hold their numbers (E2E_NODE_PIDS), those
// of a pod by their control group.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface NodeProcesses {
  /** Of a part of Kubernetes, "kubelet" for instance. */
  pidOf(part: string): number;
  /** The processes of a pod's containers; the one that holds its network is left out. */
  pidsOfPod(uid: string): readonly number[];
}

const neededParts = ["kubelet", "kube-apiserver"];

/** The processes by the folder that E2E_NODE_PIDS names, or why there are none. */
export function findNodeProcesses(folder: string | undefined): NodeProcesses | { readonly missing: string } {
  if (!folder) {
    return {
      missing:
        "E2E_NODE_PIDS is not set: these faults need the node's own processes, and so tests that run on the node as root, " +
        `and a folder with files ${neededParts.join(" and ")} that hold their process IDs`,
    };
  }
  const absent = neededParts.filter((part) => !existsSync(join(folder, part)));
  if (absent.length > 0) return { missing: `E2E_NODE_PIDS=${folder} has no ${absent.join(" and no ")}` };
  return {
    pidOf(part) {
      const pid = Number(readFileSync(join(folder, part), "utf8"));
      if (!Number.isInteger(pid) || pid < 2) throw new Error(`${join(folder, part)} holds no process ID`);
      return pid;
    },
    pidsOfPod: (uid) => podProcesses("/proc", uid),
  };
}

/** `proc` is /proc, or what looks like it. */
export function podProcesses(proc: string, uid: string): readonly number[] {
  // systemd's names of control groups have no dashes of others'.
  const names = [`pod${uid}`, `pod${uid.replaceAll("-", "_")}`];
  return readdirSync(proc)
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const groups = read(join(proc, pid, "cgroup"));
      return names.some((name) => groups.includes(name)) && read(join(proc, pid, "comm")).trim() !== "pause";
    })
    .map(Number);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has ended since the list was read
  }
}
