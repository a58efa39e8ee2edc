// Keeps as many pods as the Deployment asks for, and replaces those of an older template one by one. What a real cluster
// does with ReplicaSets, for the one Deployment there is here.
import { createHash } from "node:crypto";
import type { Cache } from "../../operator/controller/cache.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import { ClusterError, type Cluster } from "./cluster.ts";
import { deploymentName, guideNamespace as namespace } from "./manifests.ts";
import { createWorker } from "./worker.ts";
import { patchDeploymentStatus, type Deployment, type Pod } from "./pod.ts";

export interface DeploymentControllerOptions {
  readonly cluster: Cluster;
  readonly deployments: Cache<Deployment>;
  readonly pods: Cache<Pod>;
  readonly isPodReady: (name: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface DeploymentController {
  /** To be called when something it cannot see has changed, such as a pod's readiness. */
  look(): void;
  close(): Promise<void>;
}

const podsPath = `/api/v1/namespaces/${namespace}/pods`;
const gatherMs = 100;
// A watch brings a change within milliseconds; a broken one is mended within this.
const longestWatchDelayMs = 5000;
// Characters that spell no words, as in the names that Kubernetes makes.
const suffixCharacters = "bcdfghjklmnpqrstvwxz2456789";

export function startDeploymentController(options: DeploymentControllerOptions): DeploymentController {
  const { cluster, deployments, pods, isPodReady, clock, random, log } = options;
  const closing = new AbortController();
  let lastStatus = "";
  const worker = createWorker(reconcile, (error) =>
    log.warn("The Deployment could not be reconciled", { error }),
  );
  const unsubscribe = [deployments.onChange(worker.look), pods.onChange(worker.look)];
  worker.look();

  async function reconcile(): Promise<void> {
    // What changes together is looked at together; and a replica that was just ended hands over before its replacement starts.
    await clock.sleep(gatherMs, closing.signal);
    const deployment = deployments.get(`${namespace}/${deploymentName}`);
    if (deployment === null || !pods.isSynced()) return;
    const hash = templateHash(deployment);
    const live = pods.list().filter((pod) => pod.metadata.deletionTimestamp === undefined);
    const wanted = deployment.spec.replicas ?? 1;
    for (let missing = wanted - live.length; missing > 0; missing -= 1) await createPod(deployment, hash);
    const surplus = live.toSorted(byAgeAndReadiness).slice(wanted);
    for (const pod of surplus) await remove(pod);
    const stale = live.filter((pod) => pod.metadata.labels?.["pod-template-hash"] !== hash);
    const areAllReady = live.length === wanted && live.every((pod) => isPodReady(pod.metadata.name));
    if (stale[0] && surplus.length === 0 && areAllReady) await remove(stale[0]);
    await reportStatus(deployment, live, live.length - stale.length);
  }

  /** Ready ones first, then the oldest: what comes last is what is least missed. */
  function byAgeAndReadiness(one: Pod, other: Pod): number {
    const readiness = Number(isPodReady(other.metadata.name)) - Number(isPodReady(one.metadata.name));
    return (
      readiness ||
      (one.metadata.creationTimestamp ?? "").localeCompare(other.metadata.creationTimestamp ?? "")
    );
  }

  async function createPod(deployment: Deployment, hash: string): Promise<void> {
    const { metadata = {}, spec } = deployment.spec.template;
    const { labels = {} } = metadata as { labels?: Record<string, string> };
    const suffix = Array.from(
      { length: 5 },
      () => suffixCharacters[random.below(suffixCharacters.length)],
    ).join("");
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...metadata,
        name: `${deploymentName}-${hash}-${suffix}`,
        namespace,
        labels: { ...labels, "pod-template-hash": hash },
        ownerReferences: [
          {
            apiVersion: "apps/v1",
            kind: "Deployment",
            name: deploymentName,
            uid: deployment.metadata.uid,
            controller: true,
          },
        ],
      },
      spec: { ...spec, nodeName: "playground" },
    };
    const { body } = await cluster.send({ method: "POST", path: podsPath, body: pod });
    // The watch brings it too, but a second look may come before that.
    await seen(() => pods.get(`${namespace}/${(body as Pod).metadata.name}`) !== null);
  }

  async function remove(pod: Pod): Promise<void> {
    const path = `${podsPath}/${pod.metadata.name}`;
    try {
      await cluster.send({ method: "DELETE", path, body: { preconditions: { uid: pod.metadata.uid } } });
    } catch (error) {
      if (!(error instanceof ClusterError && error.status === 404)) throw error;
    }
    await seen(() => {
      const known = pods.get(`${namespace}/${pod.metadata.name}`);
      return known === null || known.metadata.deletionTimestamp !== undefined;
    });
  }

  /** Resolves once the cache shows what was just written. */
  async function seen(isSeen: () => boolean): Promise<void> {
    if (isSeen()) return;
    const abort = new AbortController();
    const stop = pods.onChange(() => isSeen() && abort.abort());
    await clock.sleep(longestWatchDelayMs, abort.signal);
    stop();
  }

  async function reportStatus(deployment: Deployment, live: readonly Pod[], updated: number): Promise<void> {
    const ready = live.filter((pod) => isPodReady(pod.metadata.name)).length;
    const wanted = deployment.spec.replicas ?? 1;
    const counts = { wanted, live: live.length, updated, ready };
    const text = JSON.stringify([deployment.metadata.generation, counts]);
    if (text === lastStatus) return;
    await patchDeploymentStatus(cluster, deployment, counts);
    lastStatus = text;
  }

  return {
    look: worker.look,
    async close() {
      closing.abort();
      for (const stop of unsubscribe) stop();
      await worker.close();
    },
  };
}

function templateHash(deployment: Deployment): string {
  return createHash("sha256").update(JSON.stringify(deployment.spec.template)).digest("hex").slice(0, 10);
}
