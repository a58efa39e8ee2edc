// One name server with its agent, on a port of the loopback: what a pod of a Bind9Instance is, as two processes here. It is a
// real named where this machine has one; elsewhere the stand-in, which serves the same files and is signalled in the same way.
import { spawn } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { renderNamedConf } from "../../operator/bind9/named-configuration.ts";
import type { Clock } from "../../platform/clock.ts";
import { createContainer, inheritedEnvironment, type Container } from "./container.ts";
import type { ProcessTable } from "./process-table.ts";

export interface NameServer {
  readonly port: number;
  readonly isStandIn: boolean;
  readonly named: Container;
  readonly agent: Container;
  close(): Promise<void>;
}

export interface NameServerOptions {
  readonly directory: string;
  /** The named of this machine; null: the stand-in takes its place. */
  readonly program: string | null;
  readonly standInCommand: readonly string[];
  readonly searchPath: string;
  /** The playground's own; see inheritedEnvironment. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
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

const versionLimitMs = 10_000;

/** The named of this machine, null when BIND is not installed. Never rejects. */
export async function findNamed(
  places: readonly string[] = ["named", "/usr/sbin/named", "/usr/local/sbin/named"],
): Promise<string | null> {
  for (const program of places) {
    if (await isNamed(program)) return program;
  }
  return null;
}

/** By what the program says of its version; false if it is not there, cannot be run, fails, or is something else. */
function isNamed(program: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  // Not spawn's own `timeout`: its timer goes on after a program that could not be started, and keeps this process alive.
  const signal = AbortSignal.timeout(versionLimitMs);
  const child = spawn(program, ["-v"], { stdio: ["ignore", "pipe", "ignore"], signal });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  // Its "close" comes after its "error", if at all: the first of them answers.
  child.once("error", () => resolve(false));
  child.once("close", (code) => resolve(code === 0 && /BIND \d+\.\d+/.test(text)));
  return promise;
}

/** Starts the agent, which prepares the zones' directory, and the name server beside it. */
export async function startNameServer(options: NameServerOptions): Promise<NameServer> {
  const { directory, port, processes, clock, onChange } = options;
  const zonesDirectory = join(directory, "zones");
  const pidFile = join(directory, "named.pid");
  await mkdir(zonesDirectory, { recursive: true });
  // named may drop its rights, and must still be able to write its pid file and read its zones.
  await chmod(directory, 0o755);
  const zonesConf = join(zonesDirectory, "zones.conf");
  await writeFile(zonesConf, "");
  const { command, environment } =
    options.program === null
      ? standIn(options, { zonesConf, pidFile })
      : await prepareNamed(options.program, options, { zonesConf, pidFile });
  const named = createContainer({
    name: "named",
    command,
    environment: { ...inheritedEnvironment(options), ...environment },
    processes,
    clock,
    onChange,
  });
  const agent = createContainer({
    name: "agent",
    command: options.agentCommand,
    environment: {
      ...inheritedEnvironment(options),
      ...options.access,
      INSTANCE_NAME: options.instance.name,
      INSTANCE_NAMESPACE: options.instance.namespace,
      POD_NAME: options.podName,
      ZONES_DIRECTORY: zonesDirectory,
      NAMED_ADDRESS: "127.0.0.1",
      NAMED_PORT: String(port),
      NAMED_PID_FILE: pidFile,
      // What stands in for named has no control channel, and several named on one machine would want a port each.
      NAMED_CONTROL_PORT: "0",
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
    isStandIn: options.program === null,
    named,
    agent,
    async close() {
      await Promise.all([named.terminate(graceMs), agent.terminate(graceMs)]);
    },
  };
}

interface Launch {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

interface NameServerFiles {
  readonly zonesConf: string;
  readonly pidFile: string;
}

async function prepareNamed(
  program: string,
  { directory, port }: NameServerOptions,
  { zonesConf, pidFile }: NameServerFiles,
): Promise<Launch> {
  const conf = renderNamedConf(
    {
      recursion: false,
      allowQuery: ["localhost"],
      allowTransfer: undefined,
      acls: {},
      forwarders: [],
      listenOn: ["127.0.0.1"],
      listenOnV6: ["none"],
      dnssecValidation: false,
    },
    { port, workDirectory: directory, pidFile, zonesConf },
  );
  const confFile = join(directory, "named.conf");
  await writeFile(confFile, conf);
  return { command: [program, "-g", "-c", confFile, "-n", "1"], environment: {} };
}

function standIn(
  { standInCommand, port }: NameServerOptions,
  { zonesConf, pidFile }: NameServerFiles,
): Launch {
  return {
    command: standInCommand,
    environment: {
      NAMED_ADDRESS: "127.0.0.1",
      NAMED_PORT: String(port),
      NAMED_PID_FILE: pidFile,
      ZONES_CONF: zonesConf,
    },
  };
}
