// The API server as the playground's own parts use it: the operator's client for what it has, and a plain request for
// the few calls that only a kubelet or a controller makes.
import type { Clock } from "../../platform/clock.ts";
import { createWorkClock } from "../../platform/work-clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import { createTroubles } from "../../platform/troubles.ts";
import { apiWellMessage } from "../../operator/kubernetes/kubernetes-error.ts";
import { createCache, type Cache } from "../../operator/controller/cache.ts";
import { createPace } from "../../operator/controller/pace.ts";
import { runWatcher } from "../../operator/controller/watcher.ts";
import {
  createKubernetesClient,
  type KubernetesClient,
  type Selection,
} from "../../operator/kubernetes/client.ts";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import { createObjectSource } from "../../operator/kubernetes/object-source.ts";
import { createTransport, type ApiAnswer, type ApiRequest } from "../../operator/kubernetes/transport.ts";
import type { KubernetesObject, ResourceType } from "../../operator/resources/kubernetes-object.ts";

export interface Cluster {
  readonly client: KubernetesClient;
  /** Sends a request; an answer of 400 or more is thrown as an Error with the server's message and `status`. */
  send(request: Omit<ApiRequest, "timeoutMs">): Promise<ApiAnswer>;
  /** Keeps a cache of what is selected, until the cluster is closed. */
  follow<T extends KubernetesObject>(type: ResourceType, selection: Selection): Cache<T>;
  close(): Promise<void>;
}

export class ClusterError extends Error {
  readonly code = "CLUSTER_REFUSED";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "ClusterError";
    this.status = status;
  }
}

export interface ClusterOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const callTimeoutMs = 10_000;

export function openCluster({ access, clock, random, log }: ClusterOptions): Cluster {
  const transport = createTransport(access, "bindy-playground", clock);
  const troubles = createTroubles(log, clock, apiWellMessage);
  const client = createKubernetesClient(transport, "bindy-playground");
  const pace = createPace(createWorkClock(clock));
  const closing = new AbortController();
  const watchers: Promise<void>[] = [];
  return {
    client,
    async send(request) {
      const answer = await transport.send({ ...request, timeoutMs: callTimeoutMs }, closing.signal);
      if (answer.status < 400) return answer;
      const { message } = (answer.body ?? {}) as { message?: string };
      throw new ClusterError(answer.status, message ?? `status ${answer.status}`);
    },
    follow<T extends KubernetesObject>(type: ResourceType, selection: Selection): Cache<T> {
      const cache = createCache<T>();
      const source = createObjectSource<T>(client, type, selection);
      watchers.push(
        runWatcher({ name: type.plural, source, cache, pace, clock, random, log, troubles }, closing.signal),
      );
      return cache;
    },
    async close() {
      closing.abort();
      await Promise.all(watchers);
      await transport.close();
    },
  };
}
