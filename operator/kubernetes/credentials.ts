// Where the API server is, and as whom to speak to it. In a pod that is a few files, read here directly; outside of
// one it is a kubeconfig, with all its plugins, which client-node reads. client-node costs 60 MB of memory, and so is
// loaded only when it is needed.
import { readFile } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { delimiter } from "node:path";
import type { Clock } from "../../platform/clock.ts";
import { KubernetesError } from "./kubernetes-error.ts";

/** How to know the server, and be known to it by certificate; the names are those of node:tls. */
export interface TlsIdentity {
  readonly ca?: Buffer;
  readonly cert?: Buffer | string;
  readonly key?: Buffer | string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Credentials {
  readonly server: URL;
  readonly tls: TlsIdentity;
  /** Headers that say who is asking; to be read anew for each request, since tokens are replaced while we run. */
  headers(): Promise<Readonly<Record<string, string>>>;
}

/** What of the environment leads to the API server. */
export interface CredentialsOptions {
  /** Paths as in the variable KUBECONFIG; undefined if it is not set. */
  readonly kubeconfig: string | undefined;
  /** KUBERNETES_SERVICE_HOST and _PORT, which every pod has. */
  readonly serviceHost: string | undefined;
  readonly servicePort: string | undefined;
  /** Where a pod finds its account; undefined for where the kubelet puts it. */
  readonly accountDirectory?: string;
  readonly clock: Clock;
  /** Called once when the token vanishes later; the last one read then goes on being used. */
  readonly warn: (message: string, error: unknown) => void;
}

const accountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";
// The kubelet replaces a token after 80 % of its life, the shortest of which is ten minutes; client-go reads the file
// again after a minute too.
const tokenAgeMs = 60_000;

/**
 * Loads credentials: a named kubeconfig first, then the pod's own account, then the kubeconfig of the user.
 * Throws KubernetesError API_CONFIGURATION.
 */
export async function loadCredentials(options: CredentialsOptions): Promise<Credentials> {
  try {
    const { kubeconfig, serviceHost, servicePort } = options;
    if (!kubeconfig && serviceHost) {
      return await podCredentials(serviceHost, servicePort ?? "443", options);
    }
    return await kubeconfigCredentials(kubeconfig);
  } catch (error) {
    if (error instanceof KubernetesError) throw error;
    const message = "no usable credentials for the Kubernetes API";
    throw new KubernetesError("API_CONFIGURATION", message, { cause: error });
  }
}

async function podCredentials(host: string, port: string, options: CredentialsOptions): Promise<Credentials> {
  const directory = options.accountDirectory ?? accountDirectory;
  const authority = await readFile(`${directory}/ca.crt`);
  const token = createTokenFile(`${directory}/token`, options);
  await token.read();
  return {
    server: new URL(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`),
    tls: { ca: authority },
    headers: async () => ({ authorization: `Bearer ${await token.read()}` }),
  };
}

interface TokenFile {
  read(): Promise<string>;
}

function createTokenFile(
  path: string,
  { clock, warn }: Pick<CredentialsOptions, "clock" | "warn">,
): TokenFile {
  let known: { token: string; readMs: number } | null = null;
  let isWarned = false;
  return {
    read: async () => {
      const nowMs = clock.now().waitMs;
      if (known !== null && nowMs - known.readMs <= tokenAgeMs) return known.token;
      try {
        const token = (await readFile(path, "utf8")).trim();
        // An empty file is one that is just being written.
        if (token !== "" || known === null) known = { token, readMs: nowMs };
        isWarned = false;
      } catch (error) {
        if (known === null) throw error;
        if (!isWarned) warn(`The token file ${path} cannot be read; going on with the last token`, error);
        isWarned = true;
      }
      return known.token;
    },
  };
}

async function kubeconfigCredentials(paths: string | undefined): Promise<Credentials> {
  // The module itself rather than the package: the package's front door loads every API group there is.
  const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
  const config = new KubeConfig();
  // A list of files, and no file at all, are for client-node, which reads both from the environment as kubectl does.
  if (paths && !paths.includes(delimiter)) config.loadFromFile(paths);
  else config.loadFromDefault();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new KubernetesError("API_CONFIGURATION", "the kubeconfig has no current cluster");
  }
  if (cluster.proxyUrl) {
    throw new KubernetesError("API_CONFIGURATION", "proxy-url in a kubeconfig is not supported");
  }
  interface Applied extends TlsIdentity {
    readonly headers?: Record<string, string>;
    readonly auth?: string;
  }
  const apply = async (): Promise<Applied> => {
    const applied: Applied = {};
    await config.applyToHTTPSOptions(applied as Parameters<typeof config.applyToHTTPSOptions>[0]);
    return applied;
  };
  const { ca, cert, key, servername, rejectUnauthorized } = await apply();
  const tls: TlsIdentity = {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
  return {
    server: new URL(cluster.server),
    tls,
    headers: async () => {
      const { headers = {}, auth } = await apply();
      const basic =
        auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
      return { ...headers, ...basic };
    },
  };
}
