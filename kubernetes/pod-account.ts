// Access from inside a pod: the token, the authority and the namespace that the kubelet keeps up to date in one folder.
import { isIPv6 } from "node:net";
import { join } from "node:path";
import { AccessError } from "./access-error.ts";
import type { AccessOptions, ClusterAccess } from "./access.ts";
import { claimsOf } from "./bearer-token.ts";
import { createKeptFile, isThere } from "./kept-file.ts";

const standardPort = "443";

/** Opens it; token and authority must be there. Throws AccessError. */
export function podAccess({ accountDirectory, environment, warn }: AccessOptions): ClusterAccess {
  const server = serverOf(environment, warn);
  const remedy =
    "is automountServiceAccountToken switched off for this pod, or SERVICE_ACCOUNT_DIRECTORY another folder?";
  const token = createKeptFile(join(accountDirectory, "token"), "the service account's token", remedy, warn);
  const authority = createKeptFile(join(accountDirectory, "ca.crt"), "the cluster's CA bundle", remedy, warn);
  authority.read();
  const claims = claimsOf(token.read().trim());
  return {
    server: () => server,
    tls: async () => ({ ca: authority.read() }),
    headers: async () => ({ authorization: `Bearer ${token.read().trim()}` }),
    // Both are read at every use: nothing is kept that could be distrusted.
    distrust: () => {},
    sources: () => ({ authority: authority.path, credential: `the token in ${token.path}` }),
    namespace: namespaceIn(accountDirectory, warn) ?? claims.namespace,
    pod: claims.pod,
  };
}

/** A volume without a namespace does not end the program: LEASE_NAMESPACE may say it, or the token. */
function namespaceIn(directory: string, warn: (message: string) => void): string | null {
  const path = join(directory, "namespace");
  if (!isThere(path)) return null;
  try {
    return createKeptFile(path, "the file of the pod's namespace", "", warn).read().trim();
  } catch (error) {
    warn((error as Error).message);
    return null;
  }
}

function serverOf(environment: AccessOptions["environment"], warn: (message: string) => void): URL {
  const host = environment["KUBERNETES_SERVICE_HOST"] ?? "";
  const port = environment["KUBERNETES_SERVICE_PORT"] || standardPort;
  const name = host.replace(/^\[(.*)\]$/, "$1");
  const isPort = /^\d{1,5}$/.test(port);
  if (!isPort) {
    // So it is where a Service is called kubernetes-service: its link has the very name.
    warn(`KUBERNETES_SERVICE_PORT is "${port}", which is not a port: taking ${standardPort}`);
  }
  const server = URL.parse(`https://${isIPv6(name) ? `[${name}]` : name}:${isPort ? port : standardPort}`);
  if (server === null) throw new AccessError(`KUBERNETES_SERVICE_HOST is "${host}", which is not a host`);
  return server;
}
