// Faults from inside a container whose image has Node and nothing else: code is run in its own process, by the inspector of its Node.
import assert from "node:assert/strict";
import { createSystemClock } from "../../platform/clock.ts";
import { containerOf, namespace, type Installation, type Pod } from "./installation.ts";

const clock = createSystemClock();
const inspectorPort = 9229;
const patienceMs = 60_000;

export interface EndedContainer {
  readonly reason: string;
  readonly exitCode: number;
  /** In whole seconds, cut off. */
  readonly finishedAt: string;
}

export function createInside(bindy: Installation) {
  /**
   * Runs an expression in the process of a container. Returns when it has been run, or with the end of the process if `isFatal`.
   */
  async function evaluate(
    pod: string,
    container: string,
    expression: string,
    isFatal: boolean,
  ): Promise<void> {
    await bindy.sh(
      `kubectl exec -n ${namespace} ${pod} -c ${container} -- node -e 'process.kill(1, "SIGUSR1")'`,
    );
    const forwarded = await bindy.forward(pod, inspectorPort);
    const targets = await bindy.until("the inspector", async () => {
      const response = await fetch(`http://127.0.0.1:${forwarded.port}/json/list`);
      return (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
    });
    const url = new URL(targets[0]?.webSocketDebuggerUrl ?? "");
    url.port = String(forwarded.port);
    const socket = new WebSocket(url);
    const { promise: opened, resolve, reject } = Promise.withResolvers<void>();
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`no connection to ${url.href}`)));
    await opened;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    socket.addEventListener("close", () => end());
    if (!isFatal) socket.addEventListener("message", () => end());
    socket.send(JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression } }));
    const waiting = new AbortController();
    await Promise.race([ended, clock.sleep(patienceMs, waiting.signal)]);
    waiting.abort();
    socket.close();
    await forwarded.close();
  }

  /** Has a container's own process take more and more memory, until the kernel kills it. */
  async function exhaustMemory({ metadata }: Pod, container: "operator" | "leader-sidecar"): Promise<void> {
    // In pieces, so that it goes on leading until the kernel ends it.
    const hoard = "globalThis.hoard = []; setInterval(() => hoard.push(Buffer.alloc(2 ** 24, 1)), 5); 0";
    await evaluate(metadata.name, container, hoard, true);
  }

  /** How a container of `pod` has ended since `pod` was looked at. */
  async function endedContainer(pod: Pod, name: string): Promise<EndedContainer> {
    return await bindy.until(`the end of ${name}`, async () => {
      const now = (await bindy.pods()).find(({ metadata }) => metadata.uid === pod.metadata.uid);
      assert.ok(now, "the pod stays");
      const container = containerOf(now, name);
      const isAgain = container.restartCount > containerOf(pod, name).restartCount;
      return isAgain ? (container.lastState.terminated ?? null) : null;
    });
  }

  return { evaluate, exhaustMemory, endedContainer };
}
