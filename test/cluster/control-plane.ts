// A real kube-apiserver on a real etcd, as child processes on the loopback, in a folder of their own. They can be stopped,
// continued, killed and started again with the same data; RBAC is on; tokens are real. Whatever becomes of the test, they
// end with it (guard.ts).
import { spawn, type ChildProcess } from "node:child_process";
import { createSign, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import { once } from "node:events";
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { stringify } from "yaml";
import type { Clock } from "../../platform/clock.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import { startGuard } from "./guard.ts";
import type { ControlPlanePrograms } from "./programs.ts";

/** "kube-apiserver-1" is there where two were asked for. */
export type Part = "etcd" | "kube-apiserver" | "kube-apiserver-1";

export interface ControlPlaneOptions {
  /** API servers on the one etcd; 1 unless given. */
  readonly apiServers?: 1 | 2;
  /** Flags for the API servers beside ours. */
  readonly flags?: readonly string[];
  /** An audit Policy: what it lets through is in `auditLog()`. */
  readonly auditPolicy?: unknown;
  /** Whether etcd waits for the disk as in life; tests do not, since a shared disk may take seconds. */
  readonly isDurable?: boolean;
}

export interface ControlPlane {
  readonly url: string;
  readonly port: number;
  /** The ports of all API servers, the first one's first. */
  readonly apiPorts: readonly number[];
  /** PEM. */
  readonly certificateAuthority: string;
  readonly adminToken: string;
  kubeconfig(token?: string): string;
  /** A token of a service account, bound to a pod where one is given (TokenRequest). */
  issueToken(account: {
    namespace: string;
    name: string;
    pod?: { name: string; uid: string };
    /** 3600 when nothing is said. */
    lifetimeSeconds?: number;
  }): Promise<string>;
  /** The audit log up to now; empty without a policy. */
  auditLog(): string;
  /** A token as TokenRequest gives it, but taken for so many seconds: the API itself gives none under ten minutes. */
  signToken(
    account: { readonly namespace: string; readonly name: string; readonly uid: string },
    lifeSeconds: number,
  ): string;
  /** One call as the administrator: status and parsed body. */
  call(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ status: number; body: unknown }>;
  /** SIGSTOP and SIGCONT. */
  pause(what: Part): void;
  resume(what: Part): void;
  /** SIGKILL; gone until it is started again. */
  kill(what: Part): Promise<void>;
  /** On the same data; resolves once it is ready. */
  start(what: Part): Promise<void>;
  /** Copies the logs of all parts there. */
  keepLogs(directory: string): void;
  /** Ends everything, and removes the folder. */
  close(): Promise<void>;
}

const readyMs = 90_000;
const callMs = 60_000;
const issuer = "https://kubernetes.default.svc";
// Clocks may differ: so long after its end is a token still taken.
const leewaySeconds = 60;

export async function startControlPlane(
  programs: ControlPlanePrograms,
  ports: PortFinder,
  clock: Clock,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), "bindy-control-plane-"));
  const guard = startGuard(directory);
  const file = (name: string): string => join(directory, name);
  const keys = writeAccountKeys(file);
  const adminToken = randomBytes(24).toString("hex");
  writeFileSync(file("tokens.csv"), `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
  const [etcdPort, peerPort] = [await ports.find(22_379), await ports.find(22_480)];
  const apiPorts: number[] = [];
  for (let count = 0; count < (options.apiServers ?? 1); count += 1) apiPorts.push(await ports.find(26_443));
  const [port = 0] = apiPorts;
  const url = `https://127.0.0.1:${port}`;
  const audit = auditFlags(file, options.auditPolicy);
  const names: readonly Part[] = ["kube-apiserver", "kube-apiserver-1"];
  const commands = new Map<Part, readonly string[]>([
    ["etcd", [programs.etcd, ...etcdFlags(file("etcd"), etcdPort, peerPort, options.isDurable === true)]],
    ...apiPorts.map((apiPort, at) => {
      const flags = apiServerFlags(file, etcdPort, apiPort);
      return [names[at] as Part, [programs.apiServer, ...flags, ...(options.flags ?? []), ...audit]] as const;
    }),
  ]);
  const children = new Map<Part, ChildProcess>();
  let agent: Agent | null = null;
  let certificateAuthority = "";

  function run(what: Part): void {
    const [program = "", ...flags] = commands.get(what) ?? [];
    if (program === "") throw new Error(`there is no ${what} here`);
    const log = openSync(file(`${what}.log`), "a");
    // A group of its own: ctrl-C in the terminal is for the program that started it, which ends it in good order.
    const child = spawn(program, flags, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    guard.watch(child);
    children.set(what, child);
  }

  function childOf(what: Part): ChildProcess {
    const child = children.get(what);
    if (child === undefined) throw new Error(`there is no ${what} here`);
    return child;
  }

  async function callAt(base: string, method: string, path: string, body?: unknown, contentType?: string) {
    agent ??= new Agent({ connect: { ca: certificateAuthority }, connections: 8 });
    const response = await request(`${base}${path}`, {
      dispatcher: agent,
      method: method as "GET",
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(callMs),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text };
  }

  async function ready(what: Part): Promise<void> {
    if (what === "etcd") return;
    const base = `https://127.0.0.1:${apiPorts[names.indexOf(what)]}`;
    const startedMs = clock.now().waitMs;
    for (;;) {
      for (const [name, child] of children) {
        if (child.exitCode !== null) throw new Error(`${name} has ended:\n${tail(file(`${name}.log`))}`);
      }
      try {
        certificateAuthority = readFileSync(file("certificates/apiserver.crt"), "utf8");
        if ((await callAt(base, "GET", "/readyz")).status === 200) return;
      } catch (error) {
        // Not there yet, as long as there is time: then it is the reason. A certificate that was read while it was written is not kept.
        await agent?.destroy();
        agent = null;
        if (clock.now().waitMs - startedMs > readyMs) throw error;
      }
      await clock.sleep(100);
    }
  }

  async function kill(what: Part): Promise<void> {
    const child = childOf(what);
    if (child.exitCode === null && child.signalCode === null) {
      const closed = once(child, "close");
      child.kill("SIGKILL");
      await closed;
    }
    children.delete(what);
  }

  async function start(what: Part): Promise<void> {
    run(what);
    await ready(what);
  }

  async function close(): Promise<void> {
    await agent?.destroy();
    await guard.close();
  }

  try {
    // One after the other: the second API server takes the first one's certificate.
    for (const what of commands.keys()) await start(what);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url,
    port,
    apiPorts,
    certificateAuthority,
    adminToken,
    kubeconfig: (token = adminToken) => kubeconfigOf(url, certificateAuthority, token),
    async issueToken({ namespace, name, pod, lifetimeSeconds = 3600 }) {
      const spec = {
        expirationSeconds: lifetimeSeconds,
        ...(pod ? { boundObjectRef: { apiVersion: "v1", kind: "Pod", ...pod } } : {}),
      };
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
      const answer = await callAt(url, "POST", path, body);
      if (answer.status !== 201) throw new Error(`no token: ${JSON.stringify(answer.body)}`);
      return (answer.body as { status: { token: string } }).status.token;
    },
    signToken: (account, lifeSeconds) =>
      signedToken(keys.privateKey, account, Math.floor(clock.now().wallMs / 1000), lifeSeconds),
    auditLog: () => (audit.length > 0 ? readFileSync(file("audit.log"), "utf8") : ""),
    call: (method, path, body, contentType) => callAt(url, method, path, body, contentType),
    pause: (what) => void childOf(what).kill("SIGSTOP"),
    resume: (what) => void childOf(what).kill("SIGCONT"),
    kill,
    start,
    keepLogs(target) {
      mkdirSync(target, { recursive: true });
      for (const what of commands.keys()) cpSync(file(`${what}.log`), join(target, `${what}.log`));
    },
    close,
  };
}

function etcdFlags(data: string, port: number, peerPort: number, isDurable: boolean): readonly string[] {
  return [
    `--data-dir=${data}`,
    `--listen-client-urls=http://127.0.0.1:${port}`,
    `--advertise-client-urls=http://127.0.0.1:${port}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
    ...(isDurable ? [] : ["--unsafe-no-fsync"]),
  ];
}

function apiServerFlags(file: (name: string) => string, etcdPort: number, port: number): readonly string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    `--cert-dir=${file("certificates")}`,
    "--endpoint-reconciler-type=none",
    "--authorization-mode=Node,RBAC",
    `--token-auth-file=${file("tokens.csv")}`,
    `--service-account-issuer=${issuer}`,
    `--service-account-key-file=${file("account.pub")}`,
    `--service-account-signing-key-file=${file("account.key")}`,
    "--service-cluster-ip-range=10.99.0.0/24",
    // Nothing here creates the accounts and quotas that these wait for.
    "--disable-admission-plugins=ServiceAccount,ResourceQuota",
    "--profiling=false",
  ];
}

function auditFlags(file: (name: string) => string, policy: unknown): readonly string[] {
  if (policy === undefined) return [];
  writeFileSync(file("audit-policy.json"), JSON.stringify(policy));
  return [`--audit-policy-file=${file("audit-policy.json")}`, `--audit-log-path=${file("audit.log")}`];
}

function writeAccountKeys(file: (name: string) => string): { readonly privateKey: KeyObject } {
  const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(file("account.key"), keys.privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
  });
  writeFileSync(file("account.pub"), keys.publicKey.export({ type: "spki", format: "pem" }));
  return keys;
}

/** A service account's token (RFC 7519) with the claims that the API server looks for. */
function signedToken(
  key: KeyObject,
  account: { readonly namespace: string; readonly name: string; readonly uid: string },
  nowSeconds: number,
  lifeSeconds: number,
): string {
  const { namespace, name, uid } = account;
  const exp = nowSeconds + lifeSeconds - leewaySeconds;
  const claims = {
    iss: issuer,
    aud: [issuer],
    sub: `system:serviceaccount:${namespace}:${name}`,
    iat: nowSeconds - leewaySeconds,
    nbf: nowSeconds - leewaySeconds,
    exp,
    "kubernetes.io": { namespace, serviceaccount: { name, uid } },
  };
  const text = [{ alg: "RS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${createSign("sha256").update(text).sign(key, "base64url")}`;
}

function kubeconfigOf(url: string, certificateAuthority: string, token: string): string {
  const data = Buffer.from(certificateAuthority).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "test", cluster: { server: url, "certificate-authority-data": data } }],
    users: [{ name: "test", user: { token } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
    "current-context": "test",
  });
}

function tail(path: string): string {
  return readFileSync(path, "utf8").split("\n").slice(-40).join("\n");
}
