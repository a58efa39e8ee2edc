// The operator program: wiring and lifecycle, nothing else.
// First, so that a request to end is heard while the rest is loaded.
import { onTermination } from "../platform/signals.ts";
import { getHeapStatistics } from "node:v8";
import { collectDefaultMetrics, Registry } from "prom-client";
import { followLeader, type FollowedLeadership } from "../gate/follow.ts";
import { createHealthServer } from "../health/health-server.ts";
import type { PublicListener } from "../health/public-listener.ts";
import { createSystemClock } from "../platform/clock.ts";
import { createWorkClock } from "../platform/work-clock.ts";
import { listenAt } from "../platform/listening.ts";
import { createLog, type Log } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { StartError, startProgram } from "../platform/start-error.ts";
import { operatorHelp, readOperatorConfig } from "./config.ts";
import type { OperatorConfig } from "./config.ts";
import { openClient } from "./kubernetes/open-client.ts";
import { createRequestMetric } from "./kubernetes/request-metric.ts";
import { usualCallMs } from "./kubernetes/transport.ts";
import { startOperator, type Operator } from "./operator.ts";
import { draftLimits } from "./zones/zone-room.ts";

// What the next leader needs to begin, several times over.
const handOverMs = 100;

const clock = createSystemClock();
const random = createSystemRandom();
await startProgram("operator", main);

async function main(): Promise<void> {
  const outcome = readOperatorConfig(process.env, process.argv.slice(2));
  if (outcome.kind === "help") return void process.stdout.write(operatorHelp());
  if (outcome.kind === "invalid") throw new StartError("CONFIG_INVALID", outcome.problems.join("\n"));
  await run(outcome.values, outcome.warnings);
}

async function run(config: OperatorConfig, warnings: readonly string[]): Promise<void> {
  const pod = config.podName || process.env["HOSTNAME"] || "operator";
  const log = createLog(config.logLevel, { program: "operator", pod });
  for (const warning of warnings) log.warn(warning);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { client, server, namespace } = await openClient({
    environment: process.env,
    serviceAccountDirectory: config.serviceAccountDirectory,
    userAgent: "bindy-operator",
    fieldManager: "bindy",
    // A person who gives a renewal longer than that has a slow network, which is the operator's too.
    callMs: Math.max(usualCallMs, config.renewDeadlineSeconds * 1000),
    onRequest: createRequestMetric(registry),
    clock,
    log,
  });
  const leadership = follow(config, pod, log);
  const { bind9Image, agentImage } = config;
  const operator = startOperator({
    client,
    watchNamespace: config.watchNamespace || null,
    ownNamespace: namespace,
    leadership,
    images: { bind9Image, agentImage, agentCommand: config.agentCommand.split(/\s+/).filter(Boolean) },
    draftLimits: draftLimits(getHeapStatistics().heap_size_limit),
    registry,
    clock,
    workClock: createWorkClock(clock),
    random,
    log,
  });
  // The promise is given back once nothing is written under it any more.
  leadership.drainWith(() => operator.idle());
  const health = createHealth(operator, leadership, registry, log);
  onTermination(
    (signal) => void stop(signal),
    () => process.exit(1),
  );
  const place = { host: config.operatorAddress, port: config.operatorPort, variable: "OPERATOR_PORT" };
  const { address, port } = await listenAt(health, place);
  log.info("The operator is up", { server, address, port });

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
    await health.close();
    log.info("Stopped");
    process.exit(0);
  }
}

function follow(config: OperatorConfig, pod: string, log: Log): FollowedLeadership {
  return followLeader({
    url: config.leaderUrl,
    gateName: pod,
    podName: config.podName || null,
    // A quarter of the renew deadline: held longer, a poll would eat the promise that it asks for.
    waitMs: Math.min(1000, (config.renewDeadlineSeconds * 1000) / 4),
    leaseName: config.leaseName,
    clock,
    log,
  });
}

function createHealth(
  operator: Operator,
  leadership: FollowedLeadership,
  registry: Registry,
  log: Log,
): PublicListener {
  return createHealthServer({
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
}
