// The agent program, which runs beside every named: wiring and lifecycle, nothing else.
// First, so that a request to end is heard while the rest is loaded.
import { onTermination } from "../platform/signals.ts";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createHealthServer } from "../health/health-server.ts";
import { createKept } from "../health/kept.ts";
import { openAccess } from "../kubernetes/access.ts";
import { createSystemClock } from "../platform/clock.ts";
import { listenAt } from "../platform/listening.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { keepHeapSmall } from "../platform/small-heap.ts";
import { agentHelp, prepareSwitch, readAgentConfig, readPrepareConfig } from "./agent/agent-config.ts";
import type { AgentConfig } from "./agent/agent-config.ts";
import { startZoneAgent } from "./agent/zone-agent.ts";
import { prepareDirectory } from "./agent/zone-directory.ts";
import { createKubernetesClient } from "./kubernetes/client.ts";
import { createTransport } from "./kubernetes/transport.ts";

// What Kubernetes allows for the name of a field manager.
const longestFieldManager = 128;

keepHeapSmall();
const argv = process.argv.slice(2);
const isPrepare = argv.includes(prepareSwitch);
const outcome = isPrepare ? readPrepareConfig(process.env, argv) : readAgentConfig(process.env, argv);
if (outcome.kind === "help") {
  process.stdout.write(agentHelp(isPrepare));
} else if (outcome.kind === "invalid") {
  process.stderr.write(outcome.problems.map((problem) => `${problem}\n`).join(""));
  process.exitCode = 2;
} else if (isPrepare) {
  await prepareDirectory(outcome.values.zonesDirectory);
} else {
  await run(outcome.values as AgentConfig, outcome.warnings);
}

async function run(config: AgentConfig, warnings: readonly string[]): Promise<void> {
  const clock = createSystemClock();
  const random = createSystemRandom();
  const log = createLog(config.logLevel, { program: "agent", pod: config.podName });
  for (const warning of warnings) log.warn(warning);
  try {
    const access = await openAccess({
      kubeconfig: process.env["KUBECONFIG"] ?? null,
      accountDirectory: config.serviceAccountDirectory,
      environment: process.env,
      clock,
      warn: (message) => log.warn(message),
    });
    const transport = createTransport(access, "bindy-agent", clock);
    const fieldManager = `bindy-agent-${config.podName}`.slice(0, longestFieldManager);
    const client = createKubernetesClient(transport, fieldManager);
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const proofMs = config.proofSeconds * 1000;
    const agent = await startZoneAgent({ ...config, proofMs, client, registry, clock, random, log });
    const server = createHealthServer({
      stuck: () => null,
      // It asks named, which must not be asked by whoever can reach this port.
      unready: createKept(agent.whyNotReady, clock),
      metrics: { contentType: registry.contentType, text: () => registry.metrics() },
      clock,
      log,
    });
    onTermination(
      (signal) => void stop(signal),
      () => process.exit(1),
    );
    const { address, port } = await listenAt(server, {
      host: config.agentAddress,
      port: config.agentPort,
      variable: "AGENT_PORT",
    });
    log.info("The agent is up", { server: access.server().origin, address, port });

    async function stop(signal: NodeJS.Signals): Promise<void> {
      log.info("Shutting down", { signal });
      await agent.close();
      await client.close();
      await server.close();
      log.info("Stopped");
      process.exit(0);
    }
  } catch (error) {
    log.error("The agent cannot start", { error });
    process.exit(1);
  }
}
