// The parts of a Pod and a Deployment that the playground's kubelet and controller read and write.
import type { KubernetesObject, ResourceType } from "../../operator/resources/kubernetes-object.ts";
import type { Cluster } from "./cluster.ts";
import type { Replica } from "../replicas/replica.ts";
import type { Container } from "../replicas/container.ts";

export interface ContainerSpec {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

export interface PodSpec {
  readonly containers: readonly ContainerSpec[];
  readonly initContainers?: readonly ContainerSpec[];
  readonly terminationGracePeriodSeconds?: number;
}

export interface Pod extends KubernetesObject {
  readonly metadata: KubernetesObject["metadata"] & { readonly deletionGracePeriodSeconds?: number };
  readonly spec: PodSpec;
  readonly status?: { readonly phase?: string };
}

export interface Deployment extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number;
    readonly template: { readonly metadata?: Readonly<Record<string, unknown>>; readonly spec: PodSpec };
  };
  readonly status?: Readonly<Record<string, unknown>>;
}

export const podType: ResourceType = { apiVersion: "v1", kind: "Pod", plural: "pods" };
export const deploymentType: ResourceType = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  plural: "deployments",
};

/** Reports how many of a Deployment's pods are there and ready, as its controller does. */
export async function patchDeploymentStatus(
  cluster: Cluster,
  { metadata }: Deployment,
  counts: {
    readonly wanted: number;
    readonly live: number;
    readonly updated: number;
    readonly ready: number;
  },
): Promise<void> {
  const { wanted, live, updated, ready } = counts;
  const status = {
    observedGeneration: metadata.generation,
    replicas: live,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, wanted - ready),
    conditions: [{ type: "Available", status: ready > 0 ? "True" : "False", reason: "MinimumReplicas" }],
  };
  const path = `/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}/status`;
  await cluster.send({
    method: "PATCH",
    path,
    contentType: "application/merge-patch+json",
    body: { status },
  });
}

/** The variables with plain values that the pod sets, all containers together: later ones win. */
export function environmentOf(pod: Pod): Readonly<Record<string, string>> {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const entries = containers.flatMap(({ env = [] }) =>
    env.map(({ name, value = "" }) => [name, value] as const),
  );
  return Object.fromEntries(entries);
}

/** The status of a pod as a kubelet reports it, from what its processes do. */
export function podStatus(pod: Pod, replica: Replica, isReady: boolean): Readonly<Record<string, unknown>> {
  const startedAt = isoSeconds(replica.sidecar.startedWallMs());
  const condition = (type: string, isTrue: boolean): unknown => ({ type, status: isTrue ? "True" : "False" });
  return {
    phase: "Running",
    podIP: "127.0.0.1",
    hostIP: "127.0.0.1",
    startTime: startedAt,
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", isReady),
      condition("Ready", isReady),
    ],
    initContainerStatuses: [containerStatus(replica.sidecar, isReady)],
    containerStatuses: [containerStatus(replica.operator, isReady)],
  };
}

function containerStatus(container: Container, isReady: boolean): unknown {
  const isRunning = container.pid() !== null;
  return {
    name: container.name,
    ready: isReady && isRunning,
    started: isRunning,
    restartCount: container.restarts(),
    image: `bindy/${container.name}:playground`,
    imageID: "",
    state: isRunning
      ? { running: { startedAt: isoSeconds(container.startedWallMs()) } }
      : { waiting: { reason: "CrashLoopBackOff", message: "ended, and about to be started again" } },
  };
}

function isoSeconds(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
