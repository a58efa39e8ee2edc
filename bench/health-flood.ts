// Floods of the health ports, from another address: a thousand connections that pipeline GET /metrics, each opened anew as soon
// as it ends, beside a thousand that say nothing. What becomes of a gate's answers, of renewals, of probes and of memory.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../platform/clock.ts";
import { bundles } from "./bundles.ts";
import { askOnAndOn, leadingGate, startFlooded, type FloodOptions } from "./flood.ts";
import type { Samples } from "./trials.ts";

const floodProgram = fileURLToPath(new URL("../test/process/flood-program.ts", import.meta.url));
const connections = 1000;
const probeEveryMs = 100;
const probeLimitMs = 10_000;
const mostTries = 600;
/** What each row is to keep, in their order. */
export const healthFloodAims = [
  "p99 ≤ 50",
  "≤ 2250",
  "≤ 1000",
  "≤ 30",
  "≤ 1000",
  "≤ 30",
  "≤ 1000",
  "≤ 30",
] as const;

/** Eight rows: sidecar, operator, agent. Throws when a term is lost, or a probe not answered within ten seconds. */
export async function measureHealthFloods(options: FloodOptions): Promise<readonly Samples[]> {
  return [
    ...(await floodSidecar(options)),
    ...(await floodOperator(options)),
    ...(await floodAgent(options)),
  ];
}

async function floodSidecar(options: FloodOptions): Promise<readonly Samples[]> {
  const { clock, say } = options;
  say("a flood of a sidecar's health port");
  const { sidecar, port, healthPort } = await startFlooded("health-flooded", options);
  try {
    const gate = await leadingGate(port, clock);
    try {
      const { result, probes } = await underFlood(sidecar, healthPort, options, () =>
        askOnAndOn(gate, options),
      );
      return [
        { name: "a gate's answer, its sidecar's health port flooded", unit: "ms", values: result.answerMs },
        { name: "from one renewal to the next under that flood", unit: "ms", values: result.renewalMs },
        ...probeRows("sidecar", probes),
      ];
    } finally {
      gate.end();
    }
  } finally {
    sidecar.kill("SIGKILL");
  }
}

async function floodOperator(options: FloodOptions): Promise<readonly Samples[]> {
  const { clock, playground, say } = options;
  say("a flood of an operator's health port");
  const { sidecar, port } = await startFlooded("operator-flooded", options);
  const healthPort = await playground.ports.find(18_080);
  const operator = start(bundles.operator, options, {
    LEADER_URL: `http://127.0.0.1:${port}`,
    OPERATOR_PORT: String(healthPort),
    POD_NAME: "flooded",
    // Nothing of the playground's is its to write.
    WATCH_NAMESPACE: "kube-public",
  });
  let output = "";
  operator.stdout?.setEncoding("utf8").on("data", (text: string) => (output += text));
  try {
    for (let tried = 0; !output.includes("Starting all operators"); tried += 1) {
      if (tried === mostTries) throw new Error(`the operator that is to be flooded does not lead: ${output}`);
      await clock.sleep(probeEveryMs);
    }
    const { probes } = await underFlood(operator, healthPort, options, () =>
      clock.sleep(options.seconds * 1000),
    );
    if (output.includes("Leadership lost")) throw new Error(`the flooded operator lost its term: ${output}`);
    return probeRows("operator", probes);
  } finally {
    operator.kill("SIGKILL");
    sidecar.kill("SIGKILL");
  }
}

async function floodAgent(options: FloodOptions): Promise<readonly Samples[]> {
  const { clock, playground, say } = options;
  say("a flood of an agent's health port");
  const healthPort = await playground.ports.find(18_082);
  const folder = mkdtempSync(join(tmpdir(), "bindy-bench-"));
  const agent = start(bundles.agent, options, {
    POD_NAME: "flooded",
    INSTANCE_NAME: "flooded",
    INSTANCE_NAMESPACE: "kube-public",
    ZONES_DIRECTORY: folder,
    NAMED_PID_FILE: join(folder, "named.pid"),
    AGENT_PORT: String(healthPort),
  });
  try {
    const { probes } = await underFlood(agent, healthPort, options, () =>
      clock.sleep(options.seconds * 1000),
    );
    return probeRows("agent", probes);
  } finally {
    agent.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

function start(
  [program = "", ...args]: readonly string[],
  { playground, processes }: FloodOptions,
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  const env = { PATH: process.env["PATH"] ?? "", KUBECONFIG: playground.kubeconfig, ...environment };
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  processes.add(child);
  return child;
}

interface Probes {
  readonly answerMs: number[];
  /** Private memory beyond its quiet value, in MiB. */
  readonly growthMiB: number[];
}

/** Floods the port while `meanwhile` runs, and probes it all the time. */
async function underFlood<T>(
  child: ChildProcess,
  port: number,
  { clock, processes }: FloodOptions,
  meanwhile: () => Promise<T>,
): Promise<{ readonly result: T; readonly probes: Probes }> {
  await firstProbe(port, clock);
  await clock.sleep(3000);
  const quietMiB = privateMiB(child);
  const floods = ["pipeline", "idle"].map((kind) =>
    spawn(process.execPath, [floodProgram, String(port), String(connections), kind, "127.0.0.2"], {
      stdio: ["ignore", "pipe", "inherit"],
    }),
  );
  for (const flood of floods) processes.add(flood);
  const probes: Probes = { answerMs: [], growthMiB: [] };
  let isOver = false;
  async function probeOnAndOn(): Promise<void> {
    while (!isOver) {
      probes.answerMs.push(await probe(port, clock));
      probes.growthMiB.push(privateMiB(child) - quietMiB);
      await clock.sleep(probeEveryMs);
    }
  }
  try {
    await Promise.all(floods.map(({ stdout }) => once(stdout, "data")));
    const probing = probeOnAndOn();
    const [result] = await Promise.all([meanwhile().finally(() => (isOver = true)), probing]);
    return { result, probes };
  } finally {
    for (const flood of floods) flood.kill("SIGKILL");
  }
}

function probeRows(program: string, { answerMs, growthMiB }: Probes): readonly Samples[] {
  return [
    { name: `a probe of the ${program} under such a flood`, unit: "ms", values: answerMs },
    { name: `private memory of the ${program} beyond its quiet value`, unit: "MiB", values: growthMiB },
  ];
}

async function firstProbe(port: number, clock: Clock): Promise<void> {
  for (let tried = 0; ; tried += 1) {
    try {
      await probe(port, clock);
      return;
    } catch (error) {
      if (tried === mostTries) throw error; // it does not listen yet
      await clock.sleep(probeEveryMs);
    }
  }
}

/** How long a probe took, in ms, from its connection on. */
async function probe(port: number, clock: Clock): Promise<number> {
  const startedMs = clock.now().waitMs;
  const signal = AbortSignal.timeout(probeLimitMs);
  const request = get({ host: "127.0.0.1", port, path: "/livez", agent: false, signal });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`a probe was answered ${response.statusCode}`);
  return clock.now().waitMs - startedMs;
}

function privateMiB({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
