// What the operator can be told, by environment or by flags.
import {
  addressSetting,
  logLevelSetting,
  namespaceSetting,
  numberSetting,
  portSetting,
  readSettings,
  serviceAccountSetting,
  settingsHelp,
  textSetting,
  urlSetting,
} from "../platform/settings.ts";
import type { Environment, SettingValues, SettingsOutcome } from "../platform/settings.ts";

const settings = {
  leaderUrl: urlSetting("LEADER_URL", "http://127.0.0.1:4040", "Where the leader-election sidecar answers"),
  leaseName: textSetting("LEASE_NAME", "bindy-leader", "Name of the lease, for the log"),
  // A poll is held for a quarter of it at most, or it would eat the promise that it asks for.
  renewDeadlineSeconds: numberSetting(
    "LEASE_RENEW_DEADLINE_SECONDS",
    "10",
    "The sidecar's renew deadline, to which the gate's polls are fitted",
    { least: 0.1, most: 3600, isFraction: true },
  ),
  podName: textSetting(
    "POD_NAME",
    "",
    "Name of this pod (metadata.name); with it the gate refuses the sidecar of another pod, as on a hostNetwork",
  ),
  operatorPort: {
    ...portSetting("OPERATOR_PORT", "8080", "Port of health and metrics; 0 for any free one"),
    aliases: ["METRICS_PORT"],
  },
  operatorAddress: addressSetting("OPERATOR_ADDRESS", "::", "Address that health and metrics are served on"),
  logLevel: logLevelSetting,
  watchNamespace: namespaceSetting(
    "WATCH_NAMESPACE",
    "The only namespace to look at; all of them if it is empty",
  ),
  serviceAccountDirectory: serviceAccountSetting,
  bind9Image: textSetting(
    "BIND9_IMAGE",
    "internetsystemsconsortium/bind9",
    "Image of BIND without tag; the version of an instance becomes the tag",
  ),
  agentImage: textSetting(
    "AGENT_IMAGE",
    "ghcr.io/firestoned/bindy:latest",
    "Image of the agent beside named",
  ),
  agentCommand: textSetting(
    "AGENT_COMMAND",
    "node --max-semi-space-size=1 --optimize-for-size /app/agent.mjs",
    "Command that starts the agent in its image, separated by spaces",
  ),
  shutdownSeconds: numberSetting(
    "SHUTDOWN_SECONDS",
    "10",
    "How long running reconciles may take to end after SIGTERM",
    { least: 0, most: 300, isFraction: true },
  ),
} as const;

export type OperatorConfig = SettingValues<typeof settings>;

/** Reads the operator's configuration; every mistake is reported, not the first alone. */
export function readOperatorConfig(
  environment: Environment,
  argv: readonly string[],
): SettingsOutcome<typeof settings> {
  return readSettings(settings, environment, argv);
}

/** The text of --help. */
export function operatorHelp(): string {
  return `Usage: operator [--flag value ...]\n\n${settingsHelp(settings)}`;
}
