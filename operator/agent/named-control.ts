// Tells named to read its configuration and zone files again. SIGHUP does both, needs no key and no program but the
// kernel, and named ignores it while it is still at the last one: so a caller looks for the effect.
import { readFile } from "node:fs/promises";

export type SignalOutcome =
  | { readonly kind: "signalled" }
  /** There is no named to be told; one that starts reads everything anyway. */
  | { readonly kind: "absent"; readonly reason: string };

export interface NamedControl {
  reload(): Promise<SignalOutcome>;
  /** A text that is another one for each start of named; null where none runs. */
  start(): Promise<string | null>;
}

/** Controls the named whose process id stands in `pidFile`. */
export function createNamedControl(pidFile: string): NamedControl {
  async function reload(): Promise<SignalOutcome> {
    const text = await readOrNull(pidFile);
    if (text === null) return { kind: "absent", reason: `there is no pid file ${pidFile}` };
    const pid = Number(text.trim());
    if (!Number.isSafeInteger(pid) || pid <= 1)
      return { kind: "absent", reason: `${pidFile} holds no process id` };
    // A named that was killed leaves its file behind, and its number may be somebody else's by now.
    const name = await readOrNull(`/proc/${pid}/comm`);
    if (name !== null && !/^(isc-)?named/.test(name)) {
      return { kind: "absent", reason: `process ${pid} is ${name.trim()} and not named` };
    }
    try {
      process.kill(pid, "SIGHUP");
      return { kind: "signalled" };
    } catch (error) {
      const { code = "unknown" } = error as NodeJS.ErrnoException;
      if (code === "ESRCH") return { kind: "absent", reason: `process ${pid} is gone` };
      throw error;
    }
  }
  // By the number alone a named in a new container could be the one before; and its file is written anew at each reload.
  async function start(): Promise<string | null> {
    const pid = (await readOrNull(pidFile))?.trim() ?? "";
    if (!/^\d+$/.test(pid)) return null;
    const state = await readOrNull(`/proc/${pid}/stat`);
    // The name may hold anything; behind it the time of the start is the twentieth field (proc(5)).
    const atTicks = state?.slice(state.lastIndexOf(")") + 2).split(" ")[19];
    return atTicks === undefined ? null : `${pid} at ${atTicks}`;
  }

  return { reload, start };
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
