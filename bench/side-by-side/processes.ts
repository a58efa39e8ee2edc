// What the kernel says of a process.
import { readFileSync } from "node:fs";

export interface ProcessReading {
  /** Anonymous pages: memory that is this process's alone. */
  readonly privateMiB: number;
  /** The same, and its share of the pages that it has in common with others. */
  readonly proportionalMiB: number;
  /** In user and kernel mode, all threads, since it began; in steps of 10 ms. */
  readonly cpuSeconds: number;
}

// USER_HZ, which is 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

export function readProcess(pid: number): ProcessReading {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  return {
    privateMiB: kibibytes(status, "RssAnon") / 1024,
    proportionalMiB: kibibytes(rollup, "Pss") / 1024,
    cpuSeconds: cpuTicks(readFileSync(`/proc/${pid}/stat`, "utf8")) / ticksPerSecond,
  };
}

/** A field of /proc/PID/status or smaps_rollup; throws when it is not there. */
export function kibibytes(text: string, name: string): number {
  const value = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text)?.[1];
  if (value === undefined) throw new Error(`the kernel does not say ${name}`);
  return Number(value);
}

/** utime and stime of /proc/PID/stat: the program's name, which may hold anything, ends at the last bracket. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new Error(`/proc/PID/stat is not understood: ${stat}`);
  return ticks;
}
