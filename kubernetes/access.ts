// How to reach the API server, and who we are there. Inside a cluster the kubelet projects that into the pod as files;
// outside a kubeconfig says it, as kubectl reads it. All of it rotates while we run: authorities, client certificates,
// tokens, whole kubeconfigs. So nothing is read once: a new connection and every request ask for what the files hold now.
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../platform/clock.ts";
import { AccessError } from "./access-error.ts";
import { isThere } from "./kept-file.ts";
import { podAccess } from "./pod-account.ts";

/** How to know the server, and be known to it by certificate; the names are those of node:tls. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Headers that say who asks; one that is given several times is a list. */
export type IdentityHeaders = Readonly<Record<string, string | string[]>>;

/** Where each part comes from, for messages: a file, a field of a kubeconfig, a plugin. */
export interface AccessSources {
  /** What the server's certificate is verified with. */
  readonly authority: string;
  /** What says who we are. */
  readonly credential: string;
}

export interface ClusterAccess {
  /** Where the API server is. */
  server(): URL;
  /** What a new connection is to use. Rejects with AccessError. */
  tls(): Promise<TlsIdentity>;
  /** What a request is to carry. Rejects with AccessError. */
  headers(): Promise<IdentityHeaders>;
  /** A request with these headers was answered 401, or a handshake failed (null): what a plugin gave is not used again. */
  distrust(headers: IdentityHeaders | null): void;
  sources(): AccessSources;
  /** The namespace this runs in, null when nothing says so. */
  readonly namespace: string | null;
  /** The pod that the token is bound to, as far as its claims say so. They are shown, never trusted. */
  readonly pod: { readonly name: string | null; readonly uid: string | null };
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface AccessOptions {
  /** Paths as in the variable KUBECONFIG; null or "" when none are given. */
  readonly kubeconfig: string | null;
  /** Where a pod finds its account. */
  readonly accountDirectory: string;
  /** KUBERNETES_SERVICE_HOST and _PORT, which every pod has; HOME; and what a plugin is to inherit. */
  readonly environment: Environment;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/**
 * Opens the access: a kubeconfig that is named, then the pod's own account, then the kubeconfig of the user. A KUBECONFIG of
 * which no file exists is passed over inside a cluster, as kubectl does, with a warning. Throws AccessError.
 */
export async function openAccess(options: AccessOptions): Promise<ClusterAccess> {
  const { environment, warn } = options;
  const named = (options.kubeconfig ?? "").split(":").filter((path) => path !== "");
  const isInPod = Boolean(environment["KUBERNETES_SERVICE_HOST"]);
  const found = named.filter(isThere);
  if (named.length > 0 && found.length < named.length && (found.length > 0 || isInPod)) {
    const missing = named.filter((path) => !found.includes(path)).join(", ");
    const instead = found.length > 0 ? "" : ", using the pod's service account instead";
    warn(`KUBECONFIG names files that do not exist (${missing})${instead}`);
  }
  if (found.length === 0 && isInPod) return podAccess(options);
  if (found.length === 0 && named.length > 0) {
    throw new AccessError(
      `KUBECONFIG names no file that exists: ${named.join(", ")}. Name one that does, or take KUBECONFIG out of the ` +
        "environment to use the pod's service account, or ~/.kube/config",
    );
  }
  const own = join(environment["HOME"] || homedir(), ".kube", "config");
  const files = found.length > 0 ? found : [own];
  if (found.length === 0 && !isThere(own)) {
    throw new AccessError(
      `nothing says where the API server is: KUBERNETES_SERVICE_HOST is not set, as it is in every pod, ` +
        `KUBECONFIG is not set, and there is no ${own}. Outside a cluster set KUBECONFIG to a kubeconfig file`,
    );
  }
  // Loaded only where it is needed: with its parser it is larger than the rest of the way to the server.
  const { kubeconfigAccess } = await import("./kubeconfig-access.ts");
  return kubeconfigAccess(files, options);
}
