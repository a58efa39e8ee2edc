// The sidecar: wiring and lifecycle, nothing else.
// First, so that a request to end is heard while the rest is loaded.
import { onTermination } from "../platform/signals.ts";
import type { FastifyInstance } from "fastify";
import { createHealthServer } from "../health/health-server.ts";
import type { PublicListener } from "../health/public-listener.ts";
import { AccessError } from "../kubernetes/access-error.ts";
import { openAccess, type ClusterAccess } from "../kubernetes/access.ts";
import packageJson from "../package.json" with { type: "json" };
import { createSystemClock } from "../platform/clock.ts";
import { allAddresses, listenAt } from "../platform/listening.ts";
import { crash } from "../platform/crash.ts";
import { createLog, isDebugLevel, type Log } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { withBrackets } from "../platform/settings.ts";
import { keepHeapSmall } from "../platform/small-heap.ts";
import { startProgram } from "../platform/start-error.ts";
import { createAnnouncer } from "./announcer.ts";
import { helpFlags, helpText, readConfig, type SidecarConfig } from "./config.ts";
import { createDisabledSource } from "./disabled.ts";
import type { ElectionSettings } from "./election/settings.ts";
import { createElector, type Elector } from "./elector.ts";
import { createEventPoster } from "./event-poster.ts";
import { createLeaderServer, type LeaderSource } from "./http/leader-server.ts";
import {
  createLeaseClient,
  type LeaseClient,
  type PodReference,
  type RequestRecord,
} from "./kubernetes/lease-client.ts";
import { createSidecarMetrics, standingOf, type SidecarMetrics } from "./metrics.ts";
import { createPodLabeller, roleOf } from "./pod-labeller.ts";
import { createStandingStory, tellAsked, tellingClient } from "./story.ts";

keepHeapSmall();
const clock = createSystemClock();
const random = createSystemRandom();
const { version } = packageJson;
// A step this overdue means that the loop behind it is stuck; far beyond anything a busy machine does.
const stuckMs = 30_000;

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  if (flags.includes("--version")) return void process.stdout.write(`${version}\n`);
  if (flags.some((flag) => helpFlags.includes(flag))) return void process.stdout.write(helpText());
  const config = readConfig(flags, process.env);
  const log = createLog(config.logLevel, { component: "leader-sidecar", pod: config.podName });
  for (const warning of config.warnings) log.warn(warning);
  await (config.isElectionEnabled ? runElection(config, log) : runDisabled(config, log));
}

async function runElection(config: SidecarConfig, log: Log): Promise<void> {
  const access = await openAccess({
    kubeconfig: config.kubeconfig,
    accountDirectory: config.serviceAccountDirectory,
    environment: process.env,
    clock,
    warn: (message) => log.warn(message),
  });
  const lease = {
    namespace: config.leaseNamespace ?? access.namespace ?? namespaceOutside(),
    name: config.leaseName,
  };
  const settings: ElectionSettings = {
    identity: config.podName,
    holderUid: config.podUid ?? access.pod.uid ?? random.name(16),
    lease,
    leaseDurationMs: config.leaseDurationMs,
    renewDeadlineMs: config.renewDeadlineMs,
    retryPeriodMs: config.retryPeriodMs,
    operatorTimeoutMs: config.operatorTimeoutMs,
    processName: random.name(8),
    seed: random.below(2 ** 32),
  };
  if (access.pod.name !== null && access.pod.name !== config.podName) {
    log.warn(`POD_NAME is ${config.podName}, but the token is bound to the pod ${access.pod.name}`);
  }
  let onRequest = (_record: RequestRecord): void => {};
  const lines = createLeaseClient({
    access,
    lease,
    clock,
    random,
    userAgent: `bindy-leader-sidecar/${version}`,
    connectTimeoutMs: config.renewDeadlineMs / 2,
    onRequest: (record) => onRequest(record),
  });
  const client = isDebugLevel(config.logLevel) ? tellingClient(lines, log, clock) : lines;
  const elector = createElector(settings, client, clock, (error) =>
    crash(error, log, "nobody is told a wrong yes"),
  );
  const pod = labelledPod(config, access, log);
  const { metrics, flush } = observe(elector, client, config, settings, pod, log);
  onRequest = metrics.onRequest;
  const stuck = (): string | null =>
    clock.now().waitMs > elector.current().wakeAtMs + stuckMs ? "the election's loop is stuck" : null;
  const unready = (): string | null =>
    elector.current().observation === null ? `the lease has not been read yet: ${elector.reason()}` : null;
  const health = createHealthServer({ stuck, unready, metrics, clock, log });
  const servers = await listen(config, elector, health, log);
  // Only now that 4040 is ours: a second sidecar in this pod has died before it could read the lease.
  elector.start();
  onTermination(
    () => {
      log.info("Asked to end: draining");
      elector.tell({ type: "drain" });
    },
    (signal) => process.exit(signal === "SIGINT" ? 130 : 143),
  );
  await elector.ended;
  await flush();
  await elector.stop();
  await close(servers);
}

/** What tells people of the election: metrics, Events, log lines, and the labels of the pod, if it is given. */
function observe(
  elector: Elector,
  client: LeaseClient,
  config: SidecarConfig,
  settings: ElectionSettings,
  pod: PodReference | null,
  log: Log,
): { readonly metrics: SidecarMetrics; readonly flush: () => Promise<unknown> } {
  const metrics = createSidecarMetrics({
    prefix: config.metricsPrefix,
    version,
    leaseName: settings.lease.name,
    standing: () => standingOf(elector.current(), clock.now(), config.operatorTimeoutMs),
  });
  const events = createEventPoster({
    send: (event) => client.postEvent(event, config.renewDeadlineMs / 2),
    clock,
    log,
  });
  const labeller =
    pod === null
      ? null
      : createPodLabeller({
          podName: pod.name,
          send: (labels) => client.labelPod(pod, labels, config.renewDeadlineMs / 2),
          clock,
          log,
        });
  const announce = createAnnouncer({ events, settings, clock, random, log });
  const tellStanding = isDebugLevel(config.logLevel) ? createStandingStory(settings, log) : null;
  // Later: a request that the change has led to, or an answer that waits for it, is on its way first.
  elector.onChange((change) => {
    clock.schedule(0, () => {
      metrics.onChange(change);
      announce(change);
      labeller?.want(roleOf(change));
      tellStanding?.(change);
    });
  });
  return { metrics, flush: () => Promise.all([events.flush(), labeller?.close()]) };
}

/** The pod that is to be labelled: this one, as far as it is known for sure. Labels are not worth an election. */
function labelledPod(
  config: SidecarConfig,
  { namespace, pod }: ClusterAccess,
  log: Log,
): PodReference | null {
  if (!config.isPodLabelled) return null;
  const uid = config.podUid ?? pod.uid;
  if (namespace !== null && uid !== null) return { namespace, name: config.podName, uid };
  log.warn(
    "POD_LABELS is true, but this pod is not labelled: nothing says which it is. Set POD_UID from metadata.uid, and run " +
      "with the account of a pod",
  );
  return null;
}

/** The guide's namespace, for a process that runs in none. Throws AccessError in a pod, which runs in one. */
function namespaceOutside(): string {
  if (!process.env["KUBERNETES_SERVICE_HOST"]) return "dns-system";
  throw new AccessError(
    "nothing says which namespace this pod runs in: neither the file namespace beside its token nor the token itself, nor the " +
      "context of a kubeconfig. Set LEASE_NAMESPACE",
  );
}

async function runDisabled(config: SidecarConfig, log: Log): Promise<void> {
  log.warn(
    "Leader election is disabled: this instance always leads. With more than one replica they will conflict: " +
      "set ENABLE_LEADER_ELECTION=true, or scale to a single replica",
  );
  const lease = { namespace: config.leaseNamespace ?? "dns-system", name: config.leaseName };
  const source = createDisabledSource(config.podName, lease, config.renewDeadlineMs, clock);
  const metrics = createSidecarMetrics({
    prefix: config.metricsPrefix,
    version,
    leaseName: lease.name,
    // As the answers have it: it leads, and nobody's silence changes that.
    standing: () => ({ leads: true, validForMs: config.renewDeadlineMs, isOperatorPresent: true }),
  });
  const health = createHealthServer({ stuck: () => null, unready: () => null, metrics, clock, log });
  const servers = await listen(config, source, health, log);
  const { promise, resolve } = Promise.withResolvers<void>();
  onTermination(
    () => resolve(),
    () => process.exit(143),
  );
  await promise;
  await close(servers);
}

interface Servers {
  readonly leader: FastifyInstance;
  readonly health: PublicListener;
}

async function listen(
  config: SidecarConfig,
  source: LeaderSource,
  health: PublicListener,
  log: Log,
): Promise<Servers> {
  const leader = createLeaderServer({
    source,
    clock,
    longestWaitMs: config.renewDeadlineMs / 4,
    address: config.leaderAddress,
    version,
    observe: isDebugLevel(config.logLevel) ? tellAsked(log) : null,
  });
  const { leaderAddress: host, leaderPort: port } = config;
  await listenAt(leader, { host, port, variable: "LEADER_PORT" });
  try {
    await listenAt(health, { host: allAddresses, port: config.healthPort, variable: "HEALTH_PORT" });
  } catch (error) {
    // The other listener would keep this process alive, and answering.
    await leader.close();
    throw error;
  }
  log.info("Listening", {
    leader: `http://${withBrackets(config.leaderAddress)}:${config.leaderPort}/leader`,
    healthPort: config.healthPort,
  });
  return { leader, health };
}

async function close({ leader, health }: Servers): Promise<void> {
  leader.server.closeAllConnections();
  await Promise.all([leader.close(), health.close()]);
}

await startProgram("leader-sidecar", main);
