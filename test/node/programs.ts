// kubectl and helm for the tests on a real cluster: the pinned ones of an npm package where they run, else those in $PATH.
import { execFile } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { promisify } from "node:util";
import { programPath } from "../kit/kubectl-binary.ts";

const run = promisify(execFile);
const outputBytes = 32 * 1024 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment in which `kubectl` and `helm` are found by their names. */
export async function withPrograms(environment: Environment): Promise<Environment> {
  const folders: string[] = [];
  for (const program of ["kubectl", "helm"] as const) {
    const found = await programPath(program);
    if ("path" in found) folders.push(dirname(found.path));
  }
  return { ...environment, PATH: [...new Set(folders), environment["PATH"] ?? ""].join(delimiter) };
}

/** Runs a command line in a shell, as a person types it, and returns what it printed; throws with all it said. */
export async function shell(script: string, environment: Environment, timeoutMs = 120_000): Promise<string> {
  const options = { env: environment as NodeJS.ProcessEnv, timeout: timeoutMs, maxBuffer: outputBytes };
  try {
    return (await run("sh", ["-c", script], options)).stdout;
  } catch (error) {
    const {
      stdout = "",
      stderr = "",
      killed = false,
    } = error as Partial<{
      stdout: string;
      stderr: string;
      killed: boolean;
    }>;
    const why = killed ? `did not end within ${timeoutMs / 1000} s` : "failed";
    throw new Error(`${script.trim()}\n${why}: ${stderr || String(error)}${stdout}`, { cause: error });
  }
}
