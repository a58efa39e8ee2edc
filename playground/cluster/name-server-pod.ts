// The name server of this machine, as the embedded cluster sees it: the one pod of the instance's Deployment, so that
// its agent's reports count and `kubectl get bind9instances` tells the truth.
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import { instanceLabel } from "../../operator/resources/zone-file.ts";
import type { Cluster } from "./cluster.ts";
import { deploymentType, patchDeploymentStatus, type Deployment } from "./pod.ts";
import { createWorker } from "./worker.ts";
import { instanceName } from "./zone-objects.ts";

/** The pod's name, under which the agent reports. */
export const nameServerPodName = `${instanceName}-0`;

export interface NameServerPodOptions {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly isRunning: () => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** Creates the pod, and reports it as ready in the instance's Deployment from then on. */
export async function startNameServerPod(
  options: NameServerPodOptions,
): Promise<{ look(): void; close(): Promise<void> }> {
  const { cluster, namespace, isRunning, clock, log } = options;
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: nameServerPodName, namespace, labels: { [instanceLabel]: instanceName } },
    spec: {
      nodeName: "playground",
      containers: [
        { name: "named", image: "named" },
        { name: "agent", image: "agent" },
      ],
    },
  };
  await cluster.send({ method: "POST", path: `/api/v1/namespaces/${namespace}/pods`, body: pod });
  const deployments = cluster.follow<Deployment>(deploymentType, { namespace });
  const worker = createWorker(report, (error) =>
    log.warn("The name server could not be reported", { error }),
  );
  const stop = deployments.onChange(worker.look);

  async function report(): Promise<void> {
    const deployment = deployments.get(`${namespace}/${instanceName}`);
    const ready = isRunning() ? 1 : 0;
    await reportPod(ready);
    if (deployment === null || deployment.status?.["readyReplicas"] === ready) return;
    await patchDeploymentStatus(cluster, deployment, { wanted: 1, live: 1, updated: 1, ready });
  }

  let reported = -1;
  async function reportPod(ready: number): Promise<void> {
    if (reported === ready) return;
    const startedAt = `${new Date(clock.now().wallMs).toISOString().slice(0, 19)}Z`;
    const containerStatuses = ["named", "agent"].map((name) => ({
      name,
      image: name,
      imageID: "",
      restartCount: 0,
      ready: ready === 1,
      state: ready === 1 ? { running: { startedAt } } : { waiting: { reason: "Starting" } },
    }));
    const conditions = [{ type: "Ready", status: ready === 1 ? "True" : "False" }];
    const status = {
      phase: "Running",
      podIP: "127.0.0.1",
      startTime: startedAt,
      conditions,
      containerStatuses,
    };
    const path = `/api/v1/namespaces/${namespace}/pods/${nameServerPodName}/status`;
    await cluster.send({
      method: "PATCH",
      path,
      contentType: "application/merge-patch+json",
      body: { status },
    });
    reported = ready;
  }

  worker.look();
  return {
    look: worker.look,
    async close() {
      stop();
      await worker.close();
    },
  };
}
