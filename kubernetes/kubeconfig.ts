// A kubeconfig as kubectl reads it: several files are one, of which the first to say something wins; a path in a file is
// relative to that file. Pure: texts in, the current context's cluster and user out. What this program does not do
// (an auth-provider, a proxy) is refused by name, since a setting that is ignored looks like a fault of the cluster.
import { dirname, isAbsolute, resolve } from "node:path";
import { AccessError } from "./access-error.ts";
import type { ExecPlugin } from "./exec-plugin.ts";

export interface KubeconfigText {
  readonly path: string;
  /** The parsed YAML. */
  readonly content: unknown;
}

/** Bytes that a kubeconfig holds itself (base64 there), or in a file. */
export type Material =
  | { readonly text: string; readonly from: string }
  | { readonly path: string; readonly from: string };

export interface KubeconfigUser {
  readonly name: string;
  readonly certificate: Material | null;
  readonly key: Material | null;
  readonly token: Material | null;
  /** The `authorization` header of a name and password. */
  readonly basic: string | null;
  readonly exec: ExecPlugin | null;
  readonly impersonation: Readonly<Record<string, string | string[]>>;
}

export interface KubeconfigContext {
  readonly server: URL;
  readonly clusterName: string;
  readonly authority: Material | null;
  readonly serverName: string | null;
  readonly isUnverified: boolean;
  readonly user: KubeconfigUser;
  readonly namespace: string | null;
}

type Fields = Readonly<Record<string, unknown>>;

interface Entry {
  readonly fields: Fields;
  /** The file it stands in. */
  readonly path: string;
}

/** The current context of the files together. Throws AccessError, naming file, field and value. */
export function currentContext(files: readonly KubeconfigText[]): KubeconfigContext {
  const where = files.map(({ path }) => path).join(":");
  const name = files.map(({ content }) => textOf(fieldsOf(content)["current-context"])).find(Boolean);
  if (!name) {
    throw new AccessError(
      `the kubeconfig ${where} has no current-context: choose one with kubectl config use-context NAME`,
    );
  }
  const context = entryOf(files, "contexts", "context", name);
  if (context === null) {
    throw new AccessError(`the kubeconfig ${where} has no context "${name}", which is its current-context`);
  }
  const clusterName = textOf(context.fields["cluster"]);
  const cluster = entryOf(files, "clusters", "cluster", clusterName);
  if (cluster === null) {
    throw new AccessError(
      `context "${name}" in ${context.path} names the cluster "${clusterName}", which does not exist`,
    );
  }
  const userName = textOf(context.fields["user"]);
  const user = entryOf(files, "users", "user", userName);
  if (user === null && userName !== "") {
    throw new AccessError(
      `context "${name}" in ${context.path} names the user "${userName}", which does not exist`,
    );
  }
  return {
    ...clusterOf(cluster, clusterName),
    user: userOf(user ?? { fields: {}, path: context.path }, userName),
    namespace: textOf(context.fields["namespace"]) || null,
  };
}

function clusterOf({ fields, path }: Entry, name: string): Omit<KubeconfigContext, "user" | "namespace"> {
  const what = `cluster "${name}" in ${path}`;
  const address = textOf(fields["server"]);
  const server = URL.parse(address);
  if (server?.protocol !== "https:" && server?.protocol !== "http:") {
    const said = address === "" ? "no server" : `the server "${address}"`;
    throw new AccessError(`${what} has ${said}: it must be a URL like https://host:6443`);
  }
  if (textOf(fields["proxy-url"]) !== "") {
    throw new AccessError(
      `${what} has a proxy-url, which is not supported here: remove it, and have the proxy forward a port to the ` +
        "API server, say with kubectl proxy or ssh -L",
    );
  }
  const authority = materialOf(fields, "certificate-authority", path, what);
  const isUnverified = fields["insecure-skip-tls-verify"] === true;
  if (isUnverified && authority !== null) {
    throw new AccessError(
      `${what} has both insecure-skip-tls-verify and a certificate-authority: remove one of them`,
    );
  }
  return {
    server,
    clusterName: name,
    authority,
    serverName: textOf(fields["tls-server-name"]) || null,
    isUnverified,
  };
}

function userOf({ fields, path }: Entry, name: string): KubeconfigUser {
  const what = `user "${name}" in ${path}`;
  if (fields["auth-provider"]) {
    const provider = textOf(fieldsOf(fields["auth-provider"])["name"]);
    throw new AccessError(
      `${what} has the auth-provider "${provider}", which is not supported here: use an exec plugin, or a token`,
    );
  }
  const tokenFile = textOf(fields["tokenFile"]);
  const token = textOf(fields["token"]);
  const username = textOf(fields["username"]);
  const password = Buffer.from(`${username}:${textOf(fields["password"])}`).toString("base64");
  return {
    name,
    certificate: materialOf(fields, "client-certificate", path, what),
    key: materialOf(fields, "client-key", path, what),
    token:
      tokenFile !== ""
        ? { path: besides(path, tokenFile), from: `tokenFile of ${what}` }
        : token === ""
          ? null
          : { text: token, from: `the token of ${what}` },
    basic: username === "" ? null : `Basic ${password}`,
    exec: fields["exec"] ? execOf(fieldsOf(fields["exec"]), path, what) : null,
    impersonation: impersonationOf(fields),
  };
}

function materialOf(fields: Fields, field: string, path: string, what: string): Material | null {
  const data = textOf(fields[`${field}-data`]);
  // As kubectl has it, data in the kubeconfig goes before a file.
  if (data !== "") {
    const text = Buffer.from(data, "base64").toString("utf8");
    if (!text.includes("-----BEGIN")) {
      throw new AccessError(`${field}-data of ${what} is not a PEM block in base64`);
    }
    return { text, from: `${field}-data of ${what}` };
  }
  const file = textOf(fields[field]);
  return file === "" ? null : { path: besides(path, file), from: `${field} of ${what}` };
}

function execOf(exec: Fields, path: string, what: string): ExecPlugin {
  const command = textOf(exec["command"]);
  const apiVersion = textOf(exec["apiVersion"]);
  if (command === "") throw new AccessError(`exec of ${what} has no command`);
  if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
    throw new AccessError(
      `exec of ${what} has the apiVersion "${apiVersion}": it must be client.authentication.k8s.io/v1 or …/v1beta1`,
    );
  }
  if (exec["interactiveMode"] === "Always") {
    throw new AccessError(`exec of ${what} has interactiveMode Always, and there is nobody here to ask`);
  }
  const environment = listOf(exec["env"]).map((variable) => [
    textOf(variable["name"]),
    textOf(variable["value"]),
  ]);
  const given = exec["args"];
  return {
    // A bare name is looked for in PATH; anything with a slash is a path.
    command: command.includes("/") ? besides(path, command) : command,
    arguments: Array.isArray(given) ? given.map(String) : [],
    environment: Object.fromEntries(environment) as Record<string, string>,
    apiVersion,
    wantsCluster: exec["provideClusterInfo"] === true,
    installHint: textOf(exec["installHint"]),
    from: `exec of ${what}`,
  };
}

function impersonationOf(fields: Fields): Readonly<Record<string, string | string[]>> {
  const headers: Record<string, string | string[]> = {};
  const name = textOf(fields["as"]);
  const uid = textOf(fields["as-uid"]);
  if (name !== "") headers["impersonate-user"] = name;
  if (uid !== "") headers["impersonate-uid"] = uid;
  const groups = fields["as-groups"];
  if (Array.isArray(groups) && groups.length > 0) headers["impersonate-group"] = groups.map(String);
  for (const [key, values] of Object.entries(fieldsOf(fields["as-user-extra"]))) {
    if (Array.isArray(values))
      headers[`impersonate-extra-${encodeURIComponent(key).toLowerCase()}`] = values.map(String);
  }
  return headers;
}

/** The first entry of that name in any file. */
function entryOf(files: readonly KubeconfigText[], list: string, kind: string, name: string): Entry | null {
  for (const { path, content } of files) {
    const found = listOf(fieldsOf(content)[list]).find((entry) => entry["name"] === name);
    if (found !== undefined) return { fields: fieldsOf(found[kind]), path };
  }
  return null;
}

function besides(kubeconfig: string, path: string): string {
  return isAbsolute(path) ? path : resolve(dirname(kubeconfig), path);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : "";
}
