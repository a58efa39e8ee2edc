// What `npm run bench -- …` takes.
import { parseArgs } from "node:util";
import type { OperatorPart } from "./operator/operator-bench.ts";

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
  /** Of the operator's bench; null: both parts, and as many zones and records of each as usual. */
  readonly part: OperatorPart | null;
  readonly zones: number | null;
  readonly records: number | null;
}

export type BenchArguments =
  | { readonly kind: "run"; readonly settings: BenchSettings }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const parts: readonly OperatorPart[] = ["tenants", "served"];
const names: readonly BenchName[] = ["playground", "side-by-side", "start-up", "operator", "publish"];

// What only one bench takes.
const optionsOfOne = {
  "side-by-side": ["resume", "trials", "window"],
  operator: ["part", "zones", "records"],
} as const;

/** Reads the arguments; says all that is wrong with them at once. */
export function readBenchArguments(args: readonly string[]): BenchArguments {
  const options = {
    quick: { type: "boolean" },
    resume: { type: "boolean" },
    trials: { type: "string" },
    window: { type: "string" },
    part: { type: "string" },
    zones: { type: "string" },
    records: { type: "string" },
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
  const zones = whole("zones", values.zones, 1, 50_000);
  const records = whole("records", values.records, 1, 1000);
  const part = parts.find((known) => known === values.part) ?? null;
  if (values.part !== undefined && part === null)
    problems.push(`--part is "${values.part}": there are ${parts.join(", ")}`);
  for (const word of positionals.filter((given) => !names.includes(given as BenchName))) {
    problems.push(`"${word}" is not a bench: there are ${names.join(", ")}`);
  }
  if (positionals.length > 1) problems.push(`one bench at a time, not ${positionals.join(" and ")}`);
  const chosen = positionals[0] as BenchName | undefined;
  const benches: readonly BenchName[] = chosen === undefined ? ["playground", "side-by-side"] : [chosen];
  const isKnown = chosen === undefined || names.includes(chosen);
  for (const [bench, own] of Object.entries(optionsOfOne)) {
    const given = own.filter((name) => values[name as keyof typeof values] !== undefined);
    if (given.length > 0 && isKnown && !benches.includes(bench as BenchName))
      problems.push(`${given.map((name) => `--${name}`).join(", ")}: for ${bench} only`);
  }
  if (chosen === "publish" && values.quick) problems.push("--quick: publish measures nothing");
  if (problems.length > 0) return { kind: "wrong", problems };
  const isQuick = values.quick === true;
  const isResumed = values.resume === true;
  const settings = { benches, isQuick, isResumed, trials, windowSeconds, part, zones, records };
  return { kind: "run", settings };
}

export const benchHelp = `npm run bench -- [playground | side-by-side | start-up | operator | publish] [options]

Without a name: playground, then side-by-side.

  playground    the playground with its embedded API server, measured; its table goes to standard output
  side-by-side  the sidecar and client-go's leaderelection, both at 15/10/2, in turn on one real kube-apiserver: wants
                etcd, and Go 1.26 (or KUBEBUILDER_ASSETS, and Go for the client-go program)
  start-up      the bundled sidecar from its start until /livez answers: as it is and with V8's compile cache, in turn, and
                under 100m of a processor, one and three at a time; wants Linux with control groups to write, for the limit
  operator      in two parts. tenants: how soon a tenant's change is in its ZoneFile, and how long the event loop is held,
                beside a tenant with 300 zones over 3,000 records, served or not, and beside one with a zone of 200,000.
                served: 1,000 zones of 20 records on a real kube-apiserver and two real named: from nothing, at rest, a
                changed record until every named answers it, a fail-over, memory; and the same changes by a script with
                nsupdate: wants BIND (named, nsupdate), etcd, and Go 1.26 (or KUBEBUILDER_ASSETS)
  publish       puts the samples of the last side-by-side run into docs/benchmarks.md and docs/benchmarks/

  --quick       fewer trials: everything in under ten minutes
  --resume      side-by-side: keep the samples that are there, and measure what is missing
  --trials N    side-by-side: trials of each kind of fail-over (default 20; 3 with --quick)
  --window S    side-by-side: seconds without any event in which requests, memory and processor time are measured
                (default 600; 60 with --quick)
  --part NAME   operator: tenants or served alone
  --zones N     operator, served: how many zones (default 1000; 50 with --quick)
  --records N   operator, served: records of each zone (default 20)
  --help        this

Samples, plots and tables go to bench/results/. Ctrl-C ends everything that was started; what was measured is kept.
Exit codes: 0 measured, 1 it could not be measured, 2 wrong arguments, 130 interrupted.
`;
