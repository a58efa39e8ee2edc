// A process of the node that stands still for a while (SIGSTOP), and goes on in any case: what stops it is a small process of its own that
// has it go on as soon as nobody holds the other end of its standard input, also where the test was killed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

// Its session is its own: what is sent to the tests' group of processes does not reach it.
const guard = 'kill -STOP "$1" || exit 1; echo stopped; cat >/dev/null; kill -CONT "$1"';

/** Does `work` while the process stands still. */
export async function whileStopped<T>(pid: number, work: () => Promise<T>): Promise<T> {
  const child = spawn("sh", ["-c", guard, "guard", String(pid)], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  const said = createInterface({ input: child.stdout });
  let outcome: { readonly value: T } | { readonly error: unknown };
  try {
    const first = await Promise.race([once(said, "line").then(() => "stopped"), ended.then(() => "ended")]);
    if (first === "ended") throw new Error(`process ${pid} could not be stopped`);
    outcome = { value: await work() };
  } catch (error) {
    outcome = { error };
  }
  child.stdin.end();
  const [code] = await ended;
  if ("error" in outcome) throw outcome.error;
  if (code !== 0) throw new Error(`process ${pid} could not be told to go on`);
  return outcome.value;
}
