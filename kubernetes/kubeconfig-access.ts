// Access by kubeconfig files. They are read at every use, as is each file they name: a person who rewrites one (a new server, a
// new token, another user) is heard without a restart. A file that is broken at the moment leaves what held before.
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { AccessError, whyUnreadable } from "./access-error.ts";
import type { AccessOptions, ClusterAccess, IdentityHeaders, TlsIdentity } from "./access.ts";
import { claimsOf } from "./bearer-token.ts";
import { createExecCredentials, type ExecCluster, type ExecCredentials } from "./exec-plugin.ts";
import { createKeptFile, type KeptFile } from "./kept-file.ts";
import { currentContext, type KubeconfigContext, type Material } from "./kubeconfig.ts";

/** What the files say at one time, and what was made of it. */
interface Loaded {
  readonly texts: readonly string[];
  readonly context: KubeconfigContext;
  readonly exec: ExecCredentials | null;
  readonly read: (material: Material | null) => string | null;
}

export async function kubeconfigAccess(
  files: readonly string[],
  options: AccessOptions,
): Promise<ClusterAccess> {
  const { warn } = options;
  let loaded = load(files, readAll(files), options);
  let trouble = "";
  warnOf(loaded.context, warn);

  function current(): Loaded {
    try {
      const texts = readAll(files);
      if (texts.some((text, at) => text !== loaded.texts[at])) {
        loaded = load(files, texts, options);
        warnOf(loaded.context, warn);
      }
      trouble = "";
    } catch (error) {
      const { message } = error as Error;
      if (message !== trouble) warn(`${message}; going on with what it said before`);
      trouble = message;
    }
    return loaded;
  }

  async function tls(): Promise<TlsIdentity> {
    const { context, read, exec } = current();
    const { user } = context;
    const credential = await exec?.get();
    return definedOnly({
      ca: read(context.authority),
      cert: credential?.certificate ?? read(user.certificate),
      key: credential?.key ?? read(user.key),
      servername: context.serverName,
      rejectUnauthorized: context.isUnverified ? false : null,
    });
  }

  async function headers(): Promise<IdentityHeaders> {
    const { context, read, exec } = current();
    const { user } = context;
    const token = (await exec?.get())?.token ?? read(user.token)?.trim() ?? null;
    const authorization = token === null ? user.basic : `Bearer ${token}`;
    return { ...(authorization === null ? {} : { authorization }), ...user.impersonation };
  }

  // What is wrong with the files or the plugin is to be said at the start.
  await tls();
  const bearer = (await headers())["authorization"];
  const { pod } = claimsOf(typeof bearer === "string" ? bearer.replace(/^Bearer /, "") : "");
  return {
    server: () => current().context.server,
    tls,
    headers,
    distrust(refused) {
      const authorization = refused?.["authorization"];
      loaded.exec?.refuse(typeof authorization === "string" ? authorization.replace(/^Bearer /, "") : null);
    },
    sources: () => ({
      authority: loaded.context.authority?.from ?? "the system's authorities",
      credential: credentialSource(loaded.context),
    }),
    namespace: loaded.context.namespace,
    pod,
  };
}

function readAll(files: readonly string[]): string[] {
  return files.map((path) => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw new AccessError(`the kubeconfig ${path} cannot be read (${whyUnreadable(error)})`);
    }
  });
}

function load(files: readonly string[], texts: readonly string[], options: AccessOptions): Loaded {
  const context = currentContext(
    files.map((path, at) => {
      try {
        return { path, content: parse(texts[at] ?? "", { logLevel: "error" }) as unknown };
      } catch (error) {
        throw new AccessError(
          `the kubeconfig ${path} is not YAML: ${(error as Error).message.split("\n")[0]}`,
        );
      }
    }),
  );
  const kept = new Map<string, KeptFile>();
  function read(material: Material | null): string | null {
    if (material === null) return null;
    if ("text" in material) return material.text;
    const { path, from } = material;
    const file =
      kept.get(path) ?? createKeptFile(path, from, "is it there, and readable for this user?", options.warn);
    kept.set(path, file);
    return file.read();
  }
  const { exec } = context.user;
  return {
    texts,
    context,
    read,
    exec:
      exec === null
        ? null
        : createExecCredentials(exec, () => clusterInfo(context, read), options.environment, options.clock),
  };
}

/** The cluster as a plugin is told of it. */
function clusterInfo(context: KubeconfigContext, read: Loaded["read"]): ExecCluster {
  const authority = read(context.authority);
  return definedOnly({
    server: context.server.href,
    "tls-server-name": context.serverName,
    "insecure-skip-tls-verify": context.isUnverified ? true : null,
    "certificate-authority-data": authority === null ? null : Buffer.from(authority).toString("base64"),
  });
}

function warnOf(
  { server, clusterName, isUnverified }: KubeconfigContext,
  warn: (message: string) => void,
): void {
  if (isUnverified) {
    warn(
      `insecure-skip-tls-verify is set for the cluster "${clusterName}": anybody between here and ${server.host} can ` +
        "read the credentials and answer in the API server's place. Set certificate-authority instead",
    );
  }
  if (server.protocol === "http:") {
    warn(`the API server is asked over http (${server.origin}): credentials and answers travel unprotected`);
  }
}

function credentialSource({ user }: KubeconfigContext): string {
  if (user.exec !== null) return `the plugin ${user.exec.command} (${user.exec.from})`;
  const material = user.token ?? user.certificate;
  if (material !== null) return "path" in material ? `${material.path} (${material.from})` : material.from;
  return `the user "${user.name}", who has no credentials`;
}

function definedOnly<T>(record: Readonly<Record<string, T | null>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as Record<
    string,
    T
  >;
}
