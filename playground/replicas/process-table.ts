// All processes that were started and still run, for the case in which there is no time to end them in good order.
import type { ChildProcess } from "node:child_process";

export interface ProcessTable {
  /** Notes a process until it has ended; kills it at once when all others were killed already. */
  add(child: ChildProcess): void;
  /** SIGKILL to all of them, before this returns. */
  killAll(): void;
}

export function createProcessTable(): ProcessTable {
  const running = new Set<ChildProcess>();
  let isOver = false;
  return {
    add(child) {
      if (isOver) child.kill("SIGKILL");
      running.add(child);
      child.once("close", () => running.delete(child));
    },
    killAll() {
      isOver = true;
      for (const child of running) child.kill("SIGKILL");
    },
  };
}
