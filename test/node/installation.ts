// Bindy as the tests on a real cluster install it and look at it: by helm and kubectl, as people do.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseLeaderAnswer, type LeaderAnswer } from "../../contract/answer.ts";
import { parseLogLine, type LogLine } from "./log-lines.ts";
import { shell } from "./programs.ts";
import { eventually } from "../kit/eventually.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const namespace = "dns-system";
const sidecarPort = 4040;
const operatorPort = 8080;
// A cluster on a busy machine takes its time for everything; what is wrong takes this long to be found out.
const patienceMs = 180_000;
const pollMs = 200;

export interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    /** A native sidecar is an init container. */
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: { readonly running?: { readonly startedAt: string } };
  readonly lastState: {
    readonly terminated?: { readonly reason: string; readonly exitCode: number; readonly finishedAt: string };
  };
}

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly acquireTime?: string;
  readonly leaseTransitions?: number;
}

export interface Forwarded {
  readonly port: number;
  close(): Promise<void>;
}

export interface FollowedLog {
  readonly lines: readonly LogLine[];
  /** Nothing more comes: its container has ended, or the node could not read on. */
  isOver(): boolean;
  close(): Promise<void>;
}

/** The tests' hand on the cluster; nothing is installed yet. */
export function createInstallation() {
  const environment = process.env;
  const children = new Set<ChildProcess>();

  /** Runs a command line as printed in the guide or in our pages. */
  const sh = (script: string, timeoutMs?: number): Promise<string> => shell(script, environment, timeoutMs);
  const json = async <T>(script: string): Promise<T> => JSON.parse(await sh(script)) as T;

  /** Asks until the answer is not null; fails with what was seen last. */
  function until<T>(what: string, ask: () => Promise<T | null>, limitMs = patienceMs): Promise<T> {
    // A pod that is on its way out refuses; if it is still so at the end, it is the reason.
    return eventually(ask, what, { limitMs, everyMs: pollMs, isForgiving: true });
  }

  /** Installs the release by the README's own command, unless it is there, and waits until it is up. */
  async function install(): Promise<string> {
    if ((await sh(`helm list -n ${namespace} --short`)).includes("bindy")) return "";
    const printed = /^helm install bindy .*$/m.exec(readFileSync(join(root, "README.md"), "utf8"))?.[0];
    assert.ok(printed, "the README prints how to install");
    return await sh(`cd '${root}' && ${printed} ${helmFlags()} --wait --timeout 3m`, 240_000);
  }

  /** What this cluster needs besides the chart's defaults. */
  function helmFlags(): string {
    return `--set bind9.repository=${bind9Image()[0]}`;
  }

  async function pods(selector = "app=bindy"): Promise<readonly Pod[]> {
    const { items } = await json<{ items: Pod[] }>(`kubectl get pods -n ${namespace} -l ${selector} -o json`);
    return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  }

  /** Waits until exactly `count` pods are ready and none is on its way out. */
  async function readyPods(count: number, selector = "app=bindy"): Promise<readonly Pod[]> {
    return await until(`${count} ready pods of ${selector}`, async () => {
      const script = `kubectl get pods -n ${namespace} -l ${selector} -o json`;
      const { items } = await json<{ items: Pod[] }>(script);
      return items.length === count && items.every(isReady) ? items : null;
    });
  }

  async function lease(): Promise<LeaseSpec> {
    return (
      (await json<{ spec?: LeaseSpec }>(`kubectl get lease -n ${namespace} bindy-leader -o json`)).spec ?? {}
    );
  }

  /** So many ready replicas of which one holds the lease and says that it leads. */
  async function settled(count = 3): Promise<{ leader: Pod; standbys: readonly Pod[]; spec: LeaseSpec }> {
    await readyPods(count);
    return await until(`one leader of ${count}`, async () => {
      const all = await pods();
      const spec = await lease();
      const leader = all.find(({ metadata }) => metadata.name === spec.holderIdentity);
      if (all.length !== count || leader === undefined || !(await gateOf(leader)).isOpen) return null;
      return { leader, standbys: all.filter((pod) => pod !== leader), spec };
    });
  }

  /** A lease that `former` does not hold any more. */
  async function nextLeader(former: string): Promise<LeaseSpec> {
    return await until(`a leader after ${former}`, async () => {
      const spec = await lease();
      return spec.holderIdentity && spec.holderIdentity !== former ? spec : null;
    });
  }

  /** What the operator of a pod says of its gate. A sidecar is not asked: that would cost a promise. */
  async function gateOf({ metadata }: Pod): Promise<{ isOpen: boolean; fencingToken: string | null }> {
    const path = `/api/v1/namespaces/${namespace}/pods/${metadata.name}:${operatorPort}/proxy/leadership`;
    return await json(`kubectl get --raw ${path} --request-timeout=10s`);
  }

  /** `GET /leader` from inside a pod's sidecar, whose image has no shell and no curl. */
  async function leaderAnswer(pod: string): Promise<LeaderAnswer> {
    const code = `fetch("http://127.0.0.1:${sidecarPort}/leader").then(r => r.text()).then(console.log)`;
    const text = await sh(`kubectl exec -n ${namespace} ${pod} -c leader-sidecar -- node -e '${code}'`);
    const answer = parseLeaderAnswer(text);
    assert.ok(answer, text);
    return answer;
  }

  function start(args: readonly string[]): ChildProcess {
    const child = spawn("kubectl", args, { stdio: ["ignore", "pipe", "inherit"], env: environment });
    children.add(child);
    child.once("close", () => children.delete(child));
    return child;
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGTERM");
    await closed;
  }

  /** Forwards a free port of this machine to a pod's. */
  async function forward(pod: string, podPort: number): Promise<Forwarded> {
    const child = start(["port-forward", "-n", namespace, `pod/${pod}`, `:${podPort}`]);
    for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
      const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) return { port: Number(port), close: () => end(child) };
    }
    throw new Error(`kubectl port-forward to ${pod}:${podPort} has ended`);
  }

  /** Follows a container's log from its beginning, also while its pod goes. */
  function followLog(pod: string, container: string): FollowedLog {
    const child = start(["logs", "-f", "-n", namespace, pod, "-c", container]);
    const lines: LogLine[] = [];
    let isOver = false;
    child.once("close", () => (isOver = true));
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on("line", (text) => {
      const line = parseLogLine(text);
      if (line === null) process.stderr.write(`the log of ${pod}/${container} has: ${text}\n`);
      else lines.push(line);
    });
    return { lines, isOver: () => isOver, close: () => end(child) };
  }

  async function log(pod: string, container: string): Promise<readonly LogLine[]> {
    const text = await sh(`kubectl logs -n ${namespace} ${pod} -c ${container}`);
    return text.split("\n").flatMap((line) => parseLogLine(line) ?? []);
  }

  /** Ends every process that is still running for the tests. */
  async function close(): Promise<void> {
    await Promise.all([...children].map(end));
  }

  return {
    sh,
    json,
    until,
    install,
    helmFlags,
    pods,
    readyPods,
    lease,
    settled,
    nextLeader,
    gateOf,
    leaderAnswer,
    start,
    forward,
    followLog,
    log,
    close,
  };
}

export type Installation = ReturnType<typeof createInstallation>;

/** The BIND that the nodes can get: repository and version. */
export function bind9Image(): readonly [repository: string, version: string] {
  const image = process.env["E2E_BIND9_IMAGE"] ?? "internetsystemsconsortium/bind9:9.20";
  const colon = image.lastIndexOf(":");
  assert.ok(
    colon > 0,
    `E2E_BIND9_IMAGE is "${image}": it must be an image of BIND with its version as the tag`,
  );
  return [image.slice(0, colon), image.slice(colon + 1)];
}

export function isReady({ status, metadata }: Pod): boolean {
  const isSo = status.conditions?.some(
    (condition) => condition.type === "Ready" && condition.status === "True",
  );
  return isSo === true && metadata.deletionTimestamp === undefined;
}

export function containerOf({ status, metadata }: Pod, name: string): ContainerStatus {
  const { initContainerStatuses = [], containerStatuses = [] } = status;
  const container = [...initContainerStatuses, ...containerStatuses].find((each) => each.name === name);
  assert.ok(container, `${metadata.name} has a container ${name}`);
  return container;
}
