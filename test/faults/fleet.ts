// Replicas for tests of faults: each a sidecar process and a worker process behind a proxy of their own, in a namespace of
// their own, on whatever API server it is; and an observer of what they do.
import { fileURLToPath } from "node:url";
import type { Clock } from "../../platform/clock.ts";
import { makeServingCertificate } from "../../api-server/access/certificates.ts";
import { openApiLink, type ApiLink } from "../../playground/replicas/api-link.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { startSidecarProcess, type SidecarProcess } from "../kit/sidecar-process.ts";
import { openContractClient, type ContractTarget } from "../contract/target.ts";
import { startFaultProxy, type Effect, type FaultProxy } from "./fault-proxy.ts";
import { violationsOf, type Opening } from "./verdict.ts";
import { eventually } from "../kit/eventually.ts";
import { startProgram, type Program } from "../kit/program.ts";

export interface FleetPod {
  readonly name: string;
  readonly sidecar: SidecarProcess;
  /** The pod's way to the API, below HTTP: it can be cut. */
  readonly link: ApiLink;
  readonly proxy: FaultProxy;
  /** Whether its worker's gate is open, as its log says. */
  isOpen(): boolean;
  /** SIGKILL of both processes. */
  kill(): void;
  /** SIGTERM as a kubelet sends it to a native sidecar and its operator: the sidecar comes last. */
  terminate(): Promise<void>;
  signal(name: "SIGSTOP" | "SIGCONT", processes: readonly ("sidecar" | "worker")[]): void;
  /** Has its worker's event loop stand still, at once or between its next look at the gate and the write. */
  blockWorker(forMs: number, where: "at once" | "before its next write"): Promise<void>;
  log(): string;
}

export interface Fleet {
  readonly pods: readonly FleetPod[];
  readonly effects: readonly Effect[];
  /** The one pod whose gate is open, once there is one that has written under its present token. */
  working(what: string, isMeant?: (pod: FleetPod) => boolean): Promise<FleetPod>;
  /** Resolves when somebody has written since `sinceWallMs`. */
  progress(what: string, sinceWallMs: number): Promise<void>;
  until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void>;
  /**
   * Everything that must never happen and did: two gates open, terms that interleave, writes after a promise's end.
   * `counts`: of the writes only these.
   */
  violations(counts?: (effect: Effect) => boolean): readonly string[];
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly target: ContractTarget;
  readonly namespace: string;
  readonly podNames: readonly string[];
  readonly ports: PortFinder;
  readonly clock: Clock;
}

const worker = fileURLToPath(new URL("worker-program.ts", import.meta.url));
const patienceMs = 90_000;

/** Starts the replicas with the guide's times, on a Lease as the chart makes it. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { target, namespace, clock, ports } = options;
  const api = openContractClient(target);
  const effects: Effect[] = [];
  const openings: Opening[] = [];
  const made = async (path: string, body: unknown): Promise<void> => {
    const answer = await api.call("POST", path, body);
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  };
  await made("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await made(`/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "bindy-leader", annotations: { "bindy.firestoned.io/created-empty": "true" } },
  });
  const certificate = await makeServingCertificate("127.0.0.1");
  const pods: FleetPod[] = [];
  const endings: (() => Promise<void>)[] = [];

  async function startPod(name: string): Promise<FleetPod> {
    const proxy = await startFaultProxy({
      pod: name,
      target,
      certificate,
      onEffect: (effect) => effects.push(effect),
      clock,
    });
    const link = await openApiLink("127.0.0.1", proxy.port);
    const sidecar = await startSidecarProcess({
      podName: name,
      api: { port: link.port, certificateAuthority: certificate.authority },
      token: target.adminToken,
      namespace,
      ports,
    });
    const operator = spawnWorker(name, sidecar, link.port, openings, clock);
    endings.push(async () => {
      operator.child.kill("SIGKILL");
      await operator.exited;
      await sidecar.end();
      await link.close();
      await proxy.close();
    });
    return {
      name,
      sidecar,
      link,
      proxy,
      isOpen: () => openings.some(({ pod, toMs }) => pod === name && toMs === null),
      kill() {
        operator.child.kill("SIGKILL");
        sidecar.signal("SIGKILL");
        operator.closed(clock.now().wallMs);
      },
      async terminate() {
        operator.child.kill("SIGTERM");
        await operator.exited;
        sidecar.signal("SIGTERM");
        await sidecar.ended;
      },
      signal(signal, processes) {
        if (processes.includes("worker")) operator.signal(signal);
        if (processes.includes("sidecar")) sidecar.signal(signal);
      },
      async blockWorker(forMs, where) {
        const count = operator.blocks();
        operator.child.stdin?.write(`${where === "at once" ? "block" : "block-write"} ${forMs}\n`);
        await until(`${name} is blocked`, () => operator.blocks() > count);
      },
      log: () => `${sidecar.messages().join("\n")}\n--- worker\n${operator.output()}`,
    };
  }

  async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
    const seen = (): string => pods.map((pod) => `=== ${pod.name}\n${pod.log()}`).join("\n");
    await eventually(isTrue, what, { limitMs: patienceMs, everyMs: 50, seen });
  }

  async function progress(what: string, sinceWallMs: number): Promise<void> {
    await until(what, () => effects.some(({ wallMs }) => wallMs > sinceWallMs));
  }

  for (const name of options.podNames) pods.push(await startPod(name));
  return {
    pods,
    effects,
    until,
    progress,
    async working(what, isMeant = () => true) {
      let found: FleetPod | undefined;
      await until(what, () => {
        const open = pods.filter((pod) => pod.isOpen());
        found = open.length === 1 && effects.at(-1)?.pod === open[0]?.name ? open[0] : undefined;
        return found !== undefined && isMeant(found);
      });
      return found as FleetPod;
    },
    violations: (counts = () => true) => violationsOf(openings, effects.filter(counts)),
    async close() {
      await Promise.all(endings.map((end) => end()));
      await api.call("DELETE", `/api/v1/namespaces/${namespace}`);
      await api.close();
    },
  };
}

interface WorkerLine {
  readonly message: string;
  readonly time: string;
  /** Of a loop that stands still now. */
  readonly forMs?: number;
}

interface Worker extends Program {
  closed(atMs: number): void;
  /** How often its loop has been made to stand still. */
  blocks(): number;
  signal(name: "SIGSTOP" | "SIGCONT"): void;
}

// A stopped process cannot look at its gate, let alone act. One that closes it within this time of its waking did so
// because of what it missed, and its gate was of no use from the stop on; what it may have written all the same, the
// observer of writes would see.
const wakingMs = 1000;

function spawnWorker(
  name: string,
  sidecar: SidecarProcess,
  apiPort: number,
  openings: Opening[],
  clock: Clock,
): Worker {
  let blocks = 0;
  const stop = { atMs: 0, untilMs: 0 };
  function closed(atMs: number): void {
    const endMs = atMs < stop.untilMs + wakingMs ? stop.atMs : atMs;
    for (const opening of openings)
      if (opening.pod === name) opening.toMs ??= Math.max(endMs, opening.fromMs);
  }
  function onLine(line: string): void {
    const { message, time, forMs = 0 } = JSON.parse(line) as WorkerLine;
    const atMs = Date.parse(time);
    if (message.startsWith("Blocked")) {
      blocks += 1;
      Object.assign(stop, { atMs, untilMs: atMs + forMs });
    }
    if (message === "Starting all operators") openings.push({ pod: name, fromMs: atMs, toMs: null });
    if (message.startsWith("Leadership lost!")) closed(atMs);
  }
  const env = {
    PATH: process.env["PATH"],
    POD_NAME: name,
    SIDECAR_URL: sidecar.origin,
    SERVICE_ACCOUNT_DIRECTORY: sidecar.accountDirectory,
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: String(apiPort),
  };
  const program = startProgram([worker], { env, onLine, hasInput: true });
  function signal(signalName: "SIGSTOP" | "SIGCONT"): void {
    stop[signalName === "SIGSTOP" ? "atMs" : "untilMs"] = clock.now().wallMs;
    program.child.kill(signalName);
  }
  return { ...program, closed, blocks: () => blocks, signal };
}
