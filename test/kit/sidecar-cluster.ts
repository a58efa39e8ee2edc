// Sidecars and gates as child processes on one API server, and a proxy between each of them and it that can be told to fail. The times are a fifth of the guide's, so that a hand-over takes seconds.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { followLeader, type FollowedLeadership } from "../../gate/follow.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { kubeconfigOf } from "../../api-server/access/certificates.ts";
import { inheritedEnvironment } from "../../playground/replicas/container.ts";
import { eventually as eventuallyFound } from "./eventually.ts";
import { ports } from "./ports.ts";
import { startProgram, type Program } from "./program.ts";
import { startRelay } from "./relay.ts";
import { startSidecar, type Sidecar } from "./sidecar.ts";
import { openContractClient, type ContractClient, type ContractTarget } from "../contract/target.ts";

export const clock = createSystemClock();
export const leasePath = "/apis/coordination.k8s.io/v1/namespaces/default/leases/bindy-leader";
const inherited = inheritedEnvironment({ searchPath: process.env["PATH"] ?? "", environment: process.env });
const gateProgram = fileURLToPath(new URL("./gate-program-fixture.ts", import.meta.url));

/**
 * Waits until `what` holds; what is timed, a test times itself. If it never holds, the error tells of every program that was
 * started and not yet ended by its test: whether it runs, and what it said last.
 */
export async function eventually(
  what: () => boolean | Promise<boolean>,
  message: string,
  limitMs = 30_000,
): Promise<void> {
  await eventuallyFound(what, message, { limitMs, seen: () => [...watched].map(describeProgram).join("\n") });
}

const watched = new Set<Program>();
const mostToldLines = 15;

function describeProgram({ child, output, lastAnswer }: Program & Partial<Sidecar>): string {
  const ended = child.exitCode ?? child.signalCode;
  const state = ended === null ? "runs" : `has ended with ${ended}`;
  const said = output().trimEnd().split("\n").slice(-mostToldLines).join("\n");
  const answer = lastAnswer?.();
  const answered = answer === undefined ? "" : `\nits last answer: ${JSON.stringify(answer)}`;
  return `--- ${child.spawnargs.slice(1).join(" ")} (${child.pid}) ${state}${answered}\n${said}`;
}

/** A gate in this process, on a sidecar's port. */
export function follow(port: number): FollowedLeadership {
  return followLeader({
    url: new URL(`http://127.0.0.1:${port}`),
    gateName: "test",
    podName: null,
    waitMs: 200,
    leaseName: "bindy-leader",
    clock,
    log: createLog("silent", {}),
  });
}

/** A port that is free, and stays so until the program that it is meant for listens on it. */
export function freePort(): Promise<number> {
  return ports.find(20_000);
}

/** `silent`: takes everything and answers nothing; `nonsense`: answers what is neither TLS nor HTTP. */
export type ProxyMode = "pass" | "away" | "silent" | "nonsense";

export interface Proxy {
  readonly port: number;
  /** Connections that exist end with a change of mode, but for `silent`: there they only fall silent. */
  set(mode: ProxyMode): void;
  close(): Promise<void>;
}

async function startProxy(targetPort: number): Promise<Proxy> {
  let mode: ProxyMode = "pass";
  const relay = await startRelay((socket, through) => {
    if (mode === "away") return void socket.resetAndDestroy();
    if (mode === "nonsense") return void socket.end("SSH-2.0-nobody\r\n");
    through(connect(targetPort, "127.0.0.1"), () => mode === "pass");
  });
  return {
    port: relay.port,
    set(next) {
      mode = next;
      if (next !== "silent") relay.drop();
    },
    close: relay.close,
  };
}

/** Any program, with an environment like a pod's; it is told of by an `eventually` that waits in vain. */
export function run(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  program = process.execPath,
): Program {
  return watch(startProgram(args, { env: { ...inherited, ...env }, program }));
}

function watch<T extends Program>(program: T): T {
  watched.add(program);
  // A program that the test ended is not what it waits for; one that ended by itself may be why.
  program.child.once("close", () => {
    if (program.child.killed) watched.delete(program);
  });
  return program;
}

export async function leads(sidecar: Sidecar): Promise<boolean> {
  return (await sidecar.ask())?.isLeader === true;
}

/** How many lead. Throws when two say so, and when one has crashed. */
export async function countLeaders(sidecars: readonly Sidecar[]): Promise<number> {
  const told = await Promise.all(sidecars.map((sidecar) => leads(sidecar)));
  const count = told.filter(Boolean).length;
  assert.ok(count <= 1, "two lead");
  for (const { child, output } of sidecars) assert.equal(child.exitCode, null, output());
  return count;
}

export interface Cluster {
  readonly api: ContractClient;
  /** The environment of a sidecar that reaches the API server over `proxy`. */
  environment(
    podName: string,
    proxy: Proxy,
    extra?: Readonly<Record<string, string>>,
  ): Promise<Record<string, string>>;
  proxy(): Promise<Proxy>;
  sidecar(environment: Readonly<Record<string, string>>): Sidecar;
  /** A sidecar on a proxy of its own. */
  startPod(podName: string, extra?: Readonly<Record<string, string>>): Promise<Sidecar>;
  /** A gate in a process of its own, which logs as an operator does. */
  gate(sidecar: Sidecar, environment?: Readonly<Record<string, string>>): Program;
  /** Any other program, ended with the rest. */
  program(args: readonly string[]): Program;
  holder(): Promise<string>;
  /** Ends what a test has left behind, and takes the lease away. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function startCluster(target: ContractTarget): Promise<Cluster> {
  const api = openContractClient(target);
  const apiPort = Number(new URL(target.url).port);
  const folder = mkdtempSync(join(tmpdir(), "process-test-"));
  const proxies: Proxy[] = [];
  const programs: Program[] = [];
  let files = 0;

  function started<T extends Program>(program: T): T {
    programs.push(program);
    return program;
  }

  const cluster: Cluster = {
    api,
    async environment(podName, proxy, extra = {}) {
      const kubeconfig = join(folder, `kubeconfig-${(files += 1)}`);
      const url = `https://127.0.0.1:${proxy.port}`;
      writeFileSync(kubeconfig, kubeconfigOf(url, target.certificateAuthority, target.adminToken));
      return {
        POD_NAME: podName,
        POD_UID: `uid-of-${podName}`,
        KUBECONFIG: kubeconfig,
        LEASE_NAMESPACE: "default",
        LEADER_PORT: String(await freePort()),
        HEALTH_PORT: String(await freePort()),
        LEASE_DURATION_SECONDS: "3",
        LEASE_RENEW_DEADLINE_SECONDS: "2",
        LEASE_RETRY_PERIOD_SECONDS: "0.5",
        OPERATOR_TIMEOUT_SECONDS: "0",
        ...extra,
      };
    },
    async proxy() {
      const proxy = await startProxy(apiPort);
      proxies.push(proxy);
      return proxy;
    },
    sidecar: (environment) => started(watch(startSidecar({ ...inherited, ...environment }))),
    startPod: async (podName, extra) =>
      cluster.sidecar(await cluster.environment(podName, await cluster.proxy(), extra)),
    gate: (sidecar, environment = {}) => started(run([gateProgram, sidecar.url], environment)),
    program: (args) => started(run(args, {})),
    async holder() {
      const { body } = await api.call("GET", leasePath);
      return (body.spec as { holderIdentity?: string } | undefined)?.holderIdentity ?? "";
    },
    async clear() {
      for (const { child, exited } of programs.splice(0)) {
        child.kill("SIGKILL");
        await exited;
      }
      watched.clear();
      await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
      await api.call("DELETE", leasePath);
      await api.call("POST", leasePath.replace(/\/[^/]*$/, ""), {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "bindy-leader", annotations: { "bindy.firestoned.io/created-empty": "true" } },
      });
    },
    async close() {
      await cluster.clear();
      await api.close();
      rmSync(folder, { recursive: true });
    },
  };
  await cluster.clear();
  return cluster;
}
