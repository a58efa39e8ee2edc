// Outlives the test that started it by a moment. It is told on standard input of processes that come ("+PID") and go
// ("-PID"); when that input ends, for whatever reason (a SIGKILL of the test, ctrl-C, a crash), it kills those that are left
// and removes the folder given as its argument.
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

const [directory = ""] = process.argv.slice(2);
const pids = new Set<number>();

// A terminal sends these to the whole group; the end of the input is what counts.
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => undefined);

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const pid = Number(line.slice(1));
    if (line.startsWith("+")) pids.add(pid);
    else pids.delete(pid);
  })
  .on("close", () => {
    for (const pid of pids) kill(pid);
    rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error; // it has ended by itself
  }
}
