// Tells named to read its configuration and zone files again. SIGHUP does both, needs no key and no program but the
// kernel, and named ignores it while it is still at the last one: so a caller looks for the effect.
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../../platform/clock.ts";

export type SignalOutcome =
  | { readonly kind: "signalled" }
  /** There is no named to be told; one that starts reads everything anyway. */
  | {
      readonly kind: "absent";
      readonly reason: string;
      /** It has just started, and may have read what lay there before. */
      readonly isStarting?: true;
    };

export interface NamedControl {
  reload(): Promise<SignalOutcome>;
  /** A text that is another one for each start of named; null where none runs. */
  start(): Promise<string | null>;
  /** When named last took a configuration: named writes its pid file anew each time. null where the file is not that of a named that runs. */
  taken(): Promise<ConfigurationStamp | null>;
}

export interface ConfigurationStamp {
  readonly pid: number;
  /** Another one for each configuration that it took. */
  readonly stamp: string;
}

type Found =
  | { readonly pid: number; readonly isByFile: boolean }
  | { readonly pid: null; readonly reason: string };

/** Where named is looked for that its pid file does not tell of. */
export interface NamedSearch {
  /** The kernel's /proc, in a namespace that holds the processes of one pod. */
  readonly processes: string;
  readonly clock: Pick<Clock, "now">;
}

// A signal that comes before named expects one ends it. Its pid file it writes later than that.
const startingMs = 3000;

/**
 * Controls the named whose process id stands in `pidFile`; where that has none that runs, the one process called named that `search` finds, if there is exactly
 * one. `search` null: it is not looked for.
 */
export function createNamedControl(pidFile: string, search: NamedSearch | null = null): NamedControl {
  /** The start that was seen last without a pid file, and since when it was. */
  let seen: { readonly start: string | null; readonly sinceMs: number } | null = null;

  async function find(): Promise<Found> {
    const byFile = await findByFile();
    if (byFile.pid !== null || search === null) return byFile;
    const found = await namedAmong(search.processes);
    if (found.length === 1 && found[0] !== undefined) return { pid: found[0], isByFile: false };
    const others = found.length === 0 ? "no process is called named" : `${found.length} are called named`;
    return { pid: null, reason: `${byFile.reason}, and ${others}` };
  }

  async function findByFile(): Promise<Found> {
    const text = await readOrNull(pidFile);
    if (text === null) return { pid: null, reason: `there is no pid file ${pidFile}` };
    const pid = Number(text.trim());
    if (!Number.isSafeInteger(pid) || pid <= 1)
      return { pid: null, reason: `${pidFile} holds no process id` };
    // A named that was killed leaves its file behind, and its number may be somebody else's by now.
    const name = await readOrNull(`/proc/${pid}/comm`);
    if (name === null) return { pid: null, reason: `process ${pid} is gone` };
    if (!/^(isc-)?named/.test(name))
      return { pid: null, reason: `process ${pid} is ${name.trim()} and not named` };
    return { pid, isByFile: true };
  }

  async function reload(): Promise<SignalOutcome> {
    const found = await find();
    if (found.pid === null) return { kind: "absent", reason: found.reason };
    if (!found.isByFile && (await isStarting(found.pid)))
      return { kind: "absent", reason: `process ${found.pid} has just started`, isStarting: true };
    try {
      process.kill(found.pid, "SIGHUP");
      return { kind: "signalled" };
    } catch (error) {
      const { code = "unknown" } = error as NodeJS.ErrnoException;
      if (code === "ESRCH") return { kind: "absent", reason: `process ${found.pid} is gone` };
      throw error;
    }
  }

  async function isStarting(pid: number): Promise<boolean> {
    const nowMs = search?.clock.now().waitMs ?? 0;
    const now = await startOf(pid);
    if (seen?.start !== now) seen = { start: now, sinceMs: nowMs };
    return nowMs - seen.sinceMs < startingMs;
  }

  async function start(): Promise<string | null> {
    const found = await find();
    if (found.pid === null) return null;
    if (!found.isByFile) await isStarting(found.pid);
    return await startOf(found.pid);
  }

  // By the number alone a named in a new container could be the one before; and its file is written anew at each reload.
  async function startOf(pid: number): Promise<string | null> {
    const state = await readOrNull(`/proc/${pid}/stat`);
    // The name may hold anything; behind it the time of the start is the twentieth field (proc(5)).
    const atTicks = state?.slice(state.lastIndexOf(")") + 2).split(" ")[19];
    return atTicks === undefined ? null : `${pid} at ${atTicks}`;
  }

  async function taken(): Promise<ConfigurationStamp | null> {
    const found = await find();
    if (found.pid === null || !found.isByFile) return null;
    try {
      const { ino, ctimeNs } = await stat(pidFile, { bigint: true });
      return { pid: found.pid, stamp: `${ino} ${ctimeNs}` };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  return { reload, start, taken };
}

/** The ids of all processes that are called named, and are this user's. */
async function namedAmong(processes: string): Promise<number[]> {
  const found: number[] = [];
  for (const entry of await readdir(processes)) {
    if (!/^\d+$/.test(entry)) continue;
    const name = (await readOrNull(join(processes, entry, "comm")))?.trim();
    if (name === "named" && (await isOurs(join(processes, entry)))) found.push(Number(entry));
  }
  return found;
}

async function isOurs(path: string): Promise<boolean> {
  try {
    return (await stat(path)).uid === process.getuid?.();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // ESRCH: of a process that ended while its file was read.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}
