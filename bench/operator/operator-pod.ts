// A pod of Bindy: the operator as its image starts it, behind the sidecar as its image starts it, on one Lease with the others.
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { bundles, operatorEnvironment } from "../bundles.ts";
import { leaseName, operatorAccount } from "./bench-cluster.ts";
import { pidOf, projectAccount, startContainer, type LogLine, type PodPlace } from "./pod-process.ts";

export interface OperatorPod {
  readonly name: string;
  operatorPid(): number;
  /** Every line that the operator has logged of a message. */
  lines(message: string): readonly LogLine[];
  /** Of the operator. */
  metrics(): Promise<string>;
  /** Resolves once its caches are complete, whether it leads or not. */
  ready(): Promise<void>;
  /** SIGKILL of everything in it at once. */
  kill(): Promise<void>;
  /** As a kubelet ends it: the operator first, then the native sidecar. */
  terminate(): Promise<void>;
}

/** Logged in each term; lines for each zone are not kept. */
export const openedMessage = "Starting all operators";
export const passMessage = "A full pass is over";
const kept = new Set([openedMessage, passMessage]);
const graceMs = 15_000;
const readyMs = 300_000;
const askMs = 10_000;

export async function startOperatorPod(
  place: PodPlace,
  name: string,
  ports: PortFinder,
): Promise<OperatorPod> {
  const account = projectAccount(place, await place.cluster.tokenOf(operatorAccount));
  const [leaderPort, healthPort, operatorPort] = [
    await ports.find(25_000),
    await ports.find(26_000),
    await ports.find(27_000),
  ];
  const shared = { ...account, POD_NAME: name, HOSTNAME: name, LEASE_NAME: leaseName };
  const lines: LogLine[] = [];
  const sidecar = startContainer(place, {
    name: `sidecar of ${name}`,
    command: bundles.sidecar,
    environment: { ...shared, LEADER_PORT: String(leaderPort), HEALTH_PORT: String(healthPort) },
  });
  const operator = startContainer(place, {
    name: `operator of ${name}`,
    command: bundles.operator,
    environment: {
      ...operatorEnvironment,
      ...shared,
      LEADER_URL: `http://127.0.0.1:${leaderPort}`,
      OPERATOR_PORT: String(operatorPort),
      OPERATOR_ADDRESS: "127.0.0.1",
    },
    onLine: (line) => {
      if (kept.has(line.message)) lines.push(line);
    },
  });

  async function ask(path: string): Promise<Response> {
    const url = `http://127.0.0.1:${operatorPort}${path}`;
    return await fetch(url, { signal: AbortSignal.timeout(askMs) });
  }

  return {
    name,
    operatorPid: () => pidOf(operator),
    lines: (message) => lines.filter((line) => line.message === message),
    async metrics() {
      const answer = await ask("/metrics");
      if (!answer.ok) throw new Error(`/metrics of ${name} was answered ${answer.status}`);
      return await answer.text();
    },
    async ready() {
      const look = async (): Promise<boolean> => (await ask("/readyz")).ok;
      // It does not listen at once.
      const wait = { isForgiving: true, limitMs: readyMs, everyMs: 100 };
      await eventually(look, `${name} is ready`, {
        ...wait,
        seen: () =>
          operator
            .log()
            .lines()
            .slice(-20)
            .map(({ text }) => text),
      });
    },
    kill: async () => void (await Promise.all([operator.remove(), sidecar.remove()])),
    async terminate() {
      await operator.terminate(graceMs);
      await sidecar.terminate(graceMs);
    },
  };
}
