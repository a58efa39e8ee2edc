// A contestant's pod, on this machine: its processes, kept running as the kubelet keeps containers, and
// its own way to the API server, which can be cut. Ours is an operator behind its gate and the sidecar
// beside it; theirs is one process that elects with client-go.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../platform/clock.ts";
import { openApiLink } from "../../playground/replicas/api-link.ts";
import { createContainer } from "../../playground/replicas/container.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import { startReplica } from "../../playground/replicas/replica.ts";
import { parseLeaderAnswer } from "../../contract/answer.ts";

export type ArmName = "ours" | "client-go";

export interface BenchPod {
  readonly name: string;
  /** Whether it knows who leads, and would take over. */
  isReady(): Promise<boolean>;
  /** SIGKILL of the process that acts; it comes back. */
  killOperator(): void;
  /** SIGKILL of everything in it at once; the pod is gone. */
  kill(): Promise<void>;
  /** SIGTERM, in the order in which a kubelet ends a pod; the pod is gone when this resolves. */
  terminate(): Promise<void>;
  cut(): void;
  heal(): void;
  /** The processes: the one that elects, and the operator where that is another one. */
  pids(): { readonly elector: number | null; readonly operator: number | null };
}

export interface PodOptions {
  readonly name: string;
  readonly uid: string;
  /** Made, and removed with the pod. */
  readonly directory: string;
  readonly api: { readonly port: number; readonly certificateAuthority: string };
  readonly token: string;
  readonly lease: { readonly namespace: string; readonly name: string };
  readonly effects: { readonly path: string; readonly periodMs: number };
  readonly ports: PortFinder;
  readonly processes: ProcessTable;
  readonly clock: Clock;
}

export interface OurPrograms {
  readonly sidecar: readonly string[];
  /** bench/side-by-side/effect-operator.ts, or a bundle of it. */
  readonly operator: readonly string[];
}

// As Kubernetes gives a pod.
const graceMs = 30_000;
const askTimeoutMs = 2000;

export async function startOurPod(programs: OurPrograms, options: PodOptions): Promise<BenchPod> {
  const { api, directory, effects, lease, ports } = options;
  const leaderPort = await ports.find(25_000);
  const replica = await startReplica({
    name: options.name,
    uid: options.uid,
    ports: {
      leader: leaderPort,
      health: await ports.find(26_000),
      // The bench's operator has no page of health.
      operator: 0,
    },
    api: { host: "127.0.0.1", port: api.port },
    project: async (port) => await Promise.resolve(projectAccount(options, port)),
    directory,
    programs,
    environment: {
      LEASE_NAME: lease.name,
      EFFECT_FILE: effects.path,
      EFFECT_PERIOD_MS: String(effects.periodMs),
    },
    processes: options.processes,
    clock: options.clock,
    onChange: () => {},
  });

  async function isReady(): Promise<boolean> {
    const answer = await answerOf(leaderPort);
    return (
      answer !== null &&
      (answer.reason === "Leading" || (answer.reason === "Following" && answer.name !== ""))
    );
  }

  return {
    name: options.name,
    isReady,
    killOperator: replica.killOperator,
    ...endingOnce(replica.kill, async () => await replica.terminate(graceMs)),
    cut: replica.cut,
    heal: replica.heal,
    pids: () => ({ elector: replica.sidecar.pid(), operator: replica.operator.pid() }),
  };
}

/** The files that a kubelet projects into a pod, and the variables that lead there by way of `port`. */
export function projectAccount(
  options: Pick<PodOptions, "api" | "directory" | "lease" | "token">,
  port: number,
): Readonly<Record<string, string>> {
  const { directory } = options;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, "token"), options.token, { mode: 0o600 });
  writeFileSync(join(directory, "ca.crt"), options.api.certificateAuthority);
  writeFileSync(join(directory, "namespace"), options.lease.namespace);
  return {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: String(port),
    SERVICE_ACCOUNT_DIRECTORY: directory,
  };
}

/** What GET /leader says; null while nothing answers there. */
export async function answerOf(port: number): Promise<ReturnType<typeof parseLeaderAnswer>> {
  try {
    const url = `http://127.0.0.1:${port}/leader`;
    return parseLeaderAnswer(await (await fetch(url, { signal: AbortSignal.timeout(askTimeoutMs) })).text());
  } catch {
    return null; // it does not listen yet, or any more: that is the answer
  }
}

/** A kubeconfig that leads to `port` of the loopback with `token`; JSON is YAML. */
export function kubeconfigOf(port: number, certificateAuthority: string, token: string): string {
  const data = Buffer.from(certificateAuthority).toString("base64");
  const cluster = { server: `https://127.0.0.1:${port}`, "certificate-authority-data": data };
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "bench", cluster }],
    users: [{ name: "bench", user: { token } }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
    "current-context": "bench",
  });
}

export async function startClientGoPod(program: string, options: PodOptions): Promise<BenchPod> {
  const { api, directory, effects, lease, name } = options;
  const link = await openApiLink("127.0.0.1", api.port);
  mkdirSync(directory, { recursive: true });
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigOf(link.port, api.certificateAuthority, options.token), {
    mode: 0o600,
  });
  const place = ["-kubeconfig", kubeconfig, "-namespace", lease.namespace, "-name", lease.name];
  // As controller-runtime and Kubernetes' own controllers name themselves: each process is somebody new.
  const identity = ["-identity", name, "-unique"];
  const flags = [...place, ...identity, "-effects", effects.path, "-effect-period", `${effects.periodMs}ms`];
  const container = createContainer({
    name: "operator",
    command: [program, ...flags],
    environment: {},
    processes: options.processes,
    clock: options.clock,
    onChange: () => {},
  });
  container.start();

  async function cleanUp(): Promise<void> {
    await link.close();
    rmSync(directory, { recursive: true, force: true });
  }

  return {
    name,
    isReady: async () =>
      await Promise.resolve(container.pid() !== null && container.log().lines().some(isAboutHolder)),
    killOperator: container.kill,
    ...endingOnce(
      async () => await container.remove().then(cleanUp),
      async () => await container.terminate(graceMs).then(cleanUp),
    ),
    cut: link.cut,
    heal: link.heal,
    pids: () => ({ elector: container.pid(), operator: null }),
  };
}

/** A pod ends once, and in the way that was asked for first. */
function endingOnce(
  kill: () => Promise<void>,
  terminate: () => Promise<void>,
): Pick<BenchPod, "kill" | "terminate"> {
  let ended: Promise<void> | null = null;
  return {
    kill: async () => await (ended ??= kill()),
    terminate: async () => await (ended ??= terminate()),
  };
}

function isAboutHolder({ text }: { readonly text: string }): boolean {
  return text.includes('"event":"holder"');
}
