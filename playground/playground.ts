// The playground put together: a cluster (embedded or somebody else's), replicas on it, a name server, and what is to be
// known and done about them. It is handed its clock and its folder, so that tests and benches can run it whole.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { request } from "undici";
import type { Cache } from "../operator/controller/cache.ts";
import type { KubernetesObject } from "../operator/resources/kubernetes-object.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import { openCluster, ClusterError, type Cluster } from "./cluster/cluster.ts";
import { startEmbeddedHost } from "./cluster/embedded-host.ts";
import { startForeignHost } from "./cluster/foreign-host.ts";
import type { Host } from "./cluster/host.ts";
import { leaseName } from "./cluster/manifests.ts";
import { nameServerPodName, startNameServerPod } from "./cluster/name-server-pod.ts";
import {
  instanceName,
  setAddress,
  zoneFileType,
  zoneManifests,
  type ShownZoneFile,
} from "./cluster/zone-objects.ts";
import { createActionLog } from "./dashboard/action-log.ts";
import type { ActionName, ActionRecord } from "./dashboard/actions.ts";
import type { GateState, LeaseState, PlaygroundState, ReplicaState, ShownLine } from "./dashboard/state.ts";
import { createTermHistory, type TermRecord } from "./dashboard/term-history.ts";
import { createWriteObserver } from "./dashboard/write-observer.ts";
import type { PlaygroundOptions } from "./options.ts";
import { createPortFinder, type PortFinder } from "./replicas/free-port.ts";
import { findNamed, startNameServer, type FoundNamed, type NameServer } from "./replicas/name-server.ts";
import { createProcessTable, type ProcessTable } from "./replicas/process-table.ts";
import type { Replica } from "./replicas/replica.ts";

export interface Playground {
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly ports: PortFinder;
  readonly nameServer: NameServer | null;
  /** Why there is no name server, or what to install for the real one in place of the stand-in; else null. */
  readonly advice: string | null;
  state(): Promise<PlaygroundState>;
  /** Does something to a replica; null when there is none of that name. */
  act(action: ActionName, name: string): Promise<ActionRecord | null>;
  setAddress(address: string): Promise<void>;
  /** Calls back when something that the state shows has changed. */
  onChange(listener: () => void): () => void;
  onLine(listener: (line: ShownLine) => void): () => void;
  /** What was done so far. */
  actions(): readonly ActionRecord[];
  onTerm(listener: (term: TermRecord) => void): () => void;
  recentLines(): readonly ShownLine[];
  /** Ends every process and removes every file. */
  close(): Promise<void>;
}

export interface PlaygroundParts {
  /** For whoever may have to end in a hurry: where every process is noted that is started. */
  readonly processes?: ProcessTable;
  /** Where its ports come from; those of the guide and the next ones up, if it is not given. */
  readonly ports?: PortFinder;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Says what is going on while it starts. */
  readonly progress: (message: string) => void;
  /** PATH of the processes that are started. */
  readonly searchPath: string;
  /** What a plugin of a kubeconfig inherits; PATH alone if it is not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Looks for the named of this machine; in the usual places, if it is not given. */
  readonly findNamed?: () => Promise<FoundNamed | null>;
  readonly programs?: { readonly sidecar: readonly string[]; readonly operator: readonly string[] };
}

type AllParts = PlaygroundParts & Required<Pick<PlaygroundParts, "processes" | "ports">>;

const root = fileURLToPath(new URL("..", import.meta.url));
const node = [process.execPath, "--disable-warning=ExperimentalWarning"];
const sources = {
  sidecar: [...node, join(root, "sidecar/main.ts")],
  operator: [...node, join(root, "operator/main.ts")],
  agent: [...node, join(root, "operator/agent.ts")],
  standIn: [...node, join(root, "playground/stand-in/main.ts")],
};
const standInAdvice =
  "A stand-in serves the zone, since BIND 9 is not installed: apt install bind9 (brew install bind) brings the real named";
const gateTimeoutMs = 500;
const mostLines = 300;

export async function startPlayground(
  options: PlaygroundOptions,
  parts: PlaygroundParts,
): Promise<Playground> {
  const directory = await mkdtemp(join(tmpdir(), "bindy-playground-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(directory, { recursive: true, force: true })];
  try {
    return await assemble(
      options,
      { processes: createProcessTable(), ports: createPortFinder(), ...parts },
      directory,
      ends,
    );
  } catch (error) {
    await closeAll(ends);
    throw error;
  }
}

/** In the reverse order of their starts, each even if another failed. */
async function closeAll(ends: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends.toReversed()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, "not everything could be ended");
}

async function assemble(
  options: PlaygroundOptions,
  parts: AllParts,
  directory: string,
  ends: (() => Promise<unknown>)[],
): Promise<Playground> {
  const { ports, clock, random, log, progress } = parts;
  const history = createTermHistory();
  const observer = createWriteObserver();
  const actions = createActionLog(history, clock);
  const changeListeners = new Set<() => void>();
  const lineListeners = new Set<(line: ShownLine) => void>();
  const lines: ShownLine[] = [];
  const seen = new WeakSet<object>();

  function changed(): void {
    for (const replica of host.fleet?.replicas() ?? []) attach(replica);
    for (const listener of changeListeners) listener();
  }

  /** Follows the log of whatever runs now; a restarted container has a new one. */
  function attach(replica: Replica): void {
    for (const container of [replica.sidecar, replica.operator]) {
      const book = container.log();
      if (seen.has(book)) continue;
      seen.add(book);
      const isOperator = container === replica.operator;
      if (isOperator) history.ended(replica.name, clock.now().wallMs);
      const take = (line: { wallMs: number; text: string }): void => {
        if (isOperator) history.read(replica.name, line.text, line.wallMs);
        const shown = { replica: replica.name, container: container.name, ...line };
        lines.push(shown);
        if (lines.length > mostLines) lines.shift();
        for (const listener of lineListeners) listener(shown);
      };
      for (const line of book.lines()) take(line);
      book.follow(take);
    }
    if (replica.operator.pid() === null) history.ended(replica.name, clock.now().wallMs);
  }
  history.onOpen(() => changed());

  const hostOptions = {
    ...parts,
    directory,
    ports,
    programs: parts.programs ?? sources,
    replicas: options.replicas,
    onChange: changed,
    onWrite: observer.observe,
  };
  const host: Host =
    options.kubeconfig === null
      ? await startEmbeddedHost(hostOptions)
      : await startForeignHost({ ...hostOptions, kubeconfig: options.kubeconfig });
  ends.push(host.close);
  const cluster = openCluster({ access: host.access, clock, random, log });
  ends.push(cluster.close);
  await createAll(cluster, zoneManifests(host.namespace, options.kubeconfig === null ? 1 : 0));
  const zoneFiles = cluster.follow<ShownZoneFile>(zoneFileType, { namespace: host.namespace });
  const leases = cluster.follow<LeaseObject>(leaseType, { namespace: host.namespace });
  zoneFiles.onChange(changed);
  leases.onChange(changed);
  const { nameServer, advice } = await nameServerFor(options, parts, host, ports, directory, changed);
  if (nameServer) ends.push(nameServer.close);
  if (nameServer && options.kubeconfig === null) {
    const isRunning = (): boolean => nameServer.named.pid() !== null && nameServer.agent.pid() !== null;
    const pod = await startNameServerPod({ cluster, namespace: host.namespace, isRunning, clock, log });
    ends.push(pod.close);
    changeListeners.add(pod.look);
  }
  progress(`Starting ${options.replicas} replicas, each a sidecar and an operator`);
  await host.startFleet(cluster);

  async function state(): Promise<PlaygroundState> {
    const replicas = host.fleet?.replicas() ?? [];
    const shown = await Promise.all(
      replicas.map((replica) => replicaState(replica, host.fleet?.isReady(replica.name) ?? false)),
    );
    return {
      atMs: clock.now().wallMs,
      replicas: shown,
      lease: leaseState(leases, host.namespace),
      terms: history.terms(),
      actions: actions.records(),
      writes: options.kubeconfig === null ? observer.summary() : null,
      zone: zoneState(zoneFiles),
      nameServer: nameServer && { port: nameServer.port, isStandIn: nameServer.isStandIn },
      advice,
      kubeconfig: host.kubeconfig,
      namespace: host.namespace,
    };
  }

  async function act(action: ActionName, name: string): Promise<ActionRecord | null> {
    const replica = host.fleet?.replicas().find((candidate) => candidate.name === name);
    if (replica === undefined || host.fleet === null) return null;
    const record = actions.begin(action, name);
    if (action === "kill-operator") replica.killOperator();
    else if (action === "kill") await host.fleet.kill(name);
    else if (action === "terminate") await host.fleet.terminate(name);
    else replica[action]();
    changed();
    return record;
  }

  let isClosed = false;
  return {
    kubeconfig: host.kubeconfig,
    namespace: host.namespace,
    ports,
    nameServer,
    advice,
    state,
    act,
    setAddress: (address) => setAddress(cluster, host.namespace, address),
    onChange(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    onLine(listener) {
      lineListeners.add(listener);
      return () => lineListeners.delete(listener);
    },
    actions: actions.records,
    onTerm: history.onOpen,
    recentLines: () => lines,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await closeAll(ends);
    },
  };
}

async function createAll(cluster: Cluster, placed: ReturnType<typeof zoneManifests>): Promise<void> {
  for (const { path, object } of placed) {
    try {
      await cluster.send({ method: "POST", path, body: object });
    } catch (error) {
      if (!(error instanceof ClusterError && error.status === 409)) throw error;
    }
  }
}

async function nameServerFor(
  options: PlaygroundOptions,
  { processes, clock, searchPath, environment = {}, findNamed: findOwn }: AllParts,
  host: Host,
  ports: PortFinder,
  directory: string,
  onChange: () => void,
): Promise<{ readonly nameServer: NameServer | null; readonly advice: string | null }> {
  if (!options.isNamedWanted)
    return { nameServer: null, advice: "Started with --no-named: the zone is shown only" };
  const found = await (findOwn ?? findNamed)();
  const own = join(directory, "name-server");
  await mkdir(own, { recursive: true });
  const nameServer = await startNameServer({
    found,
    standInCommand: sources.standIn,
    searchPath,
    environment,
    directory: own,
    port: await ports.find(5353),
    agentPort: await ports.find(18_290),
    instance: { namespace: host.namespace, name: instanceName },
    podName: nameServerPodName,
    agentCommand: sources.agent,
    access: await host.project(join(own, "access"), null),
    processes,
    clock,
    onChange,
  });
  return { nameServer, advice: found === null ? standInAdvice : null };
}

async function replicaState(replica: Replica, isReady: boolean): Promise<ReplicaState> {
  const gate = await gateOf(replica);
  return {
    name: replica.name,
    leader: gate?.isOpen ?? false,
    ready: isReady,
    ending: replica.isEnding(),
    frozen: replica.isFrozen(),
    cut: replica.isCut(),
    ports: replica.ports,
    pids: { sidecar: replica.sidecar.pid(), operator: replica.operator.pid() },
    restarts: { sidecar: replica.sidecar.restarts(), operator: replica.operator.restarts() },
    gate,
  };
}

/** Asks the operator about its gate: a question to the sidecar would cost a promise, and so delay a hand-over. */
async function gateOf(replica: Replica): Promise<GateState | null> {
  if (replica.operator.pid() === null || replica.operator.isFrozen()) return null;
  try {
    const signal = AbortSignal.timeout(gateTimeoutMs);
    const { statusCode, body } = await request(`http://127.0.0.1:${replica.ports.operator}/leadership`, {
      signal,
    });
    return statusCode === 200 ? ((await body.json()) as GateState) : null;
  } catch {
    return null; // it is starting, or just died: the state says so by this null
  }
}

interface LeaseObject extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseTransitions?: number;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}

const leaseType = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", plural: "leases" };

function leaseState(leases: Cache<LeaseObject>, namespace: string): LeaseState | null {
  const lease = leases.get(`${namespace}/${leaseName}`);
  if (lease === null) return null;
  const { spec = {}, metadata } = lease;
  return {
    namespace,
    name: leaseName,
    holderIdentity: spec.holderIdentity ?? "",
    leaseTransitions: spec.leaseTransitions ?? 0,
    leaseDurationSeconds: spec.leaseDurationSeconds ?? 0,
    acquireTime: spec.acquireTime ?? null,
    renewTime: spec.renewTime ?? null,
    resourceVersion: metadata.resourceVersion ?? "",
    annotations: metadata.annotations ?? {},
  };
}

function zoneState(zoneFiles: Cache<ShownZoneFile>): PlaygroundState["zone"] {
  const file = zoneFiles.list()[0];
  if (file === undefined) return null;
  const { zoneName, serial, text = "" } = file.spec;
  return { zoneName, serial, text };
}
