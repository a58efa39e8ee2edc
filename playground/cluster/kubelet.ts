// Plays the kubelet of the one node there is: starts a replica for every pod, ends it when the pod is deleted (in the
// order of a native sidecar, within its grace period), and reports what its containers do.
import type { Cache } from "../../operator/controller/cache.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Replica } from "../replicas/replica.ts";
import { ClusterError, type Cluster } from "./cluster.ts";
import { guideNamespace as namespace } from "./manifests.ts";
import { podStatus, type Pod } from "./pod.ts";
import { startReadiness } from "./readiness.ts";
import { createWorker } from "./worker.ts";

export interface KubeletOptions {
  readonly cluster: Cluster;
  readonly pods: Cache<Pod>;
  /** Starts the processes of a pod; `onChange` is to be called whenever one of them starts or ends. */
  readonly start: (pod: Pod, onChange: (replica: Replica) => void) => Promise<Replica>;
  /** Whether both containers say that they are ready. */
  readonly probe: (replica: Replica) => Promise<boolean>;
  /** Something changed that the page or the Deployment's controller may want to know. */
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Kubelet {
  replicas(): readonly Replica[];
  isReady(name: string): boolean;
  /** What `kubectl delete pod --force` and a lost node come to: processes and pod are gone at once. */
  destroy(name: string): Promise<void>;
  /** Ends everything, gently. */
  close(): Promise<void>;
}

const closeGraceMs = 5000;
// A kubelet takes a second or so to set up what a pod's containers run in; a little of that, for the sake of those who
// watch. Without it a replacement would start in the very moment of a hand-over, and take the processor from it.
const sandboxMs = 300;
// A kubelet reports what happened to containers with some delay too.
const gatherMs = 100;

export function startKubelet(options: KubeletOptions): Kubelet {
  const { cluster, pods, clock, log } = options;
  const running = new Map<string, Replica>();
  const ending = new Set<string>();
  const starting = new Map<string, Promise<void>>();
  const reported = new Map<string, string>();
  const closing = new AbortController();
  const worker = createWorker(sync, (error) => log.warn("The pods could not be brought in line", { error }));
  const reporter = createWorker(reportAll, (error) => log.warn("The pods could not be reported", { error }));
  const unsubscribe = pods.onChange(worker.look);
  const readiness = startReadiness({
    replicas: () => running.values(),
    probe: options.probe,
    onReady: () => {
      reporter.look();
      options.onChange();
    },
    clock,
  });
  worker.look();

  async function sync(): Promise<void> {
    if (!pods.isSynced()) return;
    for (const pod of pods.list()) {
      const { name, deletionTimestamp } = pod.metadata;
      if (deletionTimestamp !== undefined) void end(pod);
      else if (!running.has(name) && !ending.has(name) && !starting.has(name)) {
        starting.set(name, begin(pod));
      }
    }
    reporter.look();
    for (const [name, replica] of running) {
      if (pods.get(`${namespace}/${name}`) === null && !ending.has(name)) void forget(name, replica);
    }
  }

  async function begin(pod: Pod): Promise<void> {
    const { name } = pod.metadata;
    try {
      await clock.sleep(sandboxMs, closing.signal);
      const now = pods.get(`${namespace}/${name}`);
      if (closing.signal.aborted || now === null || now.metadata.deletionTimestamp !== undefined) return;
      const replica = await options.start(pod, (changed) => {
        readiness.changed(changed);
        reporter.look();
        options.onChange();
      });
      running.set(name, replica);
      reporter.look();
      options.onChange();
    } catch (error) {
      log.warn("A pod could not be started", { pod: name, error });
    } finally {
      starting.delete(name);
      worker.look();
    }
  }

  /** Reports what has changed of any pod, once for all that happens within a moment. */
  async function reportAll(): Promise<void> {
    await clock.sleep(gatherMs, closing.signal);
    for (const pod of pods.list()) await report(pod);
  }

  async function end(pod: Pod): Promise<void> {
    const { name, uid, deletionGracePeriodSeconds = 30 } = pod.metadata;
    if (ending.has(name)) return;
    ending.add(name);
    try {
      await running.get(name)?.terminate(deletionGracePeriodSeconds * 1000);
      const body = { gracePeriodSeconds: 0, preconditions: { uid } };
      await cluster.send({ method: "DELETE", path: `/api/v1/namespaces/${namespace}/pods/${name}`, body });
    } catch (error) {
      const isGone = error instanceof ClusterError && (error.status === 404 || error.status === 409);
      if (!isGone && !closing.signal.aborted) log.warn("A pod could not be removed", { pod: name, error });
    } finally {
      drop(name);
    }
  }

  async function forget(name: string, replica: Replica): Promise<void> {
    ending.add(name);
    await replica.kill();
    drop(name);
  }

  function drop(name: string): void {
    running.delete(name);
    readiness.forget(name);
    ending.delete(name);
    reported.delete(name);
    options.onChange();
  }

  async function report(pod: Pod): Promise<void> {
    const { name } = pod.metadata;
    const replica = running.get(name);
    if (replica === undefined || ending.has(name)) return;
    const status = podStatus(pod, replica, readiness.isReady(name));
    const text = JSON.stringify(status);
    if (reported.get(name) === text) return;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    try {
      await cluster.send({
        method: "PATCH",
        path,
        contentType: "application/merge-patch+json",
        body: { status },
      });
      reported.set(name, text);
    } catch (error) {
      if (!(error instanceof ClusterError && error.status === 404)) throw error;
    }
  }

  return {
    replicas: () => [...running.values()],
    isReady: readiness.isReady,
    async destroy(name) {
      const replica = running.get(name);
      if (replica === undefined) return;
      ending.add(name);
      await replica.kill();
      try {
        const body = { gracePeriodSeconds: 0 };
        await cluster.send({ method: "DELETE", path: `/api/v1/namespaces/${namespace}/pods/${name}`, body });
      } catch (error) {
        if (!(error instanceof ClusterError && error.status === 404)) throw error;
      } finally {
        drop(name);
      }
    },
    async close() {
      closing.abort();
      unsubscribe();
      await Promise.all([worker.close(), reporter.close(), readiness.close(), ...starting.values()]);
      await Promise.all([...running.values()].map((replica) => replica.terminate(closeGraceMs)));
    },
  };
}
