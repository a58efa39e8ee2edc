// Whose cluster the replicas elect on: the embedded one, where they are pods of a Deployment (embedded-host.ts), or one
// that a kubeconfig leads to, where only their election takes place (foreign-host.ts). This is what both have in common.
import { request } from "undici";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import type { ObservedWrite } from "../dashboard/write-observer.ts";
import type { PortFinder } from "../replicas/free-port.ts";
import type { ProcessTable } from "../replicas/process-table.ts";
import type { Replica, ReplicaPorts } from "../replicas/replica.ts";
import type { Cluster } from "./cluster.ts";
import type { Fleet } from "./fleet.ts";

export interface Host {
  readonly namespace: string;
  /** A file for kubectl. */
  readonly kubeconfig: string;
  readonly access: ClusterAccess;
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
  /** What a plugin of a kubeconfig inherits; PATH alone if it is not given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly ports: PortFinder;
  readonly programs: { readonly sidecar: readonly string[]; readonly operator: readonly string[] };
  readonly processes: ProcessTable;
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

/** Ports for one more replica. */
export async function replicaPorts(ports: PortFinder): Promise<ReplicaPorts> {
  return {
    leader: await ports.find(firstPorts.leader),
    health: await ports.find(firstPorts.health),
    operator: await ports.find(firstPorts.operator),
  };
}

/** Ready when both of its containers say so. */
export async function probe(replica: Replica): Promise<boolean> {
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
