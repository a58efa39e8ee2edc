// `npm test`: every test of the tree that needs nothing but this machine, three files at a time. `npm run test:cluster`: those
// that need a real kube-apiserver. `npm run test:e2e`: those that install Bindy in the cluster of KUBECONFIG, and remove it
// again. Arguments narrow it down: `npm test -- sidecar/election`.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTermination } from "../platform/signals.ts";
import { buildClientGoPeer, findControlPlanePrograms } from "../test/cluster/programs.ts";
import { openStage, type Stage } from "../test/node/stage.ts";

const folders = [
  "platform",
  "kubernetes",
  "sidecar",
  "operator",
  "health",
  "playground",
  "scripts",
  "conformance",
  "gate-package",
  "test",
  "bench",
];
// Three control planes at a time: most of those tests wait for a lease to run out. A cluster has one dns-system.
const layers = {
  test: ["--test-concurrency=3", "--test-timeout=300000"],
  cluster: ["--test-concurrency=3", "--test-timeout=900000"],
  e2e: ["--test-concurrency=1", "--test-timeout=900000"],
} as const;
const layer = process.argv.includes("--cluster")
  ? "cluster"
  : process.argv.includes("--e2e")
    ? "e2e"
    : "test";
const wanted = process.argv.slice(2).filter((argument) => argument !== `--${layer}`);
const files = folders
  .flatMap((folder) => globSync(`${folder}/**/*.${layer}.ts`))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .toSorted();
const say = (message: string): void => void process.stderr.write(`${message}\n`);
if (files.length === 0) {
  say(`No test file matches ${wanted.join(" ")}`);
  process.exit(2);
}

if (layer === "cluster") await build();
if (layer === "e2e") await runOnStage();
else await runHere();

/**
 * Runs the files to their end, or until `ending`; the exit code. They have a group of processes and a folder for temporary
 * files of their own, so that nothing is left of either where a test did not come to its end.
 */
async function runTests(
  environment: Readonly<Record<string, string | undefined>>,
  ending: AbortSignal,
): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), "bindy-tests-"));
  // A file whose tests are over ends, even if a failed one has left a socket open.
  const child = spawn(process.execPath, ["--test", "--test-force-exit", ...layers[layer], ...files], {
    stdio: "inherit",
    env: { ...environment, TMPDIR: scratch },
    detached: true,
  });
  const end = (): void => void process.kill(-(child.pid ?? 0), "SIGTERM");
  ending.addEventListener("abort", end);
  const [code] = (await once(child, "exit")) as [number | null];
  ending.removeEventListener("abort", end);
  rmSync(scratch, { recursive: true, force: true, maxRetries: 10 });
  return code ?? 1;
}

async function runHere(): Promise<void> {
  const ending = new AbortController();
  onTermination(
    () => ending.abort(),
    () => process.exit(130),
  );
  const code = await runTests(process.env, ending.signal);
  process.exit(ending.signal.aborted ? 130 : code);
}

async function runOnStage(): Promise<void> {
  const ending = new AbortController();
  onTermination(
    () => {
      say("Ending; what was made is removed (once more to leave it as it is)");
      ending.abort();
    },
    () => process.exit(130),
  );
  let stage: Stage | null = null;
  let code = 1;
  try {
    const opened = await openStage(process.env, say);
    if ("problem" in opened) {
      say(`npm run test:e2e cannot run: ${opened.problem}`);
      code = 2;
    } else {
      stage = opened;
      if (!ending.signal.aborted) code = await runTests(stage.environment, ending.signal);
    }
  } finally {
    await stage?.close(code !== 0 && !ending.signal.aborted);
  }
  process.exit(ending.signal.aborted ? 130 : code);
}

/** What the cluster tests stand on, once and before all of them: two files must not build it at once. */
async function build(): Promise<void> {
  const programs = await findControlPlanePrograms(process.env, say);
  const peer = await buildClientGoPeer(process.env);
  for (const found of [programs, peer]) {
    if (typeof found === "string" || !("missing" in found)) continue;
    say(found.missing);
    process.exit(1);
  }
}
