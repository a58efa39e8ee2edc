// What `npm run explore -- …` takes.
import { parseArgs } from "node:util";
import { scopes, type Scope } from "./scopes.ts";

export type ExploreArguments =
  | {
      readonly kind: "explore";
      readonly scope: Scope;
      /** Infinity: to closure. */
      readonly mostDepth: number;
      readonly mostStates: number;
      readonly isJson: boolean;
    }
  | { readonly kind: "help" }
  | { readonly kind: "list" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const usualStates = 5_000_000;
// Above that the hash table alone is some gigabytes.
const largestStates = 100_000_000;
const largestDepth = 1000;

const options = {
  scope: { type: "string" },
  depth: { type: "string" },
  states: { type: "string" },
  list: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the arguments; says all that is wrong with them at once. */
export function readExploreArguments(args: readonly string[]): ExploreArguments {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options }>>;
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  } catch (error) {
    return { kind: "wrong", problems: [(error as Error).message] };
  }
  const { values } = parsed;
  if (values.help) return { kind: "help" };
  if (values.list) return { kind: "list" };
  const problems: string[] = [];
  const whole = (name: "depth" | "states", usual: number, most: number): number => {
    const text = values[name];
    if (text === undefined) return usual;
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= 1 && number <= most) return number;
    problems.push(`--${name} is "${text}": give a whole number from 1 to ${most}`);
    return usual;
  };
  const mostDepth = whole("depth", Number.POSITIVE_INFINITY, largestDepth);
  const mostStates = whole("states", usualStates, largestStates);
  const wanted = values.scope ?? "small";
  const scope = scopes.find(({ name }) => name === wanted);
  if (scope === undefined) {
    problems.push(
      `--scope is "${wanted}": give ${scopes.map(({ name }) => name).join(", ")}; --list tells them`,
    );
  }
  if (problems.length > 0 || scope === undefined) return { kind: "wrong", problems };
  return { kind: "explore", scope, mostDepth, mostStates, isJson: values.json === true };
}

/** What --list prints. */
export function listScopes(): string {
  const lines = scopes.map(({ name, what, pods, faults, kinds }) => {
    const budget = faults === 1 ? "one fault" : `${faults} faults`;
    return `${name.padEnd(12)} ${what}\n${" ".repeat(13)}${pods} pods, ${budget} of: ${kinds.join(", ")}`;
  });
  return `${lines.join("\n")}\n`;
}

/** What --help prints. */
export function exploreHelp(): string {
  return `npm run explore -- [options]

Walks every order in which things can happen in a small world around the production election and gate: requests arrive, are
lost or late, processes stop, die and start, clocks tick. Breadth-first, so that what breaks is told on a shortest way.

  --scope NAME  what is explored (default small)
  --list        the scopes: how many pods, what may go wrong, and how often
  --depth N     at most so many moves from the beginning (default: to closure)
  --states N    ends at so many worlds (default ${usualStates}); each takes some 25 bytes, and those that wait to be gone on
                from some 300 more
  --json        the summary as JSON
  --help        this

Progress goes to standard error, the summary and the trace to standard output. Ctrl-C prints what was reached.
Exit codes: 0 nothing broke (the summary says whether the scope is closed), 1 an invariant was broken, 2 wrong arguments,
130 interrupted.
`;
}
