// Whose cluster the replicas elect on: the embedded one, where they are pods of a Deployment, or one that a kubeconfig
// leads to, where only their election takes place, in a namespace of its own.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { request } from "undici";
import { parse, stringify } from "yaml";
import { loadCredentials, type Credentials } from "../../operator/kubernetes/credentials.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import { startApiServer, type ApiServer } from "../api-server/api-server.ts";
import type { AuditRecord } from "../api-server/audit.ts";
import type { PodLog } from "../api-server/pod-log.ts";
import type { ObservedWrite } from "../dashboard/write-observer.ts";
import type { PortFinder } from "../replicas/free-port.ts";
import type { Container } from "../replicas/container.ts";
import { startReplica, type Replica } from "../replicas/replica.ts";
import { ClusterError, openCluster, type Cluster } from "./cluster.ts";
import { startDeploymentController } from "./deployment-controller.ts";
import { startLocalFleet, type Fleet } from "./fleet.ts";
import { startKubelet } from "./kubelet.ts";
import {
  definitionManifests,
  deploymentName,
  electionManifests,
  guideNamespace,
  workloadManifests,
  type Placed,
} from "./manifests.ts";
import { deploymentType, environmentOf, podType, type Deployment, type Pod } from "./pod.ts";

export interface Host {
  readonly namespace: string;
  /** A file for kubectl. */
  readonly kubeconfig: string;
  readonly credentials: Credentials;
  /** null until it was started. */
  readonly fleet: Fleet | null;
  /**
   * Writes, into `directory`, what leads a process to the API server (by way of `link`, a port of the loopback, if
   * there is one), and returns the variables that tell it so.
   */
  project(directory: string, link: number | null): Promise<Readonly<Record<string, string>>>;
  startFleet(cluster: Cluster): Promise<void>;
  close(): Promise<void>;
}

export interface HostOptions {
  readonly directory: string;
  readonly replicas: number;
  /** PATH of the processes. */
  readonly searchPath: string;
  readonly ports: PortFinder;
  readonly programs: { readonly sidecar: readonly string[]; readonly operator: readonly string[] };
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly progress: (message: string) => void;
  readonly onChange: () => void;
  readonly onWrite: (write: ObservedWrite) => void;
}

// As in the guide; the next ones up for the other replicas, or where these are busy.
const firstPorts = { leader: 4040, health: 18_081, operator: 18_181 };
const probeTimeoutMs = 1000;

/** The embedded API server, with a kubelet and a Deployment's controller for its pods. */
export async function startEmbeddedHost(options: HostOptions): Promise<Host> {
  const { clock, random, log, directory, progress } = options;
  progress("Starting an embedded Kubernetes API server");
  let fleet: Fleet | null = null;
  const podLog: PodLog = (wanted) => {
    const replica = fleet?.replicas().find(({ name }) => name === wanted.name);
    if (replica === undefined) return { error: `no processes run for the pod ${wanted.name}` };
    const container = [replica.sidecar, replica.operator].find(({ name }) => name === wanted.container);
    const book = wanted.previous ? container?.previousLog() : container?.log();
    if (!book)
      return {
        error: `previous terminated container "${wanted.container}" in pod "${wanted.name}" not found`,
      };
    return linesOf(book, wanted);
  };
  const server = await startApiServer({
    clock,
    random,
    log,
    hooks: { podLog, observe: (record) => observe(record, options) },
  });
  const kubeconfig = join(directory, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  const credentials = credentialsOf(server, server.adminToken);
  const cluster = openCluster({ credentials, clock, random, log });
  const first = [
    ...electionManifests(guideNamespace),
    ...definitionManifests(),
    ...workloadManifests(guideNamespace, options.replicas),
  ];
  for (const { path, object } of first) await cluster.send({ method: "POST", path, body: object });
  await cluster.close();

  async function projectFor(pod: { name: string; uid: string } | null, into: string, link: number | null) {
    await mkdir(into, { recursive: true });
    const bound = pod === null ? {} : { pod };
    const token = server.issueToken({ namespace: guideNamespace, serviceAccount: deploymentName, ...bound });
    await writeFile(join(into, "token"), token, { mode: 0o600 });
    await writeFile(join(into, "ca.crt"), server.certificateAuthority);
    await writeFile(join(into, "namespace"), guideNamespace);
    return {
      KUBERNETES_SERVICE_HOST: "127.0.0.1",
      KUBERNETES_SERVICE_PORT: String(link ?? server.port),
      SERVICE_ACCOUNT_DIRECTORY: into,
    };
  }

  let closeFleet = async (): Promise<void> => {};

  async function startFleet(opened: Cluster): Promise<void> {
    const pods = opened.follow<Pod>(podType, {
      namespace: guideNamespace,
      labelSelector: `app=${deploymentName}`,
    });
    const deployments = opened.follow<Deployment>(deploymentType, { namespace: guideNamespace });
    const kubelet = startKubelet({
      cluster: opened,
      pods,
      start: async (pod, onChange) => {
        const { name, uid = "" } = pod.metadata;
        const own = join(directory, name);
        return await startReplica({
          name,
          uid,
          directory: own,
          ports: await replicaPorts(options.ports),
          api: { host: "127.0.0.1", port: server.port },
          project: (port) => projectFor({ name, uid }, own, port),
          programs: options.programs,
          environment: { PATH: options.searchPath, ...environmentOf(pod) },
          clock,
          onChange,
        });
      },
      probe,
      onChange: () => {
        controller.look();
        options.onChange();
      },
      clock,
      log,
    });
    const controller = startDeploymentController({
      cluster: opened,
      deployments,
      pods,
      isPodReady: kubelet.isReady,
      clock,
      random,
      log,
    });
    fleet = {
      replicas: kubelet.replicas,
      isReady: kubelet.isReady,
      kill: kubelet.destroy,
      async terminate(name) {
        const path = `/api/v1/namespaces/${guideNamespace}/pods/${name}`;
        await opened.send({ method: "DELETE", path });
      },
      close: kubelet.close,
    };
    closeFleet = async () => {
      await controller.close();
      await kubelet.close();
    };
  }

  return {
    namespace: guideNamespace,
    kubeconfig,
    credentials,
    get fleet() {
      return fleet;
    },
    project: (into, link) => projectFor(null, into, link),
    startFleet,
    async close() {
      await closeFleet();
      await server.close();
    },
  };
}

/** Somebody's own API server: the same replicas, without pods, in a namespace that is removed at the end. */
export async function startForeignHost(
  options: HostOptions & { readonly kubeconfig: string },
): Promise<Host> {
  const { clock, random, log, progress } = options;
  const file = resolve(options.kubeconfig);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Error(`the kubeconfig ${file} cannot be read`, { cause: error });
  });
  const credentials = await loadCredentials({
    kubeconfig: file,
    serviceHost: undefined,
    servicePort: undefined,
    clock,
  });
  const { server } = credentials;
  const namespace = `bindy-playground-${random.name(3)}`;
  progress(`Using ${server.origin}, in the namespace ${namespace}`);
  const cluster = openCluster({ credentials, clock, random, log });
  const created: Placed[] = [];
  let fleet: Fleet | null = null;

  async function remove(): Promise<void> {
    progress(`Removing the namespace ${namespace}`);
    for (const { path, object } of created.toReversed()) {
      const { name } = object["metadata"] as { name: string };
      const isNamespaced = path.includes("/namespaces/");
      if (!isNamespaced) await cluster.send({ method: "DELETE", path: `${path}/${name}` });
    }
    await cluster.close();
  }

  try {
    for (const placed of [...electionManifests(namespace), ...definitionManifests()]) {
      try {
        await cluster.send({ method: "POST", path: placed.path, body: placed.object });
        created.push(placed);
      } catch (error) {
        const isThere = error instanceof ClusterError && error.status === 409;
        if (!isThere) throw error;
      }
    }
  } catch (error) {
    await remove();
    throw error;
  }

  async function project(into: string, link: number | null): Promise<Readonly<Record<string, string>>> {
    await mkdir(into, { recursive: true });
    const target = join(into, "kubeconfig");
    await writeFile(target, link === null ? text : rerouted(text, dirname(file), server, link), {
      mode: 0o600,
    });
    return { KUBECONFIG: target, LEASE_NAMESPACE: namespace, WATCH_NAMESPACE: namespace };
  }

  async function start(name: string, onChange: (replica: Replica) => void): Promise<Replica> {
    const own = join(options.directory, name);
    return await startReplica({
      name,
      uid: random.name(16),
      directory: own,
      ports: await replicaPorts(options.ports),
      api: { host: server.hostname.replace(/^\[|\]$/g, ""), port: Number(server.port || "443") },
      project: (port) => project(own, port),
      programs: options.programs,
      environment: { PATH: options.searchPath },
      clock,
      onChange,
    });
  }

  return {
    namespace,
    kubeconfig: file,
    credentials,
    get fleet() {
      return fleet;
    },
    project,
    async startFleet() {
      const { replicas: count, onChange } = options;
      fleet = await startLocalFleet({ count, start, probe, onChange, clock, random });
    },
    async close() {
      await fleet?.close();
      await remove();
    },
  };
}

/** The same kubeconfig by way of a relay on the loopback; the certificate is still checked for the real name. */
function rerouted(text: string, folder: string, server: URL, link: number): string {
  interface Kubeconfig {
    clusters?: { cluster?: Record<string, unknown> }[];
    users?: { user?: Record<string, unknown> }[];
  }
  const config = parse(text) as Kubeconfig;
  const parts = [
    ...(config.clusters ?? []).map(({ cluster = {} }) => cluster),
    ...(config.users ?? []).map(({ user = {} }) => user),
  ];
  for (const part of parts) {
    for (const key of ["certificate-authority", "client-certificate", "client-key", "tokenFile"]) {
      const path = part[key];
      if (typeof path === "string" && !isAbsolute(path)) part[key] = resolve(folder, path);
    }
    const { server: address } = part;
    if (typeof address === "string" && new URL(address).host === server.host) {
      part["server"] = `https://127.0.0.1:${link}`;
      part["tls-server-name"] ??= server.hostname;
    }
  }
  return stringify(config);
}

async function replicaPorts(ports: PortFinder) {
  return {
    leader: await ports.find(firstPorts.leader),
    health: await ports.find(firstPorts.health),
    operator: await ports.find(firstPorts.operator),
  };
}

/** Ready when both of its containers say so. */
async function probe(replica: Replica): Promise<boolean> {
  try {
    for (const port of [replica.ports.health, replica.ports.operator]) {
      const signal = AbortSignal.timeout(probeTimeoutMs);
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/readyz`, { signal });
      await body.dump();
      if (statusCode !== 200) return false;
    }
    return true;
  } catch {
    return false; // nothing listens there yet: that is what "not ready" means
  }
}

function credentialsOf(server: ApiServer, token: string): Credentials {
  return {
    server: new URL(server.url),
    tls: { ca: Buffer.from(server.certificateAuthority) },
    headers: async () => ({ authorization: `Bearer ${token}` }),
  };
}

function observe(record: AuditRecord, options: HostOptions): void {
  const isWrite = !["get", "list", "watch"].includes(record.verb);
  if (!isWrite || record.fencingToken === "" || record.podName === "") return;
  options.onWrite({
    wallMs: record.atMs,
    pod: record.podName,
    fencingToken: record.fencingToken,
    what: `${record.verb} ${record.resource} ${record.namespace}/${record.name}`,
    status: record.status,
  });
}

async function* linesOf(
  book: ReturnType<Container["log"]>,
  wanted: Parameters<PodLog>[0],
): AsyncGenerator<string, void> {
  const show = ({ wallMs, text }: { wallMs: number; text: string }): string =>
    wanted.timestamps ? `${new Date(wallMs).toISOString()} ${text}` : text;
  const since = wanted.sinceTime === "" ? 0 : Date.parse(wanted.sinceTime);
  const known = book.lines().filter(({ wallMs }) => wallMs >= since);
  const tail = wanted.tailLines === null ? known : known.slice(Math.max(0, known.length - wanted.tailLines));
  const waiting = tail.map(show);
  if (!wanted.follow) return void (yield* waiting);
  let wake = (): void => {};
  wanted.signal.addEventListener("abort", () => wake(), { once: true });
  const stop = book.follow((line) => {
    // A reader that is too slow loses the oldest lines, as a rotated log does.
    if (waiting.length < 10_000) waiting.push(show(line));
    wake();
  });
  try {
    while (!wanted.signal.aborted) {
      yield* waiting.splice(0);
      const { promise, resolve: next } = Promise.withResolvers<void>();
      wake = next;
      if (waiting.length === 0 && !wanted.signal.aborted) await promise;
    }
  } finally {
    stop();
  }
}
