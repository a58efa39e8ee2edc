// A pod of a Bind9Instance: a real named, and the agent beside it as its image starts it. And the same named alone, for those who bring it
// their changes by other means.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { prepareDirectory } from "../../operator/agent/zone-directory.ts";
import type { Container } from "../../playground/replicas/container.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { prepareNamed } from "../../test/kit/named.ts";
import { bundles, operatorEnvironment } from "../bundles.ts";
import { openDnsAsker, type DnsAsker } from "./dns-asker.ts";
import { pidOf, projectAccount, startContainer, type PodPlace } from "./pod-process.ts";
import { instanceName, namespace } from "./zone-objects.ts";

export interface NameServer extends DnsAsker {
  readonly port: number;
  /** Ends it, and what is beside it; may be called again. */
  end(): Promise<void>;
}

export interface Replica extends NameServer {
  readonly podName: string;
  readonly zonesDirectory: string;
  agentPid(): number;
  namedPid(): number;
}

const startMs = 120_000;
const graceMs = 10_000;

/** Starts a named with these zones. It is there once it has said so. */
export async function startNamedOf(
  place: PodPlace,
  what: { readonly name: string; readonly port: number; readonly zonesConf: string },
): Promise<Container> {
  const { directory } = place;
  const root = join(directory, "named");
  mkdirSync(root, { recursive: true });
  const { command, environment, running } = await prepareNamed({
    address: "127.0.0.1",
    port: what.port,
    root,
    zonesConf: what.zonesConf,
    pidFile: pidFileIn(directory),
  });
  const container = startContainer(place, { name: what.name, command, environment });
  const said = (): readonly string[] =>
    container
      .log()
      .lines()
      .map(({ text }) => `${text}\n`);
  await eventually(() => said().some((line) => running.test(line)), `${what.name} is running`, {
    limitMs: startMs,
    seen: () => said().slice(-20).join(""),
  });
  return container;
}

/** Starts a pod of the instance. Its token is of the account that the operator has made for the instance. */
export async function startReplica(
  place: PodPlace,
  podName: string,
  token: string,
  ports: PortFinder,
): Promise<Replica> {
  const { directory, clock } = place;
  const port = await ports.find(28_000);
  const zonesDirectory = join(directory, "zones");
  await prepareDirectory(zonesDirectory);
  const zonesConf = join(zonesDirectory, "zones.conf");
  const named = await startNamedOf(place, { name: `named of ${podName}`, port, zonesConf });
  const agent = startContainer(place, {
    name: `agent of ${podName}`,
    command: bundles.agent,
    environment: {
      ...operatorEnvironment,
      ...projectAccount(place, token),
      POD_NAME: podName,
      INSTANCE_NAME: instanceName,
      INSTANCE_NAMESPACE: namespace,
      ZONES_DIRECTORY: zonesDirectory,
      NAMED_PORT: String(port),
      NAMED_CONTROL_PORT: String(await ports.find(28_900)),
      NAMED_PID_FILE: pidFileIn(directory),
      AGENT_PORT: "0",
      AGENT_ADDRESS: "127.0.0.1",
    },
  });
  const asker = await openDnsAsker(port, clock);
  return {
    ...asker,
    port,
    podName,
    zonesDirectory,
    agentPid: () => pidOf(agent),
    namedPid: () => pidOf(named),
    async end() {
      asker.close();
      await Promise.all([agent.terminate(graceMs), named.terminate(graceMs)]);
    },
  };
}

function pidFileIn(directory: string): string {
  return join(directory, "named.pid");
}
