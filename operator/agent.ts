// The agent program, which runs beside every named: wiring and lifecycle, nothing else.
// First, so that a request to end is heard while the rest is loaded.
import { onTermination } from "../platform/signals.ts";
import { collectDefaultMetrics, Registry } from "prom-client";
import { createHealthServer } from "../health/health-server.ts";
import { createKept } from "../health/kept.ts";
import { createSystemClock } from "../platform/clock.ts";
import { listenAt } from "../platform/listening.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { keepHeapSmall } from "../platform/small-heap.ts";
import { StartError, startProgram } from "../platform/start-error.ts";
import { agentHelp, prepareSwitch, readAgentConfig, readPrepareConfig } from "./agent/agent-config.ts";
import type { AgentConfig, PrepareConfig } from "./agent/agent-config.ts";
import { startZoneAgent } from "./agent/zone-agent.ts";
import { prepareDirectory } from "./agent/zone-directory.ts";
import { openClient } from "./kubernetes/open-client.ts";
import { createRequestMetric } from "./kubernetes/request-metric.ts";

// What Kubernetes allows for the name of a field manager.
const longestFieldManager = 128;

keepHeapSmall();
const clock = createSystemClock();
const random = createSystemRandom();
await startProgram("agent", main);

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const isPrepare = argv.includes(prepareSwitch);
  const outcome = isPrepare ? readPrepareConfig(process.env, argv) : readAgentConfig(process.env, argv);
  if (outcome.kind === "help") return void process.stdout.write(agentHelp(isPrepare));
  if (outcome.kind === "invalid") throw new StartError("CONFIG_INVALID", outcome.problems.join("\n"));
  if (isPrepare) return await prepare(outcome.values);
  await run(outcome.values as AgentConfig, outcome.warnings);
}

async function prepare({ zonesDirectory, instanceNamespace, instanceName }: PrepareConfig): Promise<void> {
  const isKnown = instanceNamespace !== "" && instanceName !== "";
  await prepareDirectory(zonesDirectory, isKnown ? `${instanceNamespace}/${instanceName}` : null);
}

async function run(config: AgentConfig, warnings: readonly string[]): Promise<void> {
  const log = createLog(config.logLevel, { program: "agent", pod: config.podName });
  for (const warning of warnings) log.warn(warning);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { client, server } = await openClient({
    environment: process.env,
    serviceAccountDirectory: config.serviceAccountDirectory,
    userAgent: "bindy-agent",
    fieldManager: `bindy-agent-${config.podName}`.slice(0, longestFieldManager),
    onRequest: createRequestMetric(registry),
    clock,
    log,
  });
  const proofMs = config.proofSeconds * 1000;
  const agent = await startZoneAgent({
    ...config,
    processes: "/proc",
    proofMs,
    client,
    registry,
    clock,
    random,
    log,
  });
  const health = createHealthServer({
    stuck: () => null,
    // It asks named, which must not be asked by everybody who can reach this port.
    unready: createKept(agent.whyNotReady, clock),
    metrics: { contentType: registry.contentType, text: () => registry.metrics() },
    clock,
    log,
  });
  onTermination(
    (signal) => void stop(signal),
    () => process.exit(1),
  );
  const place = { host: config.agentAddress, port: config.agentPort, variable: "AGENT_PORT" };
  const { address, port } = await listenAt(health, place);
  log.info("The agent is up", { server, address, port });

  async function stop(signal: NodeJS.Signals): Promise<void> {
    log.info("Shutting down", { signal });
    await agent.close();
    await client.close();
    await health.close();
    log.info("Stopped");
    process.exit(0);
  }
}
