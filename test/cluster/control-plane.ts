// A real kube-apiserver on a real etcd, as two child processes on the loopback, in a folder of their own. It can be
// stopped, continued, killed and started again with the same data. RBAC is on; tokens are real.
import { spawn, type ChildProcess } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import { stringify } from "yaml";
import type { Clock } from "../../platform/clock.ts";
import type { PortFinder } from "../../playground/replicas/free-port.ts";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import type { ControlPlanePrograms } from "./programs.ts";

export interface ControlPlane {
  readonly url: string;
  readonly port: number;
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
  /** One call as the administrator: status and parsed body. */
  call(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<{ status: number; body: unknown }>;
  /** SIGSTOP and SIGCONT. */
  pause(what: "kube-apiserver" | "etcd"): void;
  resume(what: "kube-apiserver" | "etcd"): void;
  /** SIGKILL of the API server, and a new one on the same data. */
  restartApiServer(): Promise<void>;
  /** Ends both, and removes their folder; the logs go to standard error when `showLogs` is set. */
  close(showLogs?: boolean): Promise<void>;
}

const readyMs = 90_000;

export interface ControlPlaneOptions {
  /** An audit Policy: what it lets through is in `auditLog()`. */
  readonly auditPolicy?: unknown;
  /** For the case in which there is no time to end them in good order. */
  readonly processes?: ProcessTable;
}

export async function startControlPlane(
  programs: ControlPlanePrograms,
  ports: PortFinder,
  clock: Clock,
  options: ControlPlaneOptions = {},
): Promise<ControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), "bindy-control-plane-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  // Whoever has no time to close this leaves no files all the same.
  process.once("exit", remove);
  const file = (name: string): string => join(directory, name);
  // Each process begins to look somewhere else: two that start at the same time find the same ports free.
  const from = process.pid % 400;
  const [etcdPort, peerPort, port] = [
    await ports.find(22_379 + from),
    await ports.find(22_880 + from),
    await ports.find(26_443 + from),
  ];
  const adminToken = randomBytes(24).toString("hex");
  const keys = generateKeyPairSync("rsa", { modulusLength: 2048 });
  writeFileSync(file("account.key"), keys.privateKey.export({ type: "pkcs8", format: "pem" }), {
    mode: 0o600,
  });
  writeFileSync(file("account.pub"), keys.publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync(file("tokens.csv"), `${adminToken},admin,admin,"system:masters"\n`, { mode: 0o600 });
  const url = `https://127.0.0.1:${port}`;

  function run(name: string, program: string, flags: readonly string[]): ChildProcess {
    const log = openSync(file(`${name}.log`), "a");
    // A group of its own: ctrl-C in the terminal is for whoever started it, which ends it in good order.
    const child = spawn(program, flags, { stdio: ["ignore", log, log], detached: true });
    closeSync(log);
    options.processes?.add(child);
    return child;
  }

  const auditFlags: string[] = [];
  if (options.auditPolicy !== undefined) {
    writeFileSync(file("audit-policy.json"), JSON.stringify(options.auditPolicy));
    auditFlags.push(
      `--audit-policy-file=${file("audit-policy.json")}`,
      `--audit-log-path=${file("audit.log")}`,
    );
  }
  const etcd = run("etcd", programs.etcd, [
    `--data-dir=${file("etcd")}`,
    `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
    `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
    `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
    `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
  ]);
  const runApiServer = (): ChildProcess =>
    run("kube-apiserver", programs.apiServer, [
      `--etcd-servers=http://127.0.0.1:${etcdPort}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      `--cert-dir=${file("certificates")}`,
      "--endpoint-reconciler-type=none",
      "--authorization-mode=Node,RBAC",
      `--token-auth-file=${file("tokens.csv")}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${file("account.pub")}`,
      `--service-account-signing-key-file=${file("account.key")}`,
      "--service-cluster-ip-range=10.99.0.0/24",
      // Nothing here creates the accounts and quotas that these wait for.
      "--disable-admission-plugins=ServiceAccount,ResourceQuota",
      "--profiling=false",
      ...auditFlags,
    ]);
  let apiServer = runApiServer();
  let agent: Agent | null = null;
  let certificateAuthority = "";

  async function call(method: string, path: string, body?: unknown, contentType = "application/json") {
    agent ??= new Agent({ connect: { ca: certificateAuthority }, connections: 8 });
    const response = await request(`${url}${path}`, {
      dispatcher: agent,
      method: method as "GET",
      headers: {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text };
  }

  async function ready(): Promise<void> {
    const startedMs = clock.now().waitMs;
    for (;;) {
      if (apiServer.exitCode !== null)
        throw new Error(`kube-apiserver has ended:\n${tail("kube-apiserver")}`);
      if (etcd.exitCode !== null) throw new Error(`etcd has ended:\n${tail("etcd")}`);
      try {
        certificateAuthority = readFileSync(file("certificates/apiserver.crt"), "utf8");
        if ((await call("GET", "/readyz")).status === 200) return;
      } catch (error) {
        // Not there yet, as long as there is time: then it is the reason.
        if (clock.now().waitMs - startedMs > readyMs) throw error;
      }
      await clock.sleep(100);
    }
  }

  function tail(name: string): string {
    return readFileSync(file(`${name}.log`), "utf8")
      .split("\n")
      .slice(-40)
      .join("\n");
  }

  async function end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  }

  async function close(showLogs = false): Promise<void> {
    await Promise.all([end(apiServer), end(etcd)]);
    await agent?.destroy();
    if (showLogs) process.stderr.write(`${tail("kube-apiserver")}\n${tail("etcd")}\n`);
    process.off("exit", remove);
    remove();
  }

  try {
    await ready();
  } catch (error) {
    await close(true);
    throw error;
  }
  const childOf = (what: "kube-apiserver" | "etcd"): ChildProcess => (what === "etcd" ? etcd : apiServer);
  return {
    url,
    port,
    certificateAuthority,
    adminToken,
    kubeconfig: (token = adminToken) =>
      stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [
          {
            name: "test",
            cluster: {
              server: url,
              "certificate-authority-data": Buffer.from(certificateAuthority).toString("base64"),
            },
          },
        ],
        users: [{ name: "test", user: { token } }],
        contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
        "current-context": "test",
      }),
    async issueToken({ namespace, name, pod, lifetimeSeconds = 3600 }) {
      const spec = {
        expirationSeconds: lifetimeSeconds,
        ...(pod ? { boundObjectRef: { apiVersion: "v1", kind: "Pod", ...pod } } : {}),
      };
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
      const answer = await call("POST", path, body);
      if (answer.status !== 201) throw new Error(`no token: ${JSON.stringify(answer.body)}`);
      return (answer.body as { status: { token: string } }).status.token;
    },
    auditLog: () => (auditFlags.length > 0 ? readFileSync(file("audit.log"), "utf8") : ""),
    call,
    pause: (what) => void childOf(what).kill("SIGSTOP"),
    resume: (what) => void childOf(what).kill("SIGCONT"),
    async restartApiServer() {
      await end(apiServer);
      apiServer = runApiServer();
      await ready();
    },
    close,
  };
}
