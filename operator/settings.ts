// Settings from the environment and from flags, as both programs here read them: one table each, from which the
// parser, the help and the documentation come. All that is wrong is found at once.

/** One setting: the variable NAME is also the flag --name. */
export interface Setting<T> {
  /** The environment variable, and others that are read if it is not set. */
  readonly variable: string;
  readonly aliases?: readonly string[];
  readonly description: string;
  /** In the form it would be given; undefined if there is none and the setting must be given. */
  readonly fallback: string | undefined;
  /** Reads the text, or returns what is wrong with it, to follow the setting's name: "must be …". */
  read(text: string): { readonly value: T } | { readonly problem: string };
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The values that a table of settings yields. */
export type SettingValues<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

export type SettingsOutcome<S extends Settings> =
  | { readonly kind: "values"; readonly values: SettingValues<S>; readonly switches: ReadonlySet<string> }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads all settings of a table; a flag goes before its variable. `switches` are the flags without value. */
export function readSettings<S extends Settings>(
  table: S,
  program: string,
  environment: Environment,
  argv: readonly string[],
  switches: readonly string[] = [],
): SettingsOutcome<S> {
  const given = readFlags(table, argv, switches);
  if (given.isHelp) return { kind: "help", text: helpText(table, program, switches) };
  const problems = [...given.problems];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table)) {
    const names = [setting.variable, ...(setting.aliases ?? [])];
    const fromEnvironment = names
      .map((name) => environment[name])
      .find((text) => text !== undefined && text !== "");
    const text = given.flags.get(flagOf(setting)) ?? fromEnvironment ?? setting.fallback;
    if (text === undefined) {
      problems.push(`${setting.variable} is required: ${setting.description}`);
      continue;
    }
    const outcome = setting.read(text);
    if ("problem" in outcome) problems.push(`${setting.variable}=${JSON.stringify(text)} ${outcome.problem}`);
    else values[key] = outcome.value;
  }
  if (problems.length > 0) return { kind: "invalid", problems };
  return { kind: "values", values: Object.freeze(values) as SettingValues<S>, switches: given.switches };
}

interface GivenFlags {
  readonly flags: ReadonlyMap<string, string>;
  readonly switches: ReadonlySet<string>;
  readonly problems: readonly string[];
  readonly isHelp: boolean;
}

function readFlags(table: Settings, argv: readonly string[], knownSwitches: readonly string[]): GivenFlags {
  const known = new Set(Object.values(table).map(flagOf));
  const flags = new Map<string, string>();
  const switches = new Set<string>();
  const problems: string[] = [];
  const rest = [...argv];
  let isHelp = false;
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    const [flag = "", ...parts] = argument.split("=");
    if (flag === "--help" || flag === "-h") isHelp = true;
    else if (knownSwitches.includes(flag)) switches.add(flag);
    else if (!known.has(flag)) problems.push(`${flag} is not known; --help lists all flags`);
    else {
      const value = parts.length > 0 ? parts.join("=") : rest.shift();
      if (value === undefined) problems.push(`${flag} needs a value`);
      else flags.set(flag, value);
    }
  }
  return { flags, switches, problems, isHelp };
}

function flagOf({ variable }: Setting<unknown>): string {
  return `--${variable.toLowerCase().replaceAll("_", "-")}`;
}

function helpText(table: Settings, program: string, switches: readonly string[]): string {
  const rows = Object.values(table).map((setting) => {
    const { variable, aliases = [], description, fallback } = setting;
    const other = aliases.length === 0 ? "" : ` (also ${aliases.join(", ")})`;
    const value = fallback === undefined ? "required" : `default ${fallback === "" ? "none" : fallback}`;
    return `  ${variable}, ${flagOf(setting)}${other}\n      ${description}; ${value}\n`;
  });
  const plain = switches.map((name) => `  ${name}\n`).join("");
  return `Usage: ${program} [--flag value ...]\n\n${rows.join("")}${plain}  --help\n`;
}

/** A setting that is any text, perhaps none. */
export function textSetting(
  variable: string,
  fallback: string | undefined,
  description: string,
): Setting<string> {
  return { variable, description, fallback, read: (value) => ({ value }) };
}

/** A setting that is a number from `least` to `most`, whole unless `isFraction`. */
export function numberSetting(
  variable: string,
  fallback: string | undefined,
  description: string,
  range: { readonly least: number; readonly most: number; readonly isFraction?: boolean },
): Setting<number> {
  const { least, most, isFraction = false } = range;
  const read: Setting<number>["read"] = (text) => {
    const value = Number(text);
    const isFit = /^\d+(\.\d+)?$/.test(text) && (isFraction || Number.isInteger(value));
    if (isFit && value >= least && value <= most) return { value };
    return { problem: `must be a ${isFraction ? "number" : "whole number"} from ${least} to ${most}` };
  };
  return { variable, description, fallback, read };
}

/** A setting that is a port to listen on or to send to. */
export function portSetting(
  variable: string,
  fallback: string | undefined,
  description: string,
): Setting<number> {
  return numberSetting(variable, fallback, description, { least: 0, most: 65_535 });
}

/** A setting that is an http URL. */
export function urlSetting(
  variable: string,
  fallback: string | undefined,
  description: string,
): Setting<URL> {
  const read: Setting<URL>["read"] = (text) => {
    const value = URL.parse(text);
    return value?.protocol === "http:" ? { value } : { problem: "must be an http:// URL" };
  };
  return { variable, description, fallback, read };
}

const levels = ["trace", "debug", "info", "warn", "error", "silent"] as const;

/** The level of the log. Of a list as Rust's env_logger reads it ("info,kube=warn") the part without a name counts. */
export const logLevelSetting: Setting<(typeof levels)[number]> = {
  variable: "LOG_LEVEL",
  aliases: ["RUST_LOG"],
  description: `How much is logged: ${levels.join(", ")}`,
  fallback: "info",
  read: (text) => {
    const general = text.split(",").find((part) => !part.includes("=")) ?? "info";
    const wanted = general.trim().toLowerCase().replace(/^off$/, "silent");
    const value = levels.find((level) => level === wanted);
    return value === undefined ? { problem: `must be one of ${levels.join(", ")}` } : { value };
  },
};

/** Where a pod finds the token, authority and namespace of its service account. */
export const serviceAccountSetting = textSetting(
  "SERVICE_ACCOUNT_DIRECTORY",
  "/var/run/secrets/kubernetes.io/serviceaccount",
  "Where token, ca.crt and namespace of the service account are",
);
