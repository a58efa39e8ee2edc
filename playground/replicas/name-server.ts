// One real named with its agent, on a port of the loopback: what a pod of a Bind9Instance is, as two processes here.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderNamedConf } from "../../operator/bind9/named-configuration.ts";
import type { Clock } from "../../platform/clock.ts";
import { createContainer, type Container } from "./container.ts";
import type { ProcessTable } from "./process-table.ts";

export interface NameServer {
  readonly port: number;
  readonly named: Container;
  readonly agent: Container;
  close(): Promise<void>;
}

export interface NameServerOptions {
  readonly directory: string;
  readonly program: string;
  readonly searchPath: string;
  readonly version: string;
  readonly port: number;
  readonly agentPort: number;
  readonly instance: { readonly namespace: string; readonly name: string };
  readonly podName: string;
  readonly agentCommand: readonly string[];
  /** The variables that lead the agent to the API server. */
  readonly access: Readonly<Record<string, string>>;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  readonly onChange: () => void;
}

const graceMs = 5000;

/** The named of this machine and its version, null when BIND is not installed. */
export async function findNamed(): Promise<{ readonly program: string; readonly version: string } | null> {
  for (const program of ["named", "/usr/sbin/named", "/usr/local/sbin/named"]) {
    const child = spawn(program, ["-v"], { stdio: ["ignore", "pipe", "ignore"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    const code = await Promise.race([
      once(child, "close").then(([exit]) => exit as number),
      once(child, "error").then(() => -1), // not there: the next place, or none
    ]);
    const version = /BIND (\d+\.\d+)/.exec(text)?.[1];
    if (code === 0 && version !== undefined) return { program, version };
  }
  return null;
}

/** Starts the agent, which prepares the zones' directory, and named beside it. */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const { directory, port, processes, clock, onChange } = options;
  const zonesDirectory = join(directory, "zones");
  const pidFile = join(directory, "named.pid");
  const confFile = join(directory, "named.conf");
  await mkdir(zonesDirectory, { recursive: true });
  // named may drop its rights, and must still be able to write its pid file and read its zones.
  await chmod(directory, 0o755);
  const zonesConf = join(zonesDirectory, "zones.conf");
  await writeFile(zonesConf, "");
  const conf = renderNamedConf(
    {
      version: options.version,
      recursion: false,
      allowQuery: ["localhost"],
      allowTransfer: [],
      forwarders: [],
      listenOn: ["127.0.0.1"],
      listenOnV6: ["none"],
      dnssecValidation: false,
    },
    { port, workDirectory: directory, pidFile, zonesConf },
  );
  await writeFile(confFile, conf);
  const named = createContainer({
    name: "named",
    command: [options.program, "-g", "-c", confFile, "-n", "1"],
    environment: { PATH: options.searchPath },
    processes,
    clock,
    onChange,
  });
  const agent = createContainer({
    name: "agent",
    command: options.agentCommand,
    environment: {
      PATH: options.searchPath,
      ...options.access,
      INSTANCE_NAME: options.instance.name,
      INSTANCE_NAMESPACE: options.instance.namespace,
      POD_NAME: options.podName,
      ZONES_DIRECTORY: zonesDirectory,
      NAMED_ADDRESS: "127.0.0.1",
      NAMED_PORT: String(port),
      NAMED_PID_FILE: pidFile,
      AGENT_PORT: String(options.agentPort),
    },
    processes,
    clock,
    onChange,
  });
  named.start();
  agent.start();
  return {
    port,
    named,
    agent,
    async close() {
      await Promise.all([named.terminate(graceMs), agent.terminate(graceMs)]);
    },
  };
}
