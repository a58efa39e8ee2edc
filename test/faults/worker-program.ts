// An operator with one job: while its gate is open it counts, in a ConfigMap, by way of the operator's own client, gate and
// guarded writer. Each write says when the promise ends under which it is made, for an observer to check. A line on its
// standard input, `block MS` or `block-write MS`, has its event loop stand still for so long, at once or, the gate looked at
// already, before its next write.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  createKubernetesClient,
  type KubernetesClient,
  type WriteOptions,
} from "../../operator/kubernetes/client.ts";
import { openAccess } from "../../kubernetes/access.ts";
import { createGuardedWriter } from "../../operator/kubernetes/guarded-writer.ts";
import { createTransport } from "../../operator/kubernetes/transport.ts";
import { followLeader } from "../../gate/follow.ts";
import type { Term } from "../../gate/leadership.ts";
import type { KubernetesObject, ResourceType } from "../../operator/resources/kubernetes-object.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { onTermination } from "../../platform/signals.ts";
import { promiseHeader } from "./fault-proxy.ts";

interface ConfigMap extends KubernetesObject {
  readonly data?: { readonly count?: string };
}

const configMaps: ResourceType = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" };
const pauseMs = 100;
const { SIDECAR_URL = "", SERVICE_ACCOUNT_DIRECTORY = "", POD_NAME = "" } = process.env;
const clock = createSystemClock();
const log = createLog("info", { pod: POD_NAME });
const namespace = readFileSync(join(SERVICE_ACCOUNT_DIRECTORY, "namespace"), "utf8");
const access = await openAccess({
  kubeconfig: null,
  accountDirectory: SERVICE_ACCOUNT_DIRECTORY,
  environment: process.env,
  clock,
  warn: (message) => log.warn(message),
});
const client = createKubernetesClient(createTransport(access, "worker", clock), "worker");
const leadership = followLeader({
  url: new URL(SIDECAR_URL),
  gateName: "worker",
  podName: null,
  waitMs: 1000,
  leaseName: "bindy-leader",
  clock,
  log,
});
let writeBlockMs = 0;
// The last look at the gate is behind when these block: nothing is left but to write the bytes.
const dated: KubernetesClient = {
  ...client,
  apply: (type, object, options) => client.apply(type, object, blocked(withPromise(options))),
  create: (type, object, options) => client.create(type, object, blocked(withPromise(options))),
};
const writer = createGuardedWriter(dated, leadership, clock);

function block(ms: number, where: string): void {
  if (ms === 0) return;
  log.info(`Blocked ${where}`, { forMs: ms });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function blocked(options: WriteOptions): WriteOptions {
  const ms = writeBlockMs;
  writeBlockMs = 0;
  return {
    ...options,
    lastLook() {
      options.lastLook?.();
      block(ms, "between look and write");
    },
  };
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const [command, ms] = line.split(" ");
  if (command === "block") block(Number(ms), "in its loop");
  else writeBlockMs = Number(ms);
});
// It has ended when its work has, whether or not anybody could still tell it something.
process.stdin.unref();

function withPromise(options: WriteOptions): WriteOptions {
  const until = String(clock.now().wallMs + leadership.remainingMs());
  return { ...options, headers: { ...options.headers, [promiseHeader]: until } };
}

async function countOnce(term: Term): Promise<void> {
  const read = await client.get<ConfigMap>(configMaps, namespace, "effects", term.signal);
  const counted = read.kind === "found" ? Number(read.object.data?.count ?? "0") : 0;
  const object = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "effects", namespace },
    data: { count: String(counted + 1), by: POD_NAME },
  };
  if (read.kind === "missing") await writer.create(term, configMaps, object);
  else await writer.replace(term, configMaps, object, read.object);
}

async function count(term: Term): Promise<void> {
  while (!term.signal.aborted) {
    try {
      await countOnce(term);
    } catch (error) {
      // Faults are what this is there for: it says so, and goes on as long as it may.
      log.info(`A write failed: ${(error as Error).message}`);
    }
    await clock.sleep(pauseMs, term.signal);
  }
}

const running = new Set<Promise<void>>();
leadership.onOpen((term) => {
  const run = count(term).finally(() => running.delete(run));
  running.add(run);
});
leadership.drainWith(async () => void (await Promise.all(running)));
onTermination(
  () => void leadership.close().then(() => client.close()),
  () => process.exit(1),
);
