// The programs as the images run them: the bundles of `npm run build`, with the flags of the images' entry points.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

function inDist(file: string): string {
  return fileURLToPath(new URL(`../dist/${file}`, import.meta.url));
}

export const sidecarFlags: readonly string[] = [
  "--max-semi-space-size=1",
  "--optimize-for-size",
  "--max-old-space-size=64",
  "--liftoff-only",
];

const agentFlags: readonly string[] = ["--max-semi-space-size=1", "--optimize-for-size"];

export const operatorFlags: readonly string[] = [
  "--max-semi-space-size=2",
  "--heap-growing-percent=15",
  "--no-separate-gc-phases",
];

/** What the image's percentage comes to under this memory limit: outside a container there is none to take it of. */
export function heapFlag(limitMib: number): string {
  return `--max-old-space-size=${limitMib * 0.75}`;
}

/** That of the operator's container, as the chart has it. */
export const chartLimitMib = 512;

/** What the operator's image sets, for the agent too. */
export const operatorEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: "1" };

export const bundles = {
  sidecar: [process.execPath, ...sidecarFlags, inDist("leader-sidecar/leader-sidecar.mjs")],
  operator: [process.execPath, ...operatorFlags, heapFlag(chartLimitMib), inDist("operator/operator.mjs")],
  agent: [process.execPath, ...agentFlags, inDist("agent/agent.mjs")],
} as const satisfies Record<string, readonly string[]>;

/** `npm run build`; throws when it fails. */
export async function buildBundles(): Promise<void> {
  const script = fileURLToPath(new URL("../scripts/build.ts", import.meta.url));
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const builder = spawn(process.execPath, [script], { stdio: ["ignore", "inherit", "inherit"], cwd });
  const [code] = (await once(builder, "close")) as [number | null];
  if (code !== 0) throw new Error(`npm run build ended with ${code}`);
}
