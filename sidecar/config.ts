// Environment and flags to one frozen configuration. One table says what there is; --help, the flags and the messages
// come from it. All that is wrong is reported at once, and every relation between the times is proved here.
import { parseArgs } from "node:util";
import type { LogLevel } from "../platform/log.ts";
import { SidecarError } from "./sidecar-error.ts";

export interface SidecarConfig {
  readonly isElectionEnabled: boolean;
  readonly leaseName: string;
  /** null: the namespace this runs in, and dns-system outside a cluster. */
  readonly leaseNamespace: string | null;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly podName: string;
  readonly podUid: string | null;
  readonly operatorTimeoutMs: number;
  readonly leaderAddress: string;
  readonly leaderPort: number;
  readonly healthPort: number;
  readonly logLevel: LogLevel;
  readonly metricsPrefix: string;
  readonly kubeconfig: string | null;
  readonly serviceAccountDirectory: string;
}

interface Variable {
  readonly name: string;
  readonly fallback: string | null;
  /** Shown in place of a default that is not a constant. */
  readonly fallbackText?: string;
  readonly aliases?: readonly string[];
  readonly help: string;
}

/** Every variable there is; the flag of each is its name in lower case with dashes. */
export const variables: readonly Variable[] = [
  {
    name: "ENABLE_LEADER_ELECTION",
    fallback: "true",
    help: "false: always leader, for a single replica only",
  },
  { name: "LEASE_NAME", fallback: "bindy-leader", help: "name of the Lease" },
  {
    name: "LEASE_NAMESPACE",
    fallback: "",
    fallbackText: "the pod's namespace; outside a cluster dns-system",
    help: "namespace of the Lease",
  },
  {
    name: "LEASE_DURATION_SECONDS",
    fallback: "15",
    help: "how long others wait on a silent leader (whole seconds)",
  },
  { name: "LEASE_RENEW_DEADLINE_SECONDS", fallback: "10", help: "how long one renewal lets this pod lead" },
  {
    name: "LEASE_RETRY_PERIOD_SECONDS",
    fallback: "2",
    help: "time between renewals, and the longest backoff",
  },
  {
    name: "POD_NAME",
    fallback: null,
    aliases: ["HOSTNAME"],
    fallbackText: "$HOSTNAME",
    help: "this candidate's identity",
  },
  { name: "POD_UID", fallback: "", fallbackText: "from the token", help: "uid of the pod (metadata.uid)" },
  {
    name: "OPERATOR_TIMEOUT_SECONDS",
    fallback: "10",
    help: "an operator that asks nothing for so long loses the lease; 0: never",
  },
  { name: "LEADER_ADDRESS", fallback: "127.0.0.1", help: "address of /leader: a loopback address" },
  { name: "LEADER_PORT", fallback: "4040", help: "port of /leader" },
  { name: "HEALTH_PORT", fallback: "8081", help: "port of /livez, /readyz and /metrics, on all addresses" },
  {
    name: "LOG_LEVEL",
    fallback: "info",
    aliases: ["RUST_LOG"],
    help: "trace, debug, info, warn, error (of RUST_LOG's form the first level counts)",
  },
  { name: "METRICS_PREFIX", fallback: "bindy", help: "prefix of the election's metrics" },
  {
    name: "KUBECONFIG",
    fallback: "",
    fallbackText: "the pod's service account, else ~/.kube/config",
    help: "kubeconfig to use instead of the pod's service account",
  },
  {
    name: "SERVICE_ACCOUNT_DIRECTORY",
    fallback: "/var/run/secrets/kubernetes.io/serviceaccount",
    help: "where token, ca.crt and namespace are",
  },
];

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration of `environment` and, over it, `flags` (without node and script). Throws CONFIG_INVALID with all
 * mistakes, one a line.
 */
export function readConfig(flags: readonly string[], environment: Environment): SidecarConfig {
  const problems: string[] = [];
  const given = readFlags(flags, problems);
  const read = createReader(environment, given, problems);
  const config: SidecarConfig = {
    isElectionEnabled: read.boolean("ENABLE_LEADER_ELECTION"),
    leaseName: read.matching("LEASE_NAME", objectName, "a name of lower-case letters, digits, - and ."),
    leaseNamespace:
      read.matching("LEASE_NAMESPACE", /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$/, "a namespace") || null,
    leaseDurationMs: read.seconds("LEASE_DURATION_SECONDS", { least: 1, most: 3600, isWhole: true }),
    renewDeadlineMs: read.seconds("LEASE_RENEW_DEADLINE_SECONDS", { least: 0.1, most: 3600 }),
    retryPeriodMs: read.seconds("LEASE_RETRY_PERIOD_SECONDS", { least: 0.05, most: 3600 }),
    podName: read.matching("POD_NAME", objectName, "this pod's name: take it from metadata.name"),
    podUid: read.matching("POD_UID", /^[A-Za-z0-9-]{0,64}$/, "a uid: take it from metadata.uid") || null,
    operatorTimeoutMs: read.seconds("OPERATOR_TIMEOUT_SECONDS", { least: 0, most: 3600 }),
    leaderAddress: read.matching(
      "LEADER_ADDRESS",
      /^(127(\.\d{1,3}){3}|::1|localhost)$/,
      "a loopback address",
    ),
    leaderPort: read.port("LEADER_PORT"),
    healthPort: read.port("HEALTH_PORT"),
    logLevel: read.logLevel("LOG_LEVEL"),
    metricsPrefix: read.matching(
      "METRICS_PREFIX",
      /^[a-zA-Z_][a-zA-Z0-9_]*$/,
      "a prefix that Prometheus allows",
    ),
    kubeconfig: read.text("KUBECONFIG") || null,
    serviceAccountDirectory: read.text("SERVICE_ACCOUNT_DIRECTORY"),
  };
  proveRelations(config, problems);
  if (problems.length > 0) throw new SidecarError("CONFIG_INVALID", problems.join("\n"));
  return Object.freeze(config);
}

const objectName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * What the election's safety rests on; each message names the variables and their values. A time that could not be read
 * is NaN, about which no comparison is true, and so nothing is said twice.
 */
function proveRelations(config: SidecarConfig, problems: string[]): void {
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, operatorTimeoutMs } = config;
  const [d, r, p] = [leaseDurationMs, renewDeadlineMs, retryPeriodMs].map((ms) => ms / 1000);
  if (leaseDurationMs < 1.1 * renewDeadlineMs) {
    problems.push(
      `LEASE_DURATION_SECONDS (${d}) must be at least 1.1 times LEASE_RENEW_DEADLINE_SECONDS (${r}): ` +
        `raise it to ${Math.ceil((1.1 * renewDeadlineMs) / 1000)}, or lower the deadline`,
    );
  }
  if (renewDeadlineMs <= 1.2 * retryPeriodMs) {
    problems.push(
      `LEASE_RENEW_DEADLINE_SECONDS (${r}) must be more than 1.2 times LEASE_RETRY_PERIOD_SECONDS (${p}): ` +
        `lower the retry period, or raise the deadline`,
    );
  }
  if (operatorTimeoutMs !== 0 && operatorTimeoutMs < renewDeadlineMs / 2) {
    problems.push(
      `OPERATOR_TIMEOUT_SECONDS (${operatorTimeoutMs / 1000}) must be 0 or at least half of ` +
        `LEASE_RENEW_DEADLINE_SECONDS (${r}): a gate's poll alone may be held for a quarter of it`,
    );
  }
  if (config.leaderPort > 0 && config.leaderPort === config.healthPort) {
    problems.push(`LEADER_PORT and HEALTH_PORT are both ${config.leaderPort}: give them different ports`);
  }
}

function flagOf(variable: Variable): string {
  return variable.name.toLowerCase().replaceAll("_", "-");
}

function readFlags(flags: readonly string[], problems: string[]): Readonly<Record<string, string>> {
  const options = Object.fromEntries(
    variables.map((variable) => [flagOf(variable), { type: "string" as const }]),
  );
  try {
    const { values } = parseArgs({ args: [...flags], options, strict: true, allowPositionals: false });
    return values as Record<string, string>;
  } catch (error) {
    problems.push(`${(error as Error).message} (--help lists the flags)`);
    return {};
  }
}

interface Reader {
  text(name: string): string;
  boolean(name: string): boolean;
  matching(name: string, pattern: RegExp, wanted: string): string;
  seconds(name: string, range: { least: number; most: number; isWhole?: boolean }): number;
  port(name: string): number;
  logLevel(name: string): LogLevel;
}

function createReader(
  environment: Environment,
  flags: Readonly<Record<string, string>>,
  problems: string[],
): Reader {
  function text(name: string): string {
    const variable = variables.find((candidate) => candidate.name === name) as Variable;
    const names = [name, ...(variable.aliases ?? [])];
    const fromEnvironment = names
      .map((alias) => environment[alias])
      .find((value) => value !== undefined && value !== "");
    return (flags[flagOf(variable)] ?? fromEnvironment ?? variable.fallback ?? "").trim();
  }
  function refuse(name: string, value: string, wanted: string): void {
    problems.push(`${name} is ${value === "" ? "not set" : `"${value}"`}: it must be ${wanted}`);
  }
  return {
    text,
    boolean(name) {
      const value = text(name).toLowerCase();
      if (!["true", "false", "1", "0", "yes", "no"].includes(value)) refuse(name, value, "true or false");
      return ["true", "1", "yes"].includes(value);
    },
    matching(name, pattern, wanted) {
      const value = text(name);
      if (!pattern.test(value)) refuse(name, value, wanted);
      return value;
    },
    seconds(name, { least, most, isWhole = false }) {
      const value = text(name);
      const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
      const isFine = seconds >= least && seconds <= most && (!isWhole || Number.isInteger(seconds));
      if (!isFine) refuse(name, value, `${isWhole ? "whole " : ""}seconds from ${least} to ${most}`);
      return Math.round(seconds * 1000);
    },
    port(name) {
      const value = text(name);
      const port = /^\d{1,5}$/.test(value) ? Number(value) : -1;
      if (port < 1 || port > 65_535) refuse(name, value, "a port from 1 to 65535");
      return port;
    },
    logLevel(name) {
      const value = text(name).toLowerCase();
      // RUST_LOG lists levels by module, as in "info,kube=warn": the first that stands alone is the program's own.
      const level = value.split(",").find((part) => !part.includes("=")) ?? "info";
      if (!["trace", "debug", "info", "warn", "error"].includes(level)) {
        refuse(name, value, "trace, debug, info, warn or error");
      }
      return level as LogLevel;
    },
  };
}

/** The text of --help. */
export function helpText(): string {
  const rows = variables.map((variable) => {
    const names = [variable.name, ...(variable.aliases ?? [])].join(", ");
    const value = variable.fallbackText ?? variable.fallback ?? "";
    return `  --${flagOf(variable)} <value>\n      ${variable.help}\n      environment: ${names}; default: ${value}`;
  });
  return [
    "leader-sidecar: holds a Lease for the pod, and tells the operator beside it whether it leads",
    "",
    "Usage: leader-sidecar [flags]     Every flag is an environment variable too; the flag wins.",
    "",
    ...rows,
    "",
    "Answers on http://LEADER_ADDRESS:LEADER_PORT: GET /leader, GET /leader/held, DELETE /leader, GET /openapi.json",
    "and on http://[::]:HEALTH_PORT: /livez, /readyz, /metrics.",
    "Exit codes: 0 ended by SIGTERM, 1 a failure at start, 2 wrong configuration.",
    "",
  ].join("\n");
}
