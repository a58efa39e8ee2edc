// The playground put together: a cluster (embedded or somebody else's), replicas on it, a name server, and what is to be
// known and done about them. It is handed its clock and its folder, so that tests and benches can run it whole.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { Random } from "../platform/random.ts";
import { openCluster, ClusterError, type Cluster } from "./cluster/cluster.ts";
import { startEmbeddedHost } from "./cluster/embedded-host.ts";
import { startForeignHost } from "./cluster/foreign-host.ts";
import type { Host } from "./cluster/host.ts";
import { nameServerPodName, startNameServerPod } from "./cluster/name-server-pod.ts";
import {
  instanceName,
  setAddress,
  zoneFileType,
  zoneManifests,
  type ShownZoneFile,
} from "./cluster/zone-objects.ts";
import { createActionLog, type ActionLog } from "./dashboard/action-log.ts";
import type { ActionName, ActionRecord } from "./dashboard/actions.ts";
import { createFollower, type Follower } from "./dashboard/follower.ts";
import { leaseState, leaseType, replicaState, zoneState, type LeaseObject } from "./dashboard/shown.ts";
import type { PlaygroundState, ReplicaState, ShownLine } from "./dashboard/state.ts";
import type { TermRecord } from "./dashboard/term-history.ts";
import { createWriteObserver, type WriteObserver } from "./dashboard/write-observer.ts";
import type { PlaygroundOptions } from "./options.ts";
import { createPortFinder, type PortFinder } from "./replicas/free-port.ts";
import { findNamed, startNameServer, type NameServer } from "./replicas/name-server.ts";
import { createProcessTable, type ProcessTable } from "./replicas/process-table.ts";

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
  /** Every process that is started is noted here, for an end in a hurry. */
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
  readonly findNamed?: () => Promise<string | null>;
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
  const follower = createFollower(clock);
  const observer = createWriteObserver();
  const host = await startHost(options, parts, { directory, follower, observer });
  ends.push(host.close);
  follower.follow(() => host.fleet?.replicas() ?? []);
  const cluster = openCluster({ access: host.access, clock, random, log });
  ends.push(cluster.close);
  await createAll(cluster, zoneManifests(host.namespace, options.kubeconfig === null ? 1 : 0));
  const objects = followObjects(cluster, host.namespace, follower);
  const { nameServer, advice } = await nameServerFor(options, parts, host, directory, follower.changed);
  if (nameServer) ends.push(nameServer.close);
  if (nameServer && options.kubeconfig === null) {
    const isRunning = (): boolean => nameServer.named.pid() !== null && nameServer.agent.pid() !== null;
    const pod = await startNameServerPod({ cluster, namespace: host.namespace, isRunning, clock, log });
    ends.push(pod.close);
    follower.onChange(pod.look);
  }
  progress(`Starting ${options.replicas} replicas, each a sidecar and an operator`);
  await host.startFleet(cluster);

  const { history, changed, onChange, onLine, recentLines } = follower;
  const actions = createActionLog(history, clock);
  const { kubeconfig, namespace } = host;
  const place = { ports, nameServer, advice, kubeconfig, namespace };
  let isClosed = false;
  return {
    ...place,
    async state() {
      const name = nameServer && { port: nameServer.port, isStandIn: nameServer.isStandIn };
      return {
        atMs: clock.now().wallMs,
        replicas: await replicaStates(host),
        lease: leaseState(objects.leases, namespace),
        terms: history.terms(),
        actions: actions.records(),
        writes: options.kubeconfig === null ? observer.summary() : null,
        zone: zoneState(objects.zoneFiles),
        nameServer: name,
        advice,
        kubeconfig,
        namespace,
      };
    },
    act: (action, name) => act(host, actions, action, name, changed),
    setAddress: (address) => setAddress(cluster, namespace, address),
    onChange,
    onLine,
    actions: actions.records,
    onTerm: history.onOpen,
    recentLines,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await closeAll(ends);
    },
  };
}

interface HostPlace {
  readonly directory: string;
  readonly follower: Follower;
  readonly observer: WriteObserver;
}

async function startHost(
  options: PlaygroundOptions,
  parts: AllParts,
  { directory, follower, observer }: HostPlace,
): Promise<Host> {
  const { kubeconfig, replicas } = options;
  const programs = parts.programs ?? sources;
  const hostOptions = {
    ...parts,
    directory,
    programs,
    replicas,
    onChange: follower.changed,
    onWrite: observer.observe,
  };
  return kubeconfig === null
    ? await startEmbeddedHost(hostOptions)
    : await startForeignHost({ ...hostOptions, kubeconfig });
}

function followObjects(cluster: Cluster, namespace: string, { changed }: Follower) {
  const zoneFiles = cluster.follow<ShownZoneFile>(zoneFileType, { namespace });
  const leases = cluster.follow<LeaseObject>(leaseType, { namespace });
  zoneFiles.onChange(changed);
  leases.onChange(changed);
  return { zoneFiles, leases };
}

async function replicaStates({ fleet }: Host): Promise<ReplicaState[]> {
  const replicas = fleet?.replicas() ?? [];
  return await Promise.all(
    replicas.map((replica) => replicaState(replica, fleet?.isReady(replica.name) ?? false)),
  );
}

async function act(
  { fleet }: Host,
  actions: ActionLog,
  action: ActionName,
  name: string,
  changed: () => void,
): Promise<ActionRecord | null> {
  const replica = fleet?.replicas().find((candidate) => candidate.name === name);
  if (replica === undefined || fleet === null) return null;
  const record = actions.begin(action, name);
  if (action === "kill-operator") replica.killOperator();
  else if (action === "kill") await fleet.kill(name);
  else if (action === "terminate") await fleet.terminate(name);
  else replica[action]();
  changed();
  return record;
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
  { processes, ports, clock, searchPath, environment = {}, findNamed: findOwn }: AllParts,
  host: Host,
  directory: string,
  onChange: () => void,
): Promise<{ readonly nameServer: NameServer | null; readonly advice: string | null }> {
  if (!options.isNamedWanted)
    return { nameServer: null, advice: "Started with --no-named: the zone is shown only" };
  const program = await (findOwn ?? findNamed)();
  const own = join(directory, "name-server");
  await mkdir(own, { recursive: true });
  const nameServer = await startNameServer({
    program,
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
  return { nameServer, advice: program === null ? standInAdvice : null };
}
