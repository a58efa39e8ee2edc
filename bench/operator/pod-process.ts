// Containers of the bench's pods: what each of them finds of its service account, and what it complains about.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../platform/clock.ts";
import { createContainer, type Container } from "../../playground/replicas/container.ts";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import { namespace } from "./zone-objects.ts";

export interface PodPlace {
  readonly cluster: BenchCluster;
  /** Of the pod: made here. */
  readonly directory: string;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  /** Told of every line that a program logs as a warning or an error. */
  readonly onComplaint: (line: string) => void;
}

/** A line of a program's log. */
export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

/** The files that a kubelet projects into a pod, and the variables that lead there and to the API server. */
export function projectAccount(
  { cluster, directory }: PodPlace,
  token: string,
): Readonly<Record<string, string>> {
  const account = join(directory, "account");
  mkdirSync(account, { recursive: true });
  writeFileSync(join(account, "token"), token, { mode: 0o600 });
  writeFileSync(join(account, "ca.crt"), cluster.certificateAuthority);
  writeFileSync(join(account, "namespace"), namespace);
  return {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: String(cluster.port),
    SERVICE_ACCOUNT_DIRECTORY: account,
  };
}

/** Starts one of our programs; `onLine` is told of each line of its log. */
export function startContainer(
  place: PodPlace,
  what: {
    readonly name: string;
    readonly command: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
    readonly onLine?: (line: LogLine) => void;
  },
): Container {
  const { processes, clock, onComplaint } = place;
  const { name, command, environment } = what;
  const container = createContainer({ name, command, environment, processes, clock, onChange: () => {} });
  container.start();
  container.log().follow(({ text }) => {
    if (!text.startsWith("{")) return;
    const line = JSON.parse(text) as LogLine;
    if (line.level !== "info" && line.level !== "debug") onComplaint(`${name}: ${text}`);
    what.onLine?.(line);
  });
  return container;
}

/** Its process; throws where it has ended, since nothing that is measured of another one would be of it. */
export function pidOf(container: Container): number {
  const pid = container.pid();
  if (pid !== null && container.restarts() === 0) return pid;
  const last = container.log().lines().slice(-20);
  throw new Error(`${container.name} has ended:\n${last.map(({ text }) => text).join("\n")}`);
}
