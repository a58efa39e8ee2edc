// A command as a person runs it in a terminal who looks for a while and presses Ctrl-C: `-w`, `-f` and `watch` never end by themselves,
// and what they print depends on a terminal being there (grep in a pipe writes line by line, watch draws at all).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createSystemClock } from "../../platform/clock.ts";
import type { Environment } from "../node/programs.ts";

const clock = createSystemClock();
const interrupt = "\u0003";
// What has been told to end does it within this time.
const endMs = 5000;
const pollMs = 100;
// util-linux; the terminal is as wide as a table of kubectl may be.
const program = "script";
const size = { TERM: "xterm", COLUMNS: "200", LINES: "50" };

/**
 * Runs a command in a terminal of its own for `forMs`, or until `isEnough` says so of what it has printed, and interrupts it. Returns
 * what it printed, without colours and cursor movements. Throws if it ended by itself before.
 */
export async function watchInTerminal(
  command: string,
  environment: Environment,
  forMs: number,
  isEnough: (text: string) => boolean = () => false,
): Promise<string> {
  const child = spawn(program, ["--quiet", "--return", "--command", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...environment, ...size, SHELL: "/bin/sh" },
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const closed = once(child, "close");
  const startedMs = clock.now().waitMs;
  while (clock.now().waitMs - startedMs < forMs && !isEnough(plainText(text))) {
    if (child.exitCode !== null) throw new Error(`${command}\nended by itself: ${plainText(text)}`);
    // It is not installed, if this throws: Debian has it in bsdutils.
    await Promise.race([clock.sleep(pollMs), closed]);
  }
  // The terminal makes a SIGINT of it for all that run in it.
  child.stdin.write(interrupt);
  const ended = new AbortController();
  const isClosed = await Promise.race([
    closed.then(() => true),
    clock.sleep(endMs, ended.signal).then(() => false),
  ]);
  ended.abort();
  if (!isClosed) {
    child.kill("SIGKILL");
    await closed;
    throw new Error(`${command}\ndid not end by Ctrl-C`);
  }
  return plainText(text);
}

/** What a terminal shows, without what moves its cursor and colours its text. */
export function plainText(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/\u001b(\[[0-9;?]*[ -/]*[@-~]|\([A-Z]|[=>])/g, " ")
      .replaceAll("\r", "")
      .replace(/\^C\s*$/, "")
      .trim()
  );
}
