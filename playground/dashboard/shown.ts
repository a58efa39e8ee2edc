// From what runs and what the cluster holds to what the page shows of it.
import { request } from "undici";
import type { Cache } from "../../operator/controller/cache.ts";
import type { KubernetesObject } from "../../operator/resources/kubernetes-object.ts";
import { leaseName } from "../cluster/manifests.ts";
import type { ShownZoneFile } from "../cluster/zone-objects.ts";
import type { Replica } from "../replicas/replica.ts";
import type { GateState, LeaseState, PlaygroundState, ReplicaState } from "./state.ts";

const gateTimeoutMs = 500;

/** What is shown of a replica. */
export async function replicaState(replica: Replica, isReady: boolean): Promise<ReplicaState> {
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

export interface LeaseObject extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseTransitions?: number;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
  };
}

export const leaseType = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", plural: "leases" };

/** What is shown of the lease; null while there is none. */
export function leaseState(leases: Cache<LeaseObject>, namespace: string): LeaseState | null {
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

/** What is shown of the zone; null while there is none. */
export function zoneState(zoneFiles: Cache<ShownZoneFile>): PlaygroundState["zone"] {
  const file = zoneFiles.list()[0];
  if (file === undefined) return null;
  const { zoneName, serial, text = "" } = file.spec;
  return { zoneName, serial, text };
}
