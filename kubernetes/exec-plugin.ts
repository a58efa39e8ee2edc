// A credential plugin of a kubeconfig: a program that prints an ExecCredential (client.authentication.k8s.io). It is run
// when its credential is needed first, when that has expired, and again after the server has refused it, which for one
// without an expiry is the only sign there is (KEP-541).
import { spawn } from "node:child_process";
import type { Clock } from "../platform/clock.ts";
import { AccessError } from "./access-error.ts";
import type { Environment } from "./access.ts";

export interface ExecPlugin {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly apiVersion: string;
  /** It is told of the cluster too. */
  readonly wantsCluster: boolean;
  readonly installHint: string;
  /** Where it stands, for messages. */
  readonly from: string;
}

export interface ExecCredential {
  readonly token: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  /** Wall-clock ms, null when it does not say. */
  readonly expiresAtMs: number | null;
}

/** What the plugin may learn of the cluster it speaks for. */
export type ExecCluster = Readonly<Record<string, unknown>>;

// client-go gives a plugin as long as it likes; one that waits for somebody must not hold up an election for ever.
const longestRunMs = 30_000;
const longestOutputBytes = 1 << 20;
// A server that refuses everything has a plugin run this often at most.
const leastAgeMs = 1000;
// A credential is renewed a little before it ends, or requests under way would be refused.
const earlyMs = 5000;

export interface ExecCredentials {
  /** The credential that holds now. Rejects with AccessError. */
  get(): Promise<ExecCredential>;
  /** The server has refused it, with this token where it had one: the next credential is a new one. */
  refuse(token: string | null): void;
}

export function createExecCredentials(
  plugin: ExecPlugin,
  cluster: () => ExecCluster,
  environment: Environment,
  clock: Clock,
): ExecCredentials {
  let known: { readonly credential: ExecCredential; readonly gotAtMs: number } | null = null;
  let running: Promise<ExecCredential> | null = null;

  function isGood({ credential }: { readonly credential: ExecCredential }): boolean {
    return credential.expiresAtMs === null || credential.expiresAtMs - earlyMs > clock.now().wallMs;
  }

  async function renew(): Promise<ExecCredential> {
    const credential = credentialOf(
      await run(plugin, plugin.wantsCluster ? cluster() : null, environment, clock),
      plugin,
    );
    known = { credential, gotAtMs: clock.now().waitMs };
    return credential;
  }

  return {
    async get() {
      if (known !== null && isGood(known)) return known.credential;
      running ??= renew().finally(() => (running = null));
      return await running;
    },
    refuse(token) {
      if (known === null || clock.now().waitMs - known.gotAtMs < leastAgeMs) return;
      // A late refusal of the token before says nothing about this one.
      if (token === null || known.credential.token === null || known.credential.token === token) known = null;
    },
  };
}

/** Runs the program; what it prints. */
async function run(
  plugin: ExecPlugin,
  cluster: ExecCluster | null,
  environment: Environment,
  clock: Clock,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const spec = { interactive: false, ...(cluster === null ? {} : { cluster }) };
  const info = JSON.stringify({ apiVersion: plugin.apiVersion, kind: "ExecCredential", spec });
  const child = spawn(plugin.command, plugin.arguments, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...environment, ...plugin.environment, KUBERNETES_EXEC_INFO: info },
  });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (piece: string) => {
      if (output[name].length < longestOutputBytes) output[name] += piece;
    });
  }
  const fail = (why: string, cause?: unknown): void =>
    reject(new AccessError(`the plugin ${plugin.command} (${plugin.from}) ${why}`, cause));
  const cancel = clock.schedule(longestRunMs, () => {
    child.kill("SIGKILL");
    fail(`was not done after ${longestRunMs / 1000} s, and was ended`);
  });
  child.once("error", (error: NodeJS.ErrnoException) => {
    const hint = plugin.installHint === "" ? "install it, or put it into PATH" : plugin.installHint;
    if (error.code === "ENOENT") fail(`is not installed: ${hint}`);
    // The system says so as well where it is nowhere, and PATH has a folder that this user may not look into.
    else if (error.code === "EACCES") fail(`is not installed where this user may run it: ${hint}`);
    else fail(`cannot be started (${error.message})`, error);
  });
  child.once("close", (code, signal) => {
    if (code === 0) return resolve(output.stdout);
    const said = output.stderr.trim().slice(-500);
    fail(`failed with ${signal ?? `exit code ${code}`}${said === "" ? "" : `: ${said}`}`);
  });
  try {
    return await promise;
  } finally {
    cancel();
  }
}

function credentialOf(text: string, plugin: ExecPlugin): ExecCredential {
  const wrong = (why: string): AccessError =>
    new AccessError(`the plugin ${plugin.command} (${plugin.from}) ${why}`);
  let printed: { readonly [field: string]: unknown } | null;
  try {
    printed = JSON.parse(text) as typeof printed;
  } catch {
    throw wrong(`printed ${JSON.stringify(text.slice(0, 80))}, which is not JSON`);
  }
  if (printed?.["kind"] !== "ExecCredential" || printed["apiVersion"] !== plugin.apiVersion) {
    throw wrong(`printed something that is not an ExecCredential of ${plugin.apiVersion}`);
  }
  const status = (printed["status"] ?? {}) as Readonly<Record<string, unknown>>;
  const {
    token,
    clientCertificateData: certificate,
    clientKeyData: key,
    expirationTimestamp: expiry,
  } = status;
  const expiresAtMs = typeof expiry === "string" ? Date.parse(expiry) : null;
  if (expiresAtMs !== null && Number.isNaN(expiresAtMs)) {
    throw wrong(`printed the expirationTimestamp ${JSON.stringify(expiry)}, which is not a time`);
  }
  if (Boolean(certificate) !== Boolean(key)) throw wrong("printed a certificate or a key, but not both");
  if (!token && !certificate) throw wrong("printed neither a token nor a certificate");
  return {
    token: textOrNull(token),
    certificate: textOrNull(certificate),
    key: textOrNull(key),
    expiresAtMs,
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
