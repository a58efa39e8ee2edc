// What the agent can be told, by environment or by flags.
import {
  booleanSetting,
  addressSetting,
  logLevelSetting,
  numberSetting,
  portSetting,
  readSettings,
  serviceAccountSetting,
  settingsHelp,
  textSetting,
} from "../../platform/settings.ts";
import type { Environment, SettingsOutcome, SettingValues } from "../../platform/settings.ts";

/** The flag by which the program only makes the directory such that named can start, and ends. */
export const prepareSwitch = "--prepare";

const zonesDirectory = textSetting(
  "ZONES_DIRECTORY",
  undefined,
  "Directory shared with named, for the zone files",
);

const instanceText = "The Bind9Instance that this pod belongs to";

const settings = {
  zonesDirectory,
  // Where they are not said, a list of another instance stays until the agent runs.
  instanceName: textSetting("INSTANCE_NAME", "", instanceText),
  instanceNamespace: textSetting("INSTANCE_NAMESPACE", "", "Its namespace"),
} as const;

const runSettings = {
  zonesDirectory,
  instanceName: textSetting("INSTANCE_NAME", undefined, instanceText),
  instanceNamespace: textSetting("INSTANCE_NAMESPACE", undefined, "Its namespace"),
  podName: textSetting("POD_NAME", undefined, "Name of this pod, under which it reports"),
  namedAddress: addressSetting("NAMED_ADDRESS", "127.0.0.1", "Address at which named is asked for serials"),
  namedPort: portSetting("NAMED_PORT", "5353", "Port at which it is"),
  namedControlPort: portSetting(
    "NAMED_CONTROL_PORT",
    "9953",
    "Port of the control channel that named is to open on the loopback, for commands; 0 for none: then it is told by signals",
  ),
  isConfigurationBrought: booleanSetting(
    "NAMED_FILES_BROUGHT",
    "false",
    "Whether named reads files that the instance brings: where it does not start, a zone of the list may be in their way",
  ),
  namedPidFile: textSetting("NAMED_PID_FILE", undefined, "File in which named keeps its process id"),
  agentPort: portSetting("AGENT_PORT", "8082", "Port of health and metrics; 0 for any free one"),
  agentAddress: addressSetting("AGENT_ADDRESS", "::", "Address that health and metrics are served on"),
  proofSeconds: numberSetting("PROOF_SECONDS", "5", "How long named may take to serve a new serial", {
    least: 0.1,
    most: 3600,
    isFraction: true,
  }),
  logLevel: logLevelSetting,
  serviceAccountDirectory: serviceAccountSetting,
} as const;

export type AgentConfig = SettingValues<typeof runSettings>;
export type PrepareConfig = SettingValues<typeof settings>;

/** Reads the agent's configuration; every mistake is reported, not the first alone. */
export function readAgentConfig(
  environment: Environment,
  argv: readonly string[],
): SettingsOutcome<typeof runSettings> {
  return readSettings(runSettings, environment, argv, [prepareSwitch]);
}

/** Reads as much of it as preparing the directory takes. */
export function readPrepareConfig(
  environment: Environment,
  argv: readonly string[],
): SettingsOutcome<typeof settings> {
  return readSettings(settings, environment, argv, [prepareSwitch]);
}

/** The text of --help. */
export function agentHelp(isPrepare: boolean): string {
  const [usage, table] = isPrepare ? [`agent ${prepareSwitch}`, settings] : ["agent", runSettings];
  return `Usage: ${usage} [--flag value ...]\n\n${settingsHelp(table, [prepareSwitch])}`;
}
