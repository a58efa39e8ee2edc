// Tells named to read its configuration and zone files again. SIGHUP does both, needs no key and no program but the
// kernel, and named ignores it while it is still at the last one: so a caller looks for the effect.
import { readFile } from "node:fs/promises";

export type SignalOutcome =
  | { readonly kind: "signalled" }
  /** There is no named to be told; one that starts reads everything anyway. */
  | { readonly kind: "absent"; readonly reason: string };

export interface NamedControl {
  reload(): Promise<SignalOutcome>;
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
  return { reload };
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
