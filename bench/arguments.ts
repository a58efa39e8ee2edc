// What `npm run bench -- …` takes.
import { parseArgs } from "node:util";

export type BenchName = "playground" | "side-by-side" | "start-up" | "operator" | "publish";

export interface BenchSettings {
  /** In this order. */
  readonly benches: readonly BenchName[];
  readonly isQuick: boolean;
  /** Go on with the side-by-side run whose samples are there. */
  readonly isResumed: boolean;
  /** Trials of each kind of fail-over, and the length of the quiet window; null: as usual. */
  readonly trials: number | null;
  readonly windowSeconds: number | null;
}

export type BenchArguments =
  | { readonly kind: "run"; readonly settings: BenchSettings }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const names: readonly BenchName[] = ["playground", "side-by-side", "start-up", "operator", "publish"];

/** Reads the arguments; says all that is wrong with them at once. */
export function readBenchArguments(args: readonly string[]): BenchArguments {
  const options = {
    quick: { type: "boolean" },
    resume: { type: "boolean" },
    trials: { type: "string" },
    window: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
  } catch (error) {
    return { kind: "wrong", problems: [(error as Error).message] };
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: "help" };
  const problems: string[] = [];
  const whole = (name: string, text: string | undefined, least: number, most: number): number | null => {
    if (text === undefined) return null;
    const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    problems.push(`--${name} is "${text}": it must be a whole number from ${least} to ${most}`);
    return null;
  };
  const trials = whole("trials", values.trials, 1, 1000);
  const windowSeconds = whole("window", values.window, 10, 7200);
  for (const word of positionals.filter((given) => !names.includes(given as BenchName))) {
    problems.push(`"${word}" is not a bench: there are ${names.join(", ")}`);
  }
  if (positionals.length > 1) problems.push(`one bench at a time, not ${positionals.join(" and ")}`);
  const chosen = positionals[0] as BenchName | undefined;
  const benches: readonly BenchName[] = chosen === undefined ? ["playground", "side-by-side"] : [chosen];
  const forSideBySide = (["resume", "trials", "window"] as const).filter(
    (name) => values[name] !== undefined,
  );
  const isOther = chosen !== undefined && chosen !== "side-by-side" && names.includes(chosen);
  if (isOther && forSideBySide.length > 0) {
    problems.push(`${forSideBySide.map((name) => `--${name}`).join(", ")}: for side-by-side only`);
  }
  if (chosen === "publish" && values.quick) problems.push("--quick: publish measures nothing");
  if (problems.length > 0) return { kind: "wrong", problems };
  const isQuick = values.quick === true;
  const isResumed = values.resume === true;
  return { kind: "run", settings: { benches, isQuick, isResumed, trials, windowSeconds } };
}

export const benchHelp = `npm run bench -- [playground | side-by-side | start-up | operator | publish] [options]

Without a name: playground, then side-by-side.

  playground    the playground with its embedded API server, measured; its table goes to standard output
  side-by-side  the sidecar and client-go's leaderelection, both at 15/10/2, in turn on one real kube-apiserver: wants
                etcd, and Go 1.26 (or KUBEBUILDER_ASSETS, and Go for the client-go program)
  start-up      the bundled sidecar from its start until /livez answers: as it is and with V8's compile cache, in turn, and
                under 100m of a processor, one and three at a time; wants Linux with control groups to write, for the limit
  operator      how soon a tenant's change is in its ZoneFile, and how long the event loop is held, beside a tenant with 300
                zones over 3,000 records, served or not, and beside one with a zone of 200,000
  publish       puts the samples of the last side-by-side run into docs/benchmarks.md and docs/benchmarks/

  --quick       fewer trials: everything in under ten minutes
  --resume      side-by-side: keep the samples that are there, and measure what is missing
  --trials N    side-by-side: trials of each kind of fail-over (default 20; 3 with --quick)
  --window S    side-by-side: seconds without any event in which requests, memory and processor time are measured
                (default 600; 60 with --quick)
  --help        this

Samples, plots and tables go to bench/results/. Ctrl-C ends everything that was started; what was measured is kept.
Exit codes: 0 measured, 1 it could not be measured, 2 wrong arguments, 130 interrupted.
`;
