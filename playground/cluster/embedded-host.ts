// The embedded cluster: an API server in this process, with a kubelet and a Deployment's controller for its pods.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import { fixedAccess } from "../../kubernetes/fixed-access.ts";
import { startApiServer, type ApiServer } from "../../api-server/api-server.ts";
import type { AuditRecord } from "../../api-server/wire/audit.ts";
import { inheritedEnvironment } from "../replicas/container.ts";
import { startReplica } from "../replicas/replica.ts";
import { openCluster, type Cluster } from "./cluster.ts";
import { startDeploymentController } from "./deployment-controller.ts";
import type { Fleet } from "./fleet.ts";
import { probe, replicaPorts, type Host, type HostOptions } from "./host.ts";
import { startKubelet } from "./kubelet.ts";
import {
  definitionManifests,
  deploymentName,
  electionManifests,
  guideNamespace,
  workloadManifests,
} from "./manifests.ts";
import { deploymentType, environmentOf, podType, type Deployment, type Pod } from "./pod.ts";
import { createPodLog } from "./pod-logs.ts";

/** The embedded API server, with a kubelet and a Deployment's controller for its pods. */
export async function startEmbeddedHost(options: HostOptions): Promise<Host> {
  const { clock, random, log, directory, progress } = options;
  progress("Starting an embedded Kubernetes API server");
  let fleet: Fleet | null = null;
  const podLog = createPodLog(() => fleet?.replicas() ?? []);
  const server = await startApiServer({
    clock,
    random,
    log,
    hooks: { podLog, observe: (record) => observe(record, options) },
  });
  const kubeconfig = join(directory, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  const access = accessTo(server, server.adminToken);
  const cluster = openCluster({ access, clock, random, log });
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
          environment: { ...inheritedEnvironment(options), ...environmentOf(pod) },
          processes: options.processes,
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
    access,
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

function accessTo(server: ApiServer, token: string): ClusterAccess {
  const tls = { ca: server.certificateAuthority };
  return fixedAccess(new URL(server.url), tls, { authorization: `Bearer ${token}` });
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
