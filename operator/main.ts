// The operator program: wiring and lifecycle, nothing else.
// First, so that a request to end is heard while the rest is loaded.
import { onTermination } from "../platform/signals.ts";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createHealthServer } from "../health/health-server.ts";
import { openAccess } from "../kubernetes/access.ts";
import { createSystemClock } from "../platform/clock.ts";
import { listenAt } from "../platform/listening.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { keepHeapSmall } from "../platform/small-heap.ts";
import { operatorHelp, readOperatorConfig } from "./config.ts";
import type { OperatorConfig } from "./config.ts";
import { createKubernetesClient } from "./kubernetes/client.ts";
import { createTransport, usualCallMs } from "./kubernetes/transport.ts";
import { followLeader } from "../gate/follow.ts";
import { startOperator } from "./operator.ts";

// What the next leader needs to begin, several times over.
const handOverMs = 100;

keepHeapSmall();
const outcome = readOperatorConfig(process.env, process.argv.slice(2));
if (outcome.kind === "help") {
  process.stdout.write(operatorHelp());
} else if (outcome.kind === "invalid") {
  process.stderr.write(outcome.problems.map((problem) => `${problem}\n`).join(""));
  process.exitCode = 2;
} else {
  await run(outcome.values, outcome.warnings);
}

async function run(config: OperatorConfig, warnings: readonly string[]): Promise<void> {
  const clock = createSystemClock();
  const random = createSystemRandom();
  const pod = config.podName || process.env["HOSTNAME"] || "operator";
  const log = createLog(config.logLevel, { program: "operator", pod });
  for (const warning of warnings) log.warn(warning);
  try {
    const access = await openAccess({
      kubeconfig: process.env["KUBECONFIG"] ?? null,
      accountDirectory: config.serviceAccountDirectory,
      environment: process.env,
      clock,
      warn: (message) => log.warn(message),
    });
    // Who gives a renewal longer than that has a slow network, which is the operator's too.
    const callMs = Math.max(usualCallMs, config.renewDeadlineSeconds * 1000);
    const transport = createTransport(access, "bindy-operator", clock, callMs);
    const client = createKubernetesClient(transport, "bindy");
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    // A quarter of the renew deadline: held longer, a poll would eat the promise that it asks for.
    const waitMs = Math.min(1000, (config.renewDeadlineSeconds * 1000) / 4);
    const { leaderUrl: url, leaseName } = config;
    const leadership = followLeader({
      url,
      gateName: pod,
      podName: config.podName || null,
      waitMs,
      leaseName,
      clock,
      log,
    });
    const { bind9Image, agentImage } = config;
    const images = { bind9Image, agentImage, agentCommand: config.agentCommand.split(/\s+/).filter(Boolean) };
    const operator = startOperator({
      client,
      watchNamespace: config.watchNamespace || null,
      leadership,
      images,
      registry,
      clock,
      random,
      log,
    });
    // The promise is given back once nothing is written under it any more.
    leadership.drainWith(() => operator.idle());
    const server = createHealthServer({
      stuck: () => null,
      unready: () => (operator.isReady() ? null : "the watches are not complete yet"),
      metrics: { contentType: registry.contentType, text: () => registry.metrics() },
      // For people and pages: a question to the sidecar would cost a promise.
      pages: {
        "/leadership": () => ({
          isOpen: leadership.current() !== null,
          remainingMs: Math.round(leadership.remainingMs()),
          fencingToken: leadership.current()?.fencingToken ?? null,
        }),
      },
      clock,
      log,
    });
    onTermination(
      (signal) => void stop(signal),
      () => process.exit(1),
    );
    const { address, port } = await listenAt(server, {
      host: config.operatorAddress,
      port: config.operatorPort,
      variable: "OPERATOR_PORT",
    });
    log.info("The operator is up", { server: access.server().origin, address, port });

    async function stop(signal: NodeJS.Signals): Promise<void> {
      log.info("Shutting down", { signal });
      const wasLeading = leadership.current() !== null;
      // The gate first: what runs stops before its next write, and then the lead is given back, for others to take.
      await leadership.close();
      // It is others who are in a hurry now: the end of a dozen watches would take processor time, here and of the API
      // server, in the very milliseconds in which the next one takes over.
      if (wasLeading) await clock.sleep(handOverMs);
      await operator.close(config.shutdownSeconds * 1000);
      await client.close();
      await server.close();
      log.info("Stopped");
      process.exit(0);
    }
  } catch (error) {
    log.error("The operator cannot start", { error });
    process.exit(1);
  }
}
