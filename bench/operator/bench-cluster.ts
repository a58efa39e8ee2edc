// The API server of the operator's bench: a real kube-apiserver on an etcd that waits for the disk, with Bindy's kinds, a Lease as the chart
// makes it, an account for the operator, and one instance of two pods. There is no kubelet and no controller: the bench runs the pods.
import type { Clock } from "../../platform/clock.ts";
import { customResourceDefinitions } from "../../operator/resources/definitions.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { startControlPlane, type ControlPlane } from "../../test/cluster/control-plane.ts";
import type { ControlPlanePrograms } from "../../test/cluster/programs.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { cpuSecondsOf, writesOf, type WriteCounts } from "./write-counts.ts";
import { group, instanceObject, namespace, podNames, podObject } from "./zone-objects.ts";

export interface BenchCluster {
  readonly port: number;
  readonly certificateAuthority: string;
  /** Of an administrator. */
  kubeconfig(): string;
  /** One call; throws where it does not succeed. */
  call(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown>;
  /** Does all of it over several connections, and in about this order. */
  createAll(path: string, objects: Iterable<object>, signal: AbortSignal): Promise<void>;
  /** All objects of a kind, a part at a time. */
  list(path: string): AsyncGenerator<Readonly<Record<string, unknown>>>;
  writes(): Promise<WriteCounts>;
  /** Processor time that the API server has used, without etcd's. */
  cpuSeconds(): Promise<number>;
  /** How many Events tell of the Lease: the sidecars write them. */
  leaseEvents(): Promise<number>;
  /** A token of an account of the bench's namespace, bound to the pod of this name where there is one. */
  tokenOf(account: string, podName?: string): Promise<string>;
  keepLogs(directory: string): void;
  close(): Promise<void>;
}

export const operatorAccount = "bindy";
export const leaseName = "bindy-leader";
const connections = 8;
const pageItems = 500;
// Longer than any run.
const tokenLifetimeSeconds = 86_400;
const establishedMs = 60_000;

export async function startBenchCluster(
  programs: ControlPlanePrograms,
  ports: PortFinder,
  clock: Clock,
): Promise<BenchCluster> {
  const controlPlane = await startControlPlane(programs, ports, clock, { isDurable: true });
  const cluster = clusterOn(controlPlane);
  try {
    await prepare(cluster);
  } catch (error) {
    await cluster.close();
    throw error;
  }
  return cluster;
}

function clusterOn(controlPlane: ControlPlane): BenchCluster {
  async function call(method: string, path: string, body?: unknown, contentType?: string): Promise<unknown> {
    const answer = await controlPlane.call(method, path, body, contentType);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  async function createAll(path: string, objects: Iterable<object>, signal: AbortSignal): Promise<void> {
    const left = objects[Symbol.iterator]();
    async function work(): Promise<void> {
      for (let next = left.next(); next.done !== true; next = left.next()) {
        signal.throwIfAborted();
        await call("POST", path, next.value);
      }
    }
    await Promise.all(Array.from({ length: connections }, work));
  }

  async function* list(path: string): AsyncGenerator<Readonly<Record<string, unknown>>> {
    let token = "";
    do {
      const page = (await call(
        "GET",
        `${path}?limit=${pageItems}&continue=${encodeURIComponent(token)}`,
      )) as {
        readonly items: readonly Record<string, unknown>[];
        readonly metadata: { readonly continue?: string };
      };
      yield* page.items;
      token = page.metadata.continue ?? "";
    } while (token !== "");
  }

  async function uidOf(podName: string): Promise<string> {
    const pod = await call("GET", `/api/v1/namespaces/${namespace}/pods/${podName}`);
    return (pod as { readonly metadata: { readonly uid: string } }).metadata.uid;
  }

  return {
    port: controlPlane.port,
    certificateAuthority: controlPlane.certificateAuthority,
    kubeconfig: () => controlPlane.kubeconfig(),
    call,
    createAll,
    list,
    cpuSeconds: async () => cpuSecondsOf(String(await call("GET", "/metrics"))),
    writes: async () => writesOf(String(await call("GET", "/metrics"))),
    async leaseEvents() {
      let count = 0;
      for await (const event of list(`/api/v1/namespaces/${namespace}/events`)) {
        const { kind } = event["involvedObject"] as { readonly kind: string };
        if (kind === "Lease") count += 1;
      }
      return count;
    },
    async tokenOf(name, podName) {
      const pod = podName === undefined ? {} : { pod: { name: podName, uid: await uidOf(podName) } };
      return await controlPlane.issueToken({
        namespace,
        name,
        ...pod,
        lifetimeSeconds: tokenLifetimeSeconds,
      });
    },
    keepLogs: (directory) => controlPlane.keepLogs(directory),
    close: () => controlPlane.close(),
  };
}

async function prepare(cluster: BenchCluster): Promise<void> {
  const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  for (const definition of customResourceDefinitions) await cluster.call("POST", definitions, definition);
  for (const { metadata } of customResourceDefinitions) {
    await eventually(
      async () => isEstablished(await cluster.call("GET", `${definitions}/${metadata.name}`)),
      `${metadata.name} is established`,
      { limitMs: establishedMs },
    );
  }
  const metadata = { name: namespace };
  await cluster.call("POST", "/api/v1/namespaces", { metadata });
  await cluster.call("POST", `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`, {
    metadata: { name: leaseName, annotations: { "bindy.firestoned.io/created-empty": "true" } },
  });
  await cluster.call("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, {
    metadata: { name: operatorAccount },
  });
  // What the operator may do is the chart's, and tried elsewhere; here it may do everything.
  await cluster.call("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: operatorAccount },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: operatorAccount, namespace }],
  });
  for (const name of podNames)
    await cluster.call("POST", `/api/v1/namespaces/${namespace}/pods`, podObject(name));
  await cluster.call("POST", `${group}/bind9instances`, instanceObject());
}

function isEstablished(definition: unknown): boolean {
  const { status = {} } = definition as {
    readonly status?: { readonly conditions?: readonly { type: string; status: string }[] };
  };
  return (status.conditions ?? []).some(({ type, status: is }) => type === "Established" && is === "True");
}
