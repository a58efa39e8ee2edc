// What `npm start -- …` takes.
import { parseArgs } from "node:util";

export interface PlaygroundOptions {
  readonly replicas: number;
  /** Of the page; another is chosen when it is busy. */
  readonly port: number;
  readonly isNamedWanted: boolean;
  /** No colour, no redrawing: for pipes. */
  readonly isPlain: boolean;
  /** Elect on this cluster instead of the embedded one. */
  readonly kubeconfig: string | null;
}

export type PlaygroundArguments =
  | { readonly kind: "run"; readonly options: PlaygroundOptions }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const mostReplicas = 9;
const defaultPort = 4400;

/** Reads the arguments; says all that is wrong with them at once. */
export function readPlaygroundArguments(args: readonly string[], isTerminal: boolean): PlaygroundArguments {
  const options = {
    replicas: { type: "string" },
    port: { type: "string" },
    "no-named": { type: "boolean" },
    plain: { type: "boolean" },
    kubeconfig: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    ({ values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }));
  } catch (error) {
    return { kind: "wrong", problems: [(error as Error).message] };
  }
  if (values.help) return { kind: "help" };
  const problems: string[] = [];
  const whole = (
    name: string,
    text: string | undefined,
    fallback: number,
    least: number,
    most: number,
  ): number => {
    if (text === undefined) return fallback;
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    problems.push(`--${name} is "${text}": it must be a whole number from ${least} to ${most}`);
    return fallback;
  };
  const result: PlaygroundOptions = {
    replicas: whole("replicas", values.replicas, 3, 1, mostReplicas),
    port: whole("port", values.port, defaultPort, 1, 65_535),
    isNamedWanted: values["no-named"] !== true,
    isPlain: values.plain === true || !isTerminal,
    kubeconfig: values.kubeconfig ?? null,
  };
  if (values.kubeconfig === "") problems.push("--kubeconfig needs the name of a file");
  return problems.length > 0 ? { kind: "wrong", problems } : { kind: "run", options: result };
}

export const playgroundHelp = `npm start -- [options]

Starts replicas of the operator, each with its leader-election sidecar, on this machine; an embedded Kubernetes API
server for them to elect on; a name server for the zones they make (named where BIND 9 is installed, else a stand-in); and
a page to watch all of it, and to kill, freeze and cut off the leader.

  --replicas N       how many replicas, 1 to ${mostReplicas} (default 3)
  --port N           port of the page (default ${defaultPort}; another one when it is busy)
  --no-named         do without a name server
  --kubeconfig FILE  elect on that cluster instead, in a namespace of its own that is removed at the end
  --plain            lines only, without colour: for pipes
  --help             this

Ctrl-C ends everything that was started, and removes every file that was made.
`;
