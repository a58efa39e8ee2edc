// Somebody's own cluster: the same replicas elect there, without being pods, in a namespace that is removed at the end.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { openAccess } from "../../kubernetes/access.ts";
import { inheritedEnvironment } from "../replicas/container.ts";
import { startReplica, type Replica } from "../replicas/replica.ts";
import { ClusterError, openCluster } from "./cluster.ts";
import { startLocalFleet, type Fleet } from "./fleet.ts";
import { probe, replicaPorts, type Host, type HostOptions } from "./host.ts";
import { definitionManifests, electionManifests, type Placed } from "./manifests.ts";

/** Somebody's own API server: the same replicas, without pods, in a namespace that is removed at the end. */
export async function startForeignHost(
  options: HostOptions & { readonly kubeconfig: string },
): Promise<Host> {
  const { clock, random, log, progress } = options;
  const file = resolve(options.kubeconfig);
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new Error(`the kubeconfig ${file} cannot be read`, { cause: error });
  });
  const access = await openAccess({
    kubeconfig: file,
    accountDirectory: "",
    environment: options.environment ?? { PATH: options.searchPath },
    clock,
    warn: (message) => log.warn(message),
  });
  const server = access.server();
  const namespace = `bindy-playground-${random.name(3)}`;
  progress(`Using ${server.origin}, in the namespace ${namespace}`);
  const cluster = openCluster({ access, clock, random, log });
  const created: Placed[] = [];
  let fleet: Fleet | null = null;

  async function remove(): Promise<void> {
    progress(`Removing the namespace ${namespace}`);
    for (const { path, object } of created.toReversed()) {
      const { name } = object["metadata"] as { name: string };
      const isNamespaced = path.includes("/namespaces/");
      if (!isNamespaced) await cluster.send({ method: "DELETE", path: `${path}/${name}` });
    }
    await cluster.close();
  }

  try {
    for (const placed of [...electionManifests(namespace), ...definitionManifests()]) {
      try {
        await cluster.send({ method: "POST", path: placed.path, body: placed.object });
        created.push(placed);
      } catch (error) {
        const isThere = error instanceof ClusterError && error.status === 409;
        if (!isThere) throw error;
      }
    }
  } catch (error) {
    await remove();
    throw error;
  }

  async function project(into: string, link: number | null): Promise<Readonly<Record<string, string>>> {
    await mkdir(into, { recursive: true });
    const target = join(into, "kubeconfig");
    await writeFile(target, link === null ? text : rerouted(text, dirname(file), server, link), {
      mode: 0o600,
    });
    return { KUBECONFIG: target, LEASE_NAMESPACE: namespace, WATCH_NAMESPACE: namespace };
  }

  async function start(name: string, onChange: (replica: Replica) => void): Promise<Replica> {
    const own = join(options.directory, name);
    return await startReplica({
      name,
      uid: random.name(16),
      directory: own,
      ports: await replicaPorts(options.ports),
      api: { host: server.hostname.replace(/^\[|\]$/g, ""), port: Number(server.port || "443") },
      project: (port) => project(own, port),
      programs: options.programs,
      environment: inheritedEnvironment(options),
      processes: options.processes,
      clock,
      onChange,
    });
  }

  return {
    namespace,
    kubeconfig: file,
    access,
    get fleet() {
      return fleet;
    },
    project,
    async startFleet() {
      const { replicas: count, onChange } = options;
      fleet = await startLocalFleet({ count, start, probe, onChange, clock, random });
    },
    async close() {
      await fleet?.close();
      await remove();
    },
  };
}

/** The same kubeconfig by way of a relay on the loopback; the certificate is still checked for the real name. */
function rerouted(text: string, folder: string, server: URL, link: number): string {
  interface Kubeconfig {
    clusters?: { cluster?: Record<string, unknown> }[];
    users?: { user?: Record<string, unknown> }[];
  }
  const config = parse(text) as Kubeconfig;
  const parts = [
    ...(config.clusters ?? []).map(({ cluster = {} }) => cluster),
    ...(config.users ?? []).map(({ user = {} }) => user),
  ];
  for (const part of parts) {
    for (const key of ["certificate-authority", "client-certificate", "client-key", "tokenFile"]) {
      const path = part[key];
      if (typeof path === "string" && !isAbsolute(path)) part[key] = resolve(folder, path);
    }
    const { server: address } = part;
    if (typeof address === "string" && new URL(address).host === server.host) {
      part["server"] = `https://127.0.0.1:${link}`;
      part["tls-server-name"] ??= server.hostname;
    }
  }
  return stringify(config);
}
