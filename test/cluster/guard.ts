// Child processes that must not outlive the test, however it ends: a process of its own watches over them, and over their
// folder (guard-program.ts).
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export interface Guard {
  /** From now on `child` ends with this process at the latest. */
  watch(child: ChildProcess): void;
  /** Ends whatever is left, and removes the folder. */
  close(): Promise<void>;
}

const program = fileURLToPath(new URL("guard-program.ts", import.meta.url));

/** Watches over children that live in `directory`. */
export function startGuard(directory: string): Guard {
  const guard = spawn(process.execPath, [program, directory], { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(guard, "close");
  return {
    watch(child) {
      guard.stdin.write(`+${child.pid}\n`);
      child.once("exit", () => {
        if (guard.stdin.writable) guard.stdin.write(`-${child.pid}\n`);
      });
    },
    async close() {
      guard.stdin.end();
      await ended;
    },
  };
}
