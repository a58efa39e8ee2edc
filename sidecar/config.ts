// Environment and flags to one frozen configuration. One table says what there is; --help, the flags and the messages
// come from it. Only what makes the election unsafe or impossible is refused, all of it at once; every relation between the
// times is proved here.
import type { LogLevel } from "../platform/log.ts";
import {
  booleanSetting,
  logLevelSetting,
  namespaceSetting,
  numberSetting,
  objectNameSetting,
  patternSetting,
  portSetting,
  readSettings,
  serviceAccountSetting,
  settingsHelp,
  textSetting,
  withoutBrackets,
  type Environment,
  type Setting,
  type SettingValues,
} from "../platform/settings.ts";
import { StartError } from "../platform/start-error.ts";

export interface SidecarConfig {
  readonly isElectionEnabled: boolean;
  readonly leaseName: string;
  /** null: the namespace this runs in. */
  readonly leaseNamespace: string | null;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly podName: string;
  readonly podUid: string | null;
  readonly operatorTimeoutMs: number;
  readonly isPodLabelled: boolean;
  readonly leaderAddress: string;
  readonly leaderPort: number;
  readonly healthPort: number;
  readonly logLevel: LogLevel;
  readonly metricsPrefix: string;
  readonly kubeconfig: string | null;
  readonly serviceAccountDirectory: string;
  /** What was not taken as it was given. */
  readonly warnings: readonly string[];
}

const settings = {
  isElectionEnabled: booleanSetting(
    "ENABLE_LEADER_ELECTION",
    "true",
    "false: always leader, for a single replica only",
  ),
  leaseName: objectNameSetting("LEASE_NAME", "bindy-leader", "Name of the Lease"),
  leaseNamespace: {
    ...namespaceSetting("LEASE_NAMESPACE", "Namespace of the Lease"),
    fallbackText: "the pod's namespace; outside a cluster the kubeconfig's, else dns-system",
  },
  leaseDurationSeconds: numberSetting(
    "LEASE_DURATION_SECONDS",
    "15",
    "How long others wait on a silent leader (whole seconds)",
    { least: 1, most: 3600 },
  ),
  renewDeadlineSeconds: numberSetting(
    "LEASE_RENEW_DEADLINE_SECONDS",
    "10",
    "How long one renewal lets this pod lead",
    { least: 0.1, most: 3600, isFraction: true },
  ),
  retryPeriodSeconds: numberSetting(
    "LEASE_RETRY_PERIOD_SECONDS",
    "2",
    "Time between renewals, and the longest backoff",
    { least: 0.05, most: 3600, isFraction: true },
  ),
  podName: {
    ...objectNameSetting(
      "POD_NAME",
      undefined,
      "This candidate's identity: take it from metadata.name",
      ". Set POD_NAME from metadata.name",
    ),
    aliases: ["HOSTNAME"],
    fallbackText: "$HOSTNAME",
  },
  podUid: {
    ...patternSetting("POD_UID", "", "Uid of the pod (metadata.uid)", /^[A-Za-z0-9-]{0,64}$/, "a uid"),
    fallbackText: "from the token",
  },
  operatorTimeoutSeconds: numberSetting(
    "OPERATOR_TIMEOUT_SECONDS",
    "10",
    "An operator that asks nothing for so long loses the lease; 0: never",
    { least: 0, most: 3600, isFraction: true },
  ),
  isPodLabelled: podLabelsSetting(
    "POD_LABELS",
    "false",
    "true: label this pod with its name and its role (needs `patch` on pods)",
  ),
  leaderAddress: loopbackSetting("LEADER_ADDRESS", "127.0.0.1", "Address of /leader: a loopback address"),
  leaderPort: portSetting("LEADER_PORT", "4040", "Port of /leader", 1),
  healthPort: portSetting("HEALTH_PORT", "4041", "Port of /livez, /readyz and /metrics, on all addresses", 1),
  logLevel: logLevelSetting,
  metricsPrefix: prefixSetting("METRICS_PREFIX", "bindy", "Prefix of the election's metrics"),
  kubeconfig: {
    ...textSetting("KUBECONFIG", "", "Kubeconfig files to use instead of the pod's service account"),
    fallbackText: "the pod's service account, else ~/.kube/config",
  },
  serviceAccountDirectory: serviceAccountSetting,
} as const;

type Values = SettingValues<typeof settings>;

/** Every setting there is, as the documentation lists them. */
export const variables: readonly Setting<unknown>[] = Object.values(settings);

/** The flags that ask for the text of --help, and nothing else. */
export const helpFlags: readonly string[] = ["--help", "-h"];

/**
 * The configuration of `environment` and, over it, `flags` (without node, script and those of help). Throws CONFIG_INVALID
 * with all mistakes, one a line.
 */
export function readConfig(flags: readonly string[], environment: Environment): SidecarConfig {
  const outcome = readSettings(settings, environment, flags);
  if (outcome.kind === "help") throw new StartError("CONFIG_INVALID", "--help comes alone");
  const problems = outcome.kind === "invalid" ? [...outcome.problems] : [];
  proveRelations(outcome.values, problems);
  if (outcome.kind === "invalid" || problems.length > 0) {
    throw new StartError("CONFIG_INVALID", problems.join("\n"));
  }
  const { leaseDurationSeconds, renewDeadlineSeconds, retryPeriodSeconds, operatorTimeoutSeconds, ...rest } =
    outcome.values;
  return Object.freeze({
    ...rest,
    leaseNamespace: rest.leaseNamespace || null,
    podUid: rest.podUid || null,
    kubeconfig: rest.kubeconfig || null,
    leaseDurationMs: leaseDurationSeconds * 1000,
    renewDeadlineMs: Math.round(renewDeadlineSeconds * 1000),
    retryPeriodMs: Math.round(retryPeriodSeconds * 1000),
    operatorTimeoutMs: Math.round(operatorTimeoutSeconds * 1000),
    warnings: outcome.warnings,
  });
}

/**
 * What the election's safety rests on; each message names the variables and their values. About a time that could not be
 * read no comparison is true, and so nothing is said twice.
 */
function proveRelations(values: Partial<Values>, problems: string[]): void {
  const {
    leaseDurationSeconds: d = Number.NaN,
    renewDeadlineSeconds: r = Number.NaN,
    retryPeriodSeconds: p = Number.NaN,
    operatorTimeoutSeconds: operator = Number.NaN,
  } = values;
  const [dMs, rMs, pMs] = [d, r, p].map((seconds) => Math.round(seconds * 1000)) as [number, number, number];
  if (dMs < 1.1 * rMs) {
    problems.push(
      `LEASE_DURATION_SECONDS (${d}) must be at least 1.1 times LEASE_RENEW_DEADLINE_SECONDS (${r}): ` +
        `raise it to ${Math.ceil((1.1 * rMs) / 1000)}, or lower the deadline`,
    );
  }
  if (rMs <= 1.2 * pMs) {
    problems.push(
      `LEASE_RENEW_DEADLINE_SECONDS (${r}) must be more than 1.2 times LEASE_RETRY_PERIOD_SECONDS (${p}): ` +
        `lower the retry period, or raise the deadline`,
    );
  }
  if (operator !== 0 && operator < r / 2) {
    problems.push(
      `OPERATOR_TIMEOUT_SECONDS (${operator}) must be 0 or at least half of ` +
        `LEASE_RENEW_DEADLINE_SECONDS (${r}): a gate's poll alone may be held for a quarter of it`,
    );
  }
  if (values.leaderPort !== undefined && values.leaderPort === values.healthPort) {
    problems.push(`LEADER_PORT and HEALTH_PORT are both ${values.leaderPort}: give them different ports`);
  }
}

function loopbackSetting(variable: string, fallback: string, description: string): Setting<string> {
  const read: Setting<string>["read"] = (text) => {
    const value = withoutBrackets(text);
    return /^(127(\.\d{1,3}){3}|::1|localhost)$/.test(value)
      ? { value }
      : { problem: "must be a loopback address" };
  };
  return { variable, description, fallback, read };
}

/** Others fill a variable of this name with the labels themselves, from the downward API. */
function podLabelsSetting(variable: string, fallback: string, description: string): Setting<boolean> {
  const { read, ...rest } = booleanSetting(variable, fallback, description);
  const readOrIgnore: Setting<boolean>["read"] = (text) => {
    const reading = read(text);
    return "problem" in reading ? { ignored: "is neither true nor false" } : reading;
  };
  return { ...rest, read: readOrIgnore };
}

/** Containers that share an environment share this one, too: what Prometheus would refuse is not worth an election. */
function prefixSetting(variable: string, fallback: string, description: string): Setting<string> {
  const read: Setting<string>["read"] = (value) =>
    /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(value)
      ? { value }
      : { ignored: "is not a prefix that Prometheus allows (letters, digits and _)" };
  return { variable, description, fallback, read };
}

/** The text of --help. */
export function helpText(): string {
  return [
    "leader-sidecar: holds a Lease for the pod, and tells the operator beside it whether it leads",
    "",
    "Usage: leader-sidecar [flags]     Every flag is an environment variable too; the flag wins.",
    "",
    settingsHelp(settings, ["--version"]),
    "Answers on http://LEADER_ADDRESS:LEADER_PORT: GET /leader, GET /leader/held, DELETE /leader, GET /openapi.json",
    "and on http://[::]:HEALTH_PORT: /livez, /readyz, /metrics.",
    "Exit codes: 0 ended by SIGTERM, 1 a failure at start, 2 wrong configuration.",
    "",
  ].join("\n");
}
