// From the start of a process until it knows who leads: a further candidate beside a fleet that has a leader.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Clock } from "../../platform/clock.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import type { CpuLimit } from "./cpu-limit.ts";
import { observerMs } from "./effects.ts";
import type { BenchServer } from "./fleet.ts";
import { answerOf, kubeconfigOf, projectAccount, type ArmName } from "./pod.ts";
import { eventually, type Wait } from "../../test/kit/eventually.ts";

export interface StartUpOptions {
  readonly arm: ArmName;
  /** Of the fleet that it starts beside. */
  readonly leaseName: string;
  readonly limit: CpuLimit | null;
  readonly programs: { readonly sidecar: readonly string[]; readonly clientGo: string };
  readonly server: BenchServer;
  readonly directory: string;
  readonly ports: PortFinder;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

// A tenth of a processor makes seconds of what takes a fraction of one.
const patienceMs = 120_000;

/** Starts a candidate, and ends it again; gives the time in ms. */
export async function startUp(options: StartUpOptions): Promise<number> {
  const directory = join(options.directory, "newcomer");
  mkdirSync(directory, { recursive: true });
  try {
    return options.arm === "ours"
      ? await startSidecar(options, directory)
      : await startPeer(options, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startSidecar(options: StartUpOptions, directory: string): Promise<number> {
  const { server, leaseName, ports } = options;
  const [leaderPort, healthPort] = [await ports.find(27_000), await ports.find(28_000)];
  const token = await server.tokenOf("newcomer");
  const lease = { namespace: server.namespace, name: leaseName };
  const account = projectAccount({ api: server, directory, lease, token }, server.port);
  const environment = {
    ...account,
    LEASE_NAME: leaseName,
    POD_NAME: "newcomer",
    LEADER_PORT: String(leaderPort),
    HEALTH_PORT: String(healthPort),
  };
  return await timed(options, options.programs.sidecar, environment, async (_, wait) => {
    const knows = async (): Promise<boolean> => {
      const answer = await answerOf(leaderPort);
      return answer !== null && answer.name !== "";
    };
    await eventually(knows, "a sidecar knows the leader", wait);
  });
}

async function startPeer(options: StartUpOptions, directory: string): Promise<number> {
  const { server, leaseName } = options;
  const kubeconfig = join(directory, "kubeconfig");
  const token = await server.tokenOf("newcomer");
  writeFileSync(kubeconfig, kubeconfigOf(server.port, server.certificateAuthority, token), { mode: 0o600 });
  const place = ["-kubeconfig", kubeconfig, "-namespace", server.namespace, "-name", leaseName];
  const command = [options.programs.clientGo, ...place, "-identity", "newcomer"];
  return await timed(options, command, {}, async (child, wait) => {
    let knows = false;
    createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> }).on("line", (line) => {
      knows ||= line.includes('"event":"holder"');
    });
    await eventually(() => knows, "a client-go process knows the leader", wait);
  });
}

async function timed(
  options: StartUpOptions,
  [program = "", ...flags]: readonly string[],
  environment: Readonly<Record<string, string>>,
  known: (child: ChildProcess, wait: Wait) => Promise<void>,
): Promise<number> {
  const { signal } = options;
  const startedMs = observerMs();
  const child = spawn(program, flags, {
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
  });
  options.processes.add(child);
  const closed = once(child, "close");
  try {
    if (child.pid !== undefined) options.limit?.take(child.pid);
    await known(child, { signal, limitMs: patienceMs, everyMs: 2 });
    return observerMs() - startedMs;
  } finally {
    child.kill("SIGKILL");
    await closed;
  }
}
