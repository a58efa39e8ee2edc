// How to reach the API server and who we are there: inside a cluster from the files that the kubelet projects into the
// pod, outside from a kubeconfig. The kubeconfig library is loaded only where it is needed, since it is many times the
// size of the rest of the sidecar.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SidecarError } from "../sidecar-error.ts";

export interface ClusterAccess {
  readonly server: URL;
  /** Options of tls.connect: certificate authority, client certificate, server name. */
  readonly tls: Readonly<Record<string, unknown>>;
  /** The `authorization` header of a request, read anew since tokens rotate; null when a certificate speaks for us. */
  authorization(): Promise<string | null>;
  /** The namespace this runs in, null when nothing says so. */
  readonly namespace: string | null;
  /** The pod that the token is bound to, as far as its claims say so. */
  readonly pod: { readonly name: string | null; readonly uid: string | null };
}

/**
 * Access from inside a pod. Throws ACCESS_UNUSABLE, with the file's name, when the kubelet's files cannot be read.
 * `warn` is called once when the token vanishes later; the last one read then goes on being used.
 */
export function inClusterAccess(
  host: string,
  port: string,
  directory: string,
  warn: (message: string, error: unknown) => void,
): ClusterAccess {
  const tokenFile = join(directory, "token");
  let token = readOrThrow(tokenFile).trim();
  let isTokenMissing = false;
  async function authorization(): Promise<string> {
    try {
      // Read in place: a file of the kubelet's tmpfs takes microseconds, and a thread pool for it several MiB.
      token = readFileSync(tokenFile, "utf8").trim() || token;
      isTokenMissing = false;
    } catch (error) {
      if (!isTokenMissing)
        warn(`The token file ${tokenFile} cannot be read; going on with the last token`, error);
      isTokenMissing = true;
    }
    return `Bearer ${token}`;
  }
  return {
    server: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`),
    tls: { ca: readOrThrow(join(directory, "ca.crt")) },
    authorization,
    namespace: readOrThrow(join(directory, "namespace")).trim() || null,
    pod: podOf(token),
  };
}

/** Access by a kubeconfig file, or by the ones kubectl would take when `file` is null. Throws ACCESS_UNUSABLE. */
export async function kubeconfigAccess(file: string | null): Promise<ClusterAccess> {
  const { KubeConfig } = await import("@kubernetes/client-node/dist/config.js");
  const config = new KubeConfig();
  try {
    if (file === null) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw new SidecarError(
      "ACCESS_UNUSABLE",
      `the kubeconfig ${file ?? "of this user"} cannot be read`,
      error,
    );
  }
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    throw new SidecarError(
      "ACCESS_UNUSABLE",
      `the kubeconfig ${file ?? ""} has no current context with a cluster`,
    );
  }
  const options: Record<string, unknown> = {};
  await config.applyToHTTPSOptions(options);
  const context = config.getContextObject(config.getCurrentContext());
  async function authorization(): Promise<string | null> {
    const fresh: { headers?: Record<string, string>; auth?: string } = {};
    await config.applyToHTTPSOptions(fresh);
    if (fresh.auth) return `Basic ${Buffer.from(fresh.auth).toString("base64")}`;
    return fresh.headers?.["Authorization"] ?? null;
  }
  const bearer = (await authorization())?.replace(/^Bearer /, "") ?? "";
  return {
    server: new URL(cluster.server),
    tls: definedOnly({
      ca: options["ca"],
      cert: options["cert"],
      key: options["key"],
      rejectUnauthorized: cluster.skipTLSVerify ? false : undefined,
      servername: cluster.tlsServerName,
    }),
    authorization,
    namespace: context?.namespace ?? null,
    pod: podOf(bearer),
  };
}

function definedOnly(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function readOrThrow(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new SidecarError(
      "ACCESS_UNUSABLE",
      `${file} cannot be read: is automountServiceAccountToken switched off for this pod?`,
      error,
    );
  }
}

/** The claims of a bound service account token that name its pod. They are shown, never trusted. */
function podOf(token: string): ClusterAccess["pod"] {
  const nobody = { name: null, uid: null };
  const payload = token.split(".")[1];
  if (!payload) return nobody;
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as {
      "kubernetes.io"?: { pod?: { name?: string; uid?: string } };
    } | null;
    const pod = claims?.["kubernetes.io"]?.pod;
    return { name: pod?.name ?? null, uid: pod?.uid ?? null };
  } catch {
    return nobody; // a token need not be a JWT: then it names no pod
  }
}
