// How much memory processes have, as their containers would be charged for it: anonymous pages and page tables. Pages of files, Node's own
// program among them, are shared between containers and can be dropped; the largest size with those is told beside it.
import { readFileSync } from "node:fs";
import type { Clock } from "../../platform/clock.ts";
import { kibibytes } from "../side-by-side/processes.ts";

export interface MemoryPeak {
  /** The most that was seen, in MiB: anonymous pages and page tables. */
  readonly chargedMiB: number;
  /** VmHWM when it was looked at last: the most ever, with pages of files. */
  readonly residentMiB: number;
}

export interface MemoryWatch {
  /** Watches a process under that name from now on, beside those that had it before. */
  add(name: string, pid: () => number): void;
  /** Watches it no more; it is about to end. */
  drop(name: string): void;
  peaks(): ReadonlyMap<string, MemoryPeak>;
  close(): void;
}

const everyMs = 500;

export function watchMemory(clock: Clock): MemoryWatch {
  const watched = new Map<string, () => number>();
  const peaks = new Map<string, MemoryPeak>();
  let cancel = (): void => {};
  function look(): void {
    for (const [name, pid] of watched) {
      const now = memoryOf(readFileSync(`/proc/${pid()}/status`, "utf8"));
      const before = peaks.get(name);
      peaks.set(name, {
        chargedMiB: Math.max(now.chargedMiB, before?.chargedMiB ?? 0),
        residentMiB: Math.max(now.residentMiB, before?.residentMiB ?? 0),
      });
    }
  }
  function lookOnAndOn(): void {
    look();
    cancel = clock.schedule(everyMs, lookOnAndOn);
  }
  lookOnAndOn();
  return {
    add: (name, pid) => void watched.set(name, pid),
    drop: (name) => void watched.delete(name),
    peaks() {
      look();
      return peaks;
    },
    close: () => cancel(),
  };
}

/** What /proc/PID/status says of it now. */
function memoryOf(status: string): MemoryPeak {
  const mebibytes = (name: string): number => kibibytes(status, name) / 1024;
  return {
    chargedMiB: mebibytes("RssAnon") + mebibytes("VmPTE"),
    residentMiB: mebibytes("VmHWM"),
  };
}
