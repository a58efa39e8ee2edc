// A replica: what one pod of the Deployment is, as two real processes on this machine. The sidecar is a native one: it
// starts first, and on a gentle end it is told only after the operator has ended.
import { rm } from "node:fs/promises";
import type { Clock } from "../../platform/clock.ts";
import { openApiLink, type ApiLink } from "./api-link.ts";
import { createContainer, type Container } from "./container.ts";
import type { ProcessTable } from "./process-table.ts";

export interface ReplicaPorts {
  /** /leader, on the loopback. */
  readonly leader: number;
  /** The sidecar's health and metrics. */
  readonly health: number;
  /** The operator's. */
  readonly operator: number;
}

export interface ReplicaOptions {
  readonly name: string;
  readonly uid: string;
  readonly ports: ReplicaPorts;
  readonly api: { readonly host: string; readonly port: number };
  /** Writes what a process needs to reach the API by way of `port`; returns the variables that tell it so. */
  readonly project: (port: number) => Promise<Readonly<Record<string, string>>>;
  /** Where `project` put its files; removed with the replica. */
  readonly directory: string;
  readonly programs: { readonly sidecar: readonly string[]; readonly operator: readonly string[] };
  /** Besides what the pod itself sets. */
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  /** Called whenever one of its processes starts or ends, and when it is cut off or healed. */
  readonly onChange: (replica: Replica) => void;
}

export interface Replica {
  readonly name: string;
  readonly uid: string;
  readonly ports: ReplicaPorts;
  readonly sidecar: Container;
  readonly operator: Container;
  isEnding(): boolean;
  isCut(): boolean;
  isFrozen(): boolean;
  /** SIGKILL of the operator, which comes back. */
  killOperator(): void;
  /** Both processes are gone at once, and the replica with them. */
  kill(): Promise<void>;
  /** The order of a native sidecar: the operator ends first, then the sidecar. Resolves when both have. */
  terminate(graceMs: number): Promise<void>;
  freeze(): void;
  thaw(): void;
  cut(): void;
  heal(): void;
}

/** Starts a replica. */
export async function startReplica(options: ReplicaOptions): Promise<Replica> {
  const { name, ports, clock } = options;
  const link: ApiLink = await openApiLink(options.api.host, options.api.port);
  const access = await options.project(link.port);
  const shared = { ...options.environment, ...access, POD_NAME: name, POD_UID: options.uid, HOSTNAME: name };
  const container = (
    role: "sidecar" | "operator",
    label: string,
    environment: Readonly<Record<string, string>>,
  ): Container =>
    createContainer({
      name: label,
      command: options.programs[role],
      environment: { ...shared, ...environment },
      processes: options.processes,
      clock,
      onChange: changed,
    });
  const sidecar = container("sidecar", "leader-sidecar", {
    LEADER_PORT: String(ports.leader),
    HEALTH_PORT: String(ports.health),
  });
  const operator = container("operator", "operator", {
    LEADER_URL: `http://127.0.0.1:${ports.leader}`,
    OPERATOR_PORT: String(ports.operator),
  });
  let isEnding = false;

  function changed(): void {
    options.onChange(replica);
  }

  async function cleanUp(): Promise<void> {
    await link.close();
    await rm(options.directory, { recursive: true, force: true });
  }

  const replica: Replica = {
    name,
    uid: options.uid,
    ports,
    sidecar,
    operator,
    isEnding: () => isEnding,
    isCut: link.isCut,
    isFrozen: () => sidecar.isFrozen() || operator.isFrozen(),
    killOperator: () => operator.kill(),
    async kill() {
      isEnding = true;
      await Promise.all([operator.remove(), sidecar.remove()]);
      await cleanUp();
    },
    async terminate(graceMs) {
      if (isEnding) return;
      isEnding = true;
      changed();
      const startedMs = clock.now().waitMs;
      await operator.terminate(graceMs);
      await sidecar.terminate(Math.max(1000, graceMs - (clock.now().waitMs - startedMs)));
      await cleanUp();
    },
    freeze() {
      operator.freeze();
      sidecar.freeze();
    },
    thaw() {
      sidecar.thaw();
      operator.thaw();
    },
    cut: () => {
      link.cut();
      changed();
    },
    heal: () => {
      link.heal();
      changed();
    },
  };
  sidecar.start();
  operator.start();
  return replica;
}
