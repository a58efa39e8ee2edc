// The test layers. `npm test`: the inner loop, what needs nothing but this machine (`*.test.ts`). `npm run test:deep`: what takes
// longer than anybody waits at every edit (`*.deep.ts`). `npm run test:cluster`: what needs a real kube-apiserver. `npm run
// test:e2e`: what installs Bindy in the cluster of KUBECONFIG, and removes it again. Arguments narrow it down:
// `npm test -- sidecar/election`. Several files run at a time, and then, one by one, those that measure or flood
// (`*.alone.*`): beside anything else they would see and make what is not there. At the end stands how long it took.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../platform/clock.ts";
import { onTermination } from "../platform/signals.ts";
import { buildClientGoPeer, findControlPlanePrograms } from "../test/cluster/programs.ts";
import { openStage, type Stage } from "../test/node/stage.ts";

const clock = createSystemClock();
const folders = [
  "platform",
  "contract",
  "kubernetes",
  "sidecar",
  "gate",
  "operator",
  "health",
  "api-server",
  "playground",
  "scripts",
  "conformance",
  "test",
  "bench",
];
// Three files at a time: most of them wait more than they work. A cluster has one dns-system.
const layers = {
  test: { jobs: 3, limitMs: 300_000 },
  // Its searches take every core they get.
  deep: { jobs: 2, limitMs: 1_200_000 },
  cluster: { jobs: 3, limitMs: 900_000 },
  e2e: { jobs: 1, limitMs: 900_000 },
} as const;
const endedFile = new URL("ended-file.mjs", import.meta.url).href;
const compileCache = fileURLToPath(new URL("../node_modules/.cache/compiled", import.meta.url));
type Layer = keyof typeof layers;
const layer =
  (["deep", "cluster", "e2e"] as const).find((one) => process.argv.includes(`--${one}`)) ?? "test";
const wanted = process.argv.slice(2).filter((argument) => argument !== `--${layer}`);
const say = (message: string): void => void process.stderr.write(`${message}\n`);
const commandOf = (one: Layer): string => (one === "test" ? "npm test" : `npm run test:${one}`);

function filesOf(one: Layer): string[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.${one}.ts`))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .toSorted();
}

const files = filesOf(layer);
if (files.length === 0) {
  say(`No test file of ${commandOf(layer)} matches ${wanted.join(" ")}`);
  for (const other of Object.keys(layers) as Layer[]) {
    if (filesOf(other).length > 0)
      say(`${filesOf(other).join(" ")}: ${commandOf(other)} -- ${wanted.join(" ")}`);
  }
  process.exit(2);
}

if (layer === "cluster") await build();
if (layer === "e2e") await runOnStage();
else await runHere();

/** Runs the files to their end, or until `ending`, first those that may run side by side; the exit code. */
async function runTests(
  environment: Readonly<Record<string, string | undefined>>,
  ending: AbortSignal,
): Promise<number> {
  const startedMs = clock.now().waitMs;
  const together = files.filter((file) => !file.includes(".alone."));
  const alone = files.filter((file) => file.includes(".alone."));
  const passes = [
    { what: `${layers[layer].jobs} at a time`, jobs: layers[layer].jobs, files: together },
    { what: "one by one", jobs: 1, files: alone },
  ].filter((pass) => pass.files.length > 0);
  const took: string[] = [];
  let code = 0;
  for (const pass of passes) {
    if (ending.aborted) break;
    const passStartedMs = clock.now().waitMs;
    code = (await runPass(pass.files, pass.jobs, environment, ending)) || code;
    took.push(`${secondsSince(passStartedMs)} s for ${pass.files.length} files ${pass.what}`);
  }
  const verdict = ending.aborted ? "was ended" : code === 0 ? "is green" : "has failed";
  say(`${commandOf(layer)} ${verdict} after ${secondsSince(startedMs)} s: ${took.join(", ")}`);
  return code;
}

function secondsSince(startedMs: number): string {
  return ((clock.now().waitMs - startedMs) / 1000).toFixed(1);
}

/**
 * Runs some files. They have a group of processes and a folder for temporary files of their own, so that nothing is left of
 * either where a test did not come to its end.
 */
async function runPass(
  some: readonly string[],
  jobs: number,
  environment: Readonly<Record<string, string | undefined>>,
  ending: AbortSignal,
): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), "bindy-tests-"));
  const flags = [`--test-concurrency=${jobs}`, `--test-timeout=${layers[layer].limitMs}`];
  const child = spawn(process.execPath, ["--import", endedFile, "--test", ...flags, ...some], {
    stdio: "inherit",
    // Hundreds of processes are started that load the same files: compiled once, they start in half of the time.
    env: { NODE_COMPILE_CACHE: compileCache, ...environment, TMPDIR: scratch },
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
