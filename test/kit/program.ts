// A program under test as a child process: what it prints is read to its end, and its end is a promise.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Program {
  readonly child: ChildProcess;
  /** All that it printed so far, on both streams. */
  output(): string;
  /** Its exit code once it has ended, null after a signal. */
  readonly exited: Promise<number | null>;
}

export interface Launch {
  /** Default: this Node.js. */
  readonly program?: string;
  /** Default: that of the tests. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told of every line on standard output, as soon as it is whole. */
  readonly onLine?: (line: string) => void;
  /** Whether something will be written to its standard input. */
  readonly hasInput?: boolean;
}

/** Starts it in the root of the project. The caller ends it. */
export function startProgram(args: readonly string[], launch: Launch = {}): Program {
  const { program = process.execPath, env = process.env, onLine, hasInput = false } = launch;
  const child = spawn(program, args, {
    cwd: root,
    env,
    stdio: [hasInput ? "pipe" : "ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  if (onLine !== undefined) {
    let rest = "";
    child.stdout?.on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    });
  }
  const exited = once(child, "close").then(([code]) => code as number | null);
  return { child, output: () => output, exited };
}
