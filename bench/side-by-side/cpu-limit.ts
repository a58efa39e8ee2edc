// A tenth of a processor, as a pod's limit of 100m gives: a control group of our own, where this machine
// lets us make one.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface CpuLimit {
  /** Takes a process in, and all that it starts from then on. */
  take(pid: number): void;
  /** Removes the group; everything in it must have ended. */
  close(): void;
}

export interface CpuLimitMissing {
  readonly missing: string;
}

const periodUs = 100_000;
const quotaUs = 10_000;

/** Makes a group for 100m; says why where that cannot be done. */
export function limitCpu(name: string): CpuLimit | CpuLimitMissing {
  try {
    return (
      unified(name) ?? legacy(name) ?? { missing: "this machine has no control groups for the processor" }
    );
  } catch (error) {
    return { missing: `no control group can be made here: ${(error as Error).message}` };
  }
}

/** Version 2: one tree, whose root must hand the processor's controller down. */
function unified(name: string): CpuLimit | null {
  const root = "/sys/fs/cgroup";
  const controllers = join(root, "cgroup.controllers");
  if (!existsSync(controllers)) return null;
  if (!readFileSync(controllers, "utf8").split(/\s/).includes("cpu")) return null;
  appendFileSync(join(root, "cgroup.subtree_control"), "+cpu");
  return group(join(root, name), { "cpu.max": `${quotaUs} ${periodUs}` });
}

/** Version 1: a tree for the processor alone. */
function legacy(name: string): CpuLimit | null {
  const root = "/sys/fs/cgroup/cpu";
  if (!existsSync(join(root, "cgroup.procs"))) return null;
  return group(join(root, name), {
    "cpu.cfs_period_us": String(periodUs),
    "cpu.cfs_quota_us": String(quotaUs),
  });
}

function group(folder: string, files: Readonly<Record<string, string>>): CpuLimit {
  mkdirSync(folder);
  try {
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return {
    take: (pid) => writeFileSync(join(folder, "cgroup.procs"), String(pid)),
    close: () => rmdirSync(folder),
  };
}
