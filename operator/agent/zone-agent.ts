// The agent put together: its instance's ZoneFiles are watched, loaded and reported on. It follows no leader: what
// the API server holds is to be served, by whomever it was written.
import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";
import type { Clock } from "../../platform/clock.ts";
import { createWorkClock } from "../../platform/work-clock.ts";
import type { Log } from "../../platform/log.ts";
import type { Random } from "../../platform/random.ts";
import { createTroubles } from "../../platform/troubles.ts";
import { createCache } from "../controller/cache.ts";
import { createPace } from "../controller/pace.ts";
import { runWatcher } from "../controller/watcher.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { apiWellMessage } from "../kubernetes/kubernetes-error.ts";
import { createObjectSource } from "../kubernetes/object-source.ts";
import { zoneFileName } from "../resources/zone-file-name.ts";
import { instanceLabel, zoneFile } from "../resources/zone-file.ts";
import type { ZoneFile } from "../resources/zone-file.ts";
import { createControlChannel } from "./named/control-channel.ts";
import { anyName, createListTaking } from "./named/list-taking.ts";
import { createNamedControl } from "./named/named-control.ts";
import { followStarts } from "./named/named-starts.ts";
import { startReporter } from "./reporter.ts";
import { openSoaProbe } from "./named/soa-probe.ts";
import { openZoneDirectory } from "./zone-directory.ts";
import { createZoneLoader } from "./zone-loader.ts";
import { isServedByOther } from "./zone-results.ts";
import { createZoneReloads } from "./named/zone-reloads.ts";
import { recordsText } from "./zone-text.ts";

export interface ZoneAgentOptions {
  /** Its field manager must be this pod's own. */
  readonly client: KubernetesClient;
  readonly instanceName: string;
  readonly instanceNamespace: string;
  readonly podName: string;
  readonly zonesDirectory: string;
  readonly namedAddress: string;
  readonly namedPort: number;
  /** Of its control channel; 0 for none. */
  readonly namedControlPort: number;
  readonly namedPidFile: string;
  /** Whether named reads files that the instance brings, which may keep it from starting with a zone that it has taken before. */
  readonly isConfigurationBrought?: boolean;
  /** Where the kernel shows the processes of this pod, and of nothing else; absent: named is found by its pid file alone. */
  readonly processes?: string;
  readonly proofMs: number;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface ZoneAgent {
  /** Why the pod should not be asked for names, or null if it can be. */
  whyNotReady(): Promise<string | null>;
  close(): Promise<void>;
}

const readyProbeMs = 1000;
// named runs again sooner than that, unless it does not start: a container that ends is begun anew at once, and then after ten seconds.
const longestAwayMs = 20_000;

/** Starts the agent. */
export async function startZoneAgent(options: ZoneAgentOptions): Promise<ZoneAgent> {
  const { client, clock, random, log, podName } = options;
  const { instanceName, instanceNamespace: namespace } = options;
  const ending = new AbortController();
  const cache = createCache<ZoneFile>();
  const troubles = createTroubles(log, clock, apiWellMessage);
  const controlPort = options.namedControlPort;
  const owner = `${namespace}/${instanceName}`;
  const place = { clock, random, controlPort, owner };
  const directory = await openZoneDirectory(options.zonesDirectory, place);
  const { processes } = options;
  const search = processes === undefined ? null : { processes, clock };
  const named = createNamedControl(options.namedPidFile, search);
  const probe = await openSoaProbe({ address: options.namedAddress, port: options.namedPort, clock, random });
  const { channel } = directory;
  const say = channel && createControlChannel(channel, clock, random);
  if (directory.found.state === "another's")
    log.warn("The directory held the zones of another instance; they are not served", { owner });
  // Also while the API is away, until when no list is brought.
  if (directory.found.state !== "as it was") await named.reload();
  const loads = createLoadMetrics(options.registry, () => cache.list().length);

  const loader = createZoneLoader({
    directory,
    named,
    take: createListTaking({ say, named, probe, clock, log }),
    reloadZones: say && createZoneReloads(say, clock, log),
    probe,
    clock,
    log,
    proofMs: options.proofMs,
    onResult: (name) => {
      loads.count(loader.result(name)?.failure === null);
      reporter.check(`${namespace}/${name}`);
    },
    isServedElsewhere: (name) => isServedByOther(cache.get(`${namespace}/${name}`)?.status ?? {}, podName),
  });
  const resultOf = (key: string): ReturnType<typeof loader.result> =>
    loader.result(key.slice(namespace.length + 1));
  const reporter = startReporter({ client, cache, podName, resultOf, clock, random, log, troubles });

  cache.onChange(({ key, previous, current }) => {
    const { name } = (current ?? previous)?.metadata ?? { name: "" };
    if (current === null) loader.unwant(name);
    else if (previous === null || !isSameZone(previous, current)) {
      const { zoneName, serial } = current.spec;
      // One that somebody made by hand could be called so that there is no file of that name, or take a zone from the operator's.
      if (name === zoneFileName(instanceName, zoneName))
        loader.want({ name, zoneName, serial, ...recordsText(current.spec) });
      else loader.unwant(name);
    }
    reporter.check(key);
  });
  const selection = { namespace, labelSelector: `${instanceLabel}=${instanceName}` };
  const source = createObjectSource<ZoneFile>(client, zoneFile, selection);
  const pace = createPace(createWorkClock(clock));
  const watching = runWatcher(
    { name: zoneFile.plural, source, cache, pace, clock, random, log, troubles },
    ending.signal,
  );
  void cache.synced.then(() => loader.start());
  const following = followStarts(
    { named, clock, troubles, onStart: () => loader.proveAnew(), onAway: (awayMs) => void onAway(awayMs) },
    ending.signal,
  );

  async function onAway(awayMs: number): Promise<void> {
    if (options.isConfigurationBrought !== true || awayMs <= longestAwayMs) return;
    // It may run where no process of it can be seen.
    if ((await probe.ask(anyName, readyProbeMs)) === "silent") loader.emptyList();
  }

  async function whyNotReady(): Promise<string | null> {
    // A container that restarts while the API is away still has the zones of the last complete list.
    if (!cache.isSynced() && !directory.wasComplete) return "the list of zones has not been received yet";
    if (cache.isSynced() && !loader.isSettled()) return "not all zones have been loaded yet";
    const seen = await probe.ask(anyName, readyProbeMs);
    return seen === "silent" ? "named does not answer" : null;
  }

  async function close(): Promise<void> {
    ending.abort();
    await Promise.all([watching, following, loader.close(), reporter.close()]);
    probe.close();
  }

  return { whyNotReady, close };
}

function isSameZone(left: ZoneFile, right: ZoneFile): boolean {
  const [one, other] = [left.spec, right.spec];
  const isSameHead = one.zoneName === other.zoneName && one.serial === other.serial;
  return (
    isSameHead &&
    one.text === other.text &&
    one.gzip === other.gzip &&
    left.metadata.uid === right.metadata.uid
  );
}

function createLoadMetrics(registry: Registry, zonesCount: () => number): { count(isLoaded: boolean): void } {
  const registers = [registry];
  const loads = new Counter({
    name: "bindy_agent_zone_loads_total",
    help: "Zones brought to named, by result",
    labelNames: ["result"] as const,
    registers,
  });
  const zones: Gauge = new Gauge({
    name: "bindy_agent_zones",
    help: "Zones that named should serve",
    registers,
    collect: () => zones.set(zonesCount()),
  });
  loads.inc({ result: "loaded" }, 0);
  loads.inc({ result: "failed" }, 0);
  return { count: (isLoaded) => loads.inc({ result: isLoaded ? "loaded" : "failed" }) };
}
