// The program under trial: started with LEADER_URL, and read line by line. Its process group is ended with it, since a
// command may well be a shell, or a tool that starts another.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Clock } from "../../platform/clock.ts";

export interface GateLine {
  /** The token of an opening ("-": none), null for a closing. */
  readonly token: string | null;
  readonly atMs: number;
}

export interface GateProgram {
  readonly lines: readonly GateLine[];
  /** The token of the last line, null when that says closed, or when there is none. */
  openToken(): string | null;
  /** Set once it has ended: how, and the end of what it had to say. */
  ended(): string | null;
  terminate(): void;
  /** Kills what is left of it, and waits for its end. */
  kill(): Promise<void>;
}

const longestTail = 600;

export function startGateProgram(
  command: string,
  url: string,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): GateProgram {
  const child = spawn("sh", ["-c", command], {
    env: { ...environment, LEADER_URL: url },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const lines: GateLine[] = [];
  let tail = "";
  let ended: string | null = null;
  child.stderr.setEncoding("utf8").on("data", (text: string) => (tail = (tail + text).slice(-longestTail)));
  // Other lines are those of tools around the program.
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [, token] = /^open (\S+)$/.exec(line) ?? [];
    if (token !== undefined) lines.push({ token, atMs: clock.now().waitMs });
    else if (line === "closed") lines.push({ token: null, atMs: clock.now().waitMs });
  });
  const closed = once(child, "close");
  child.once("close", (code, by) => {
    const last = tail.trim();
    ended = `${code === null ? `by ${by}` : `with exit code ${code}`}${last === "" ? "" : `: ${last}`}`;
  });

  function signal(name: NodeJS.Signals): void {
    // The group outlives the shell that leads it; without a pid nothing was started.
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  return {
    lines,
    openToken: () => lines.at(-1)?.token ?? null,
    ended: () => ended,
    terminate: () => signal("SIGTERM"),
    async kill() {
      signal("SIGKILL");
      await closed;
    },
  };
}
