// The end of a process whose state is wrong. It is safe wherever a promise runs out by itself or a connection ends with its process.
import type { Log } from "./log.ts";

/** The exit code after a broken invariant: EX_SOFTWARE of sysexits.h. */
export const brokenExitCode = 70;

/** Ends the process at once, with the log's last line. `consequence` is what that prevents. */
export function crash(error: unknown, log: Log, consequence: string): never {
  log.error(`A bug of ours: crashing, so that ${consequence}`, { error });
  process.exit(brokenExitCode);
}
