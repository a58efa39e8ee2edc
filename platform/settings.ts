// Settings from the environment and from flags, as all programs here read them: one table each, from which the parser, the
// help and the documentation come. All that is wrong is found at once, and named as it was given: by the variable that
// really was set, or the flag. An environment is shared: what was plainly meant for somebody else (the link of a Service that
// has the name of a variable, the log levels of another program) gets a warning, and the default stands.

/** What a text was read as. `ignored`: it is not for us, for this reason; the default is taken in its place. */
export type Reading<T> = { readonly value: T } | { readonly problem: string } | { readonly ignored: string };

/** One setting: the variable NAME is also the flag --name. */
export interface Setting<T> {
  /** The environment variable, and others that are read if it is not set. */
  readonly variable: string;
  readonly aliases?: readonly string[];
  readonly description: string;
  /** In the form it would be given; undefined if there is none and the setting must be given. */
  readonly fallback: string | undefined;
  /** Shown in place of a default that is not a constant. */
  readonly fallbackText?: string;
  /** Reads the text, or says what is wrong with it, to follow the setting's name: "must be …". */
  read(text: string): Reading<T>;
}

export type Settings = Readonly<Record<string, Setting<unknown>>>;

/** The values that a table of settings yields. */
export type SettingValues<S extends Settings> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

export type SettingsOutcome<S extends Settings> =
  | {
      readonly kind: "values";
      readonly values: SettingValues<S>;
      readonly switches: ReadonlySet<string>;
      /** What was not taken as it was given. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: "help" }
  /** `values` has what could be read all the same, so that more can be said about it. */
  | {
      readonly kind: "invalid";
      readonly problems: readonly string[];
      readonly values: Partial<SettingValues<S>>;
    };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads all settings of a table; a flag goes before its variable. `switches` are the flags without value. */
export function readSettings<S extends Settings>(
  table: S,
  environment: Environment,
  argv: readonly string[],
  switches: readonly string[] = [],
): SettingsOutcome<S> {
  const given = readFlags(table, argv, switches);
  if (given.isHelp) return { kind: "help" };
  const problems = [...given.problems];
  const warnings: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table)) {
    const found = sourceOf(setting, given.flags, environment);
    if (found === null) {
      problems.push(`${setting.variable} is required: ${setting.description}`);
      continue;
    }
    const shown = `${found.name}=${JSON.stringify(found.text)}`;
    const reading = setting.read(found.text);
    if ("value" in reading) values[key] = reading.value;
    else if ("problem" in reading) problems.push(`${shown} ${reading.problem}`);
    else {
      const fallback = setting.read(setting.fallback ?? "");
      if ("value" in fallback) values[key] = fallback.value;
      warnings.push(`${shown} ${reading.ignored}: taking ${setting.fallbackText ?? setting.fallback}`);
    }
  }
  if (problems.length > 0) {
    return { kind: "invalid", problems, values: values as Partial<SettingValues<S>> };
  }
  return {
    kind: "values",
    values: Object.freeze(values) as SettingValues<S>,
    switches: given.switches,
    warnings,
  };
}

/** Where a setting's text comes from, and that text; null when it is nowhere. */
function sourceOf(
  setting: Setting<unknown>,
  flags: ReadonlyMap<string, string>,
  environment: Environment,
): { readonly name: string; readonly text: string } | null {
  const flag = flagOf(setting);
  const fromFlag = flags.get(flag);
  if (fromFlag !== undefined) return { name: flag, text: fromFlag.trim() };
  for (const name of [setting.variable, ...(setting.aliases ?? [])]) {
    const text = environment[name]?.trim();
    if (text) return { name, text };
  }
  return setting.fallback === undefined ? null : { name: setting.variable, text: setting.fallback };
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

/** The text of --help, between what the program says of itself and how it ends. */
export function settingsHelp(table: Settings, switches: readonly string[] = []): string {
  const rows = Object.values(table).map((setting) => {
    const { variable, aliases = [], description, fallback, fallbackText } = setting;
    const other = aliases.length === 0 ? "" : ` (also ${aliases.join(", ")})`;
    const value =
      fallback === undefined && fallbackText === undefined
        ? "required"
        : `default ${fallbackText ?? (fallback === "" ? "none" : fallback)}`;
    return `  ${variable}, ${flagOf(setting)}${other}\n      ${description}; ${value}\n`;
  });
  const plain = switches.map((name) => `  ${name}\n`).join("");
  return `${rows.join("")}${plain}  --help\n`;
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

/** A setting that matches a pattern; `wanted` says which: "must be …". */
export function patternSetting(
  variable: string,
  fallback: string | undefined,
  description: string,
  pattern: RegExp,
  wanted: string,
): Setting<string> {
  const read: Setting<string>["read"] = (value) =>
    pattern.test(value) ? { value } : { problem: `must be ${wanted}` };
  return { variable, description, fallback, read };
}

// RFC 1123, as the API server validates names: labels that begin and end with a letter or digit, 253 bytes in all.
const label = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const subdomain = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`);

/** A setting that is the name of an object, by the API server's own rule. */
export function objectNameSetting(
  variable: string,
  fallback: string | undefined,
  description: string,
  remedy = "",
): Setting<string> {
  const wanted =
    "the name of an object: lower-case letters, digits, - and ., with a letter or digit at both ends of each part";
  return patternSetting(variable, fallback, description, subdomain, wanted + remedy);
}

/** A setting that is a namespace, or nothing. */
export function namespaceSetting(variable: string, description: string): Setting<string> {
  const pattern = new RegExp(`^(?:(?=.{1,63}$)${label})?$`);
  return patternSetting(
    variable,
    "",
    description,
    pattern,
    "a namespace: at most 63 lower-case letters, digits and -",
  );
}

/** A setting that is yes or no. */
export function booleanSetting(variable: string, fallback: string, description: string): Setting<boolean> {
  const read: Setting<boolean>["read"] = (text) => {
    const word = text.toLowerCase();
    if (["true", "1", "yes", "on"].includes(word)) return { value: true };
    return ["false", "0", "no", "off"].includes(word)
      ? { value: false }
      : { problem: "must be true or false" };
  };
  return { variable, description, fallback, read };
}

/** A setting that is a port: one to listen on may be 0, for any free one, where `least` is 0. */
export function portSetting(
  variable: string,
  fallback: string,
  description: string,
  least: 0 | 1 = 0,
): Setting<number> {
  const number = numberSetting(variable, fallback, description, { least, most: 65_535 });
  const read: Setting<number>["read"] = (text) =>
    // So Kubernetes tells every pod of a Service that happens to have the name: LEADER_PORT=tcp://10.96.14.2:80.
    /^(tcp|udp|sctp):\/\//i.test(text)
      ? { ignored: "is the link of a Service of that name, not a port" }
      : number.read(text);
  return { ...number, read };
}

/** A setting that is an address to listen on or to send to; the brackets of an IPv6 address may stand or not. */
export function addressSetting(variable: string, fallback: string, description: string): Setting<string> {
  const read: Setting<string>["read"] = (text) => ({ value: withoutBrackets(text) });
  return { variable, description, fallback, read };
}

/** `[::1]` as node:net takes it: `::1`. */
export function withoutBrackets(address: string): string {
  return address.replace(/^\[(.*)\]$/, "$1");
}

/** `::1` as it stands in a URL and before a port: `[::1]`. */
export function withBrackets(address: string): string {
  return address.includes(":") ? `[${withoutBrackets(address)}]` : address;
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

// As other programs call them: pods share one variable for all their containers.
const otherWords: Readonly<Record<string, (typeof levels)[number]>> = {
  all: "trace",
  verbose: "debug",
  notice: "info",
  warning: "warn",
  err: "error",
  critical: "error",
  fatal: "error",
  off: "silent",
  none: "silent",
};

/** The level of the log. Of a list as Rust's env_logger reads it ("info,kube=warn") the part without a name counts. */
export const logLevelSetting: Setting<(typeof levels)[number]> = {
  variable: "LOG_LEVEL",
  aliases: ["RUST_LOG"],
  description: `How much is logged: ${levels.join(", ")}`,
  fallback: "info",
  read: (text) => {
    const words = text.split(",").map((part) => part.trim().toLowerCase());
    const general = words.filter((word) => word !== "" && !word.includes("="));
    for (const word of general) {
      const value = levels.find((level) => level === word) ?? otherWords[word];
      if (value !== undefined) return { value };
    }
    return general.length === 0 ? { value: "info" } : { ignored: `is none of ${levels.join(", ")}` };
  },
};

/** Where a pod finds the token, authority and namespace of its service account. */
export const serviceAccountSetting = textSetting(
  "SERVICE_ACCOUNT_DIRECTORY",
  "/var/run/secrets/kubernetes.io/serviceaccount",
  "Where token, ca.crt and namespace of the service account are",
);
