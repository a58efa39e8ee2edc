// What `npm run simulate -- …` takes.
import { parseArgs } from "node:util";
import type { Excerpt } from "../outcome.ts";
import { worldKinds, type WorldKind } from "../worlds.ts";

export interface CampaignRange {
  readonly from: number;
  readonly seeds: number;
  /** Every seed means one world of each of these kinds. */
  readonly kinds: readonly WorldKind[];
}

export type SimulateArguments =
  | {
      readonly kind: "replay" | "shrink";
      readonly seed: number;
      readonly world: WorldKind;
      readonly excerpt: Excerpt;
      readonly isJson: boolean;
    }
  | {
      readonly kind: "campaign";
      readonly range: CampaignRange;
      readonly workers: number;
      /** Null: where it usually lies. */
      readonly state: string | null;
      readonly isJson: boolean;
    }
  | {
      readonly kind: "resume";
      readonly workers: number;
      readonly state: string | null;
      readonly isJson: boolean;
    }
  | { readonly kind: "help" }
  | { readonly kind: "wrong"; readonly problems: readonly string[] };

const usualSeeds = 2000;
const mostSeeds = 1_000_000_000;
// What a world's chance is seeded with has 32 bits.
const largestSeed = 2 ** 32 - 1;
const mostWorkers = 256;

const options = {
  seed: { type: "string" },
  seeds: { type: "string" },
  from: { type: "string" },
  world: { type: "string" },
  shrink: { type: "boolean" },
  strikes: { type: "string" },
  pods: { type: "string" },
  workers: { type: "string" },
  resume: { type: "boolean" },
  state: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/** Reads the arguments; says all that is wrong with them at once. `cores`: how many workers there are by default. */
export function readSimulateArguments(args: readonly string[], cores: number): SimulateArguments {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options }>>;
  try {
    parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
  } catch (error) {
    return { kind: "wrong", problems: [(error as Error).message] };
  }
  const { values } = parsed;
  if (values.help) return { kind: "help" };
  const problems: string[] = [];
  const whole = (name: "seed" | "seeds" | "from" | "workers", usual: number, most: number): number => {
    const text = values[name];
    if (text === undefined) return usual;
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= 1 && number <= most) return number;
    problems.push(`--${name} is "${text}": give a whole number from 1 to ${most}`);
    return usual;
  };
  const list = (name: "strikes" | "pods"): readonly number[] | null => {
    const text = values[name];
    if (text === undefined) return null;
    if (/^(\d{1,6}(,\d{1,6})*)?$/.test(text)) return text === "" ? [] : text.split(",").map(Number);
    problems.push(`--${name} is "${text}": give numbers with commas between them, as --shrink prints them`);
    return null;
  };
  const seed = whole("seed", 1, largestSeed);
  const seeds = whole("seeds", usualSeeds, mostSeeds);
  const from = whole("from", 1, largestSeed);
  const excerpt = { strikes: list("strikes"), pods: list("pods") };
  const workers = whole("workers", cores, mostWorkers);
  const world = values.world as WorldKind | undefined;
  if (world !== undefined && !worldKinds.includes(world)) {
    problems.push(`--world is "${values.world}": give ${worldKinds.join(" or ")}`);
  }
  if (from + seeds - 1 > largestSeed) {
    problems.push(`--from is ${from} and --seeds is ${seeds}: the last seed may be ${largestSeed} at most`);
  }
  const refuse = (given: string, names: readonly (keyof typeof options)[], why: string): void => {
    for (const name of names) {
      if (values[name] !== undefined) problems.push(`--${name} does not go with --${given}: ${why}`);
    }
  };
  if (values.resume) {
    refuse("resume", ["seed", "seeds", "from", "world"], "the state file says what was begun; leave it out");
  } else if (values.seed !== undefined) {
    refuse("seed", ["seeds", "from", "workers", "state"], "one world is replayed; leave it out");
  }
  for (const name of ["shrink", "strikes", "pods"] as const) {
    if (values[name] !== undefined && values.seed === undefined) {
      problems.push(`--${name} wants --seed: it is about one world; say which`);
    }
  }
  if (values.shrink) refuse("shrink", ["strikes", "pods"], "it looks for them; leave it out");
  if (values.state === "") problems.push('--state is "": give the name of a file, or leave it out');
  if (problems.length > 0) return { kind: "wrong", problems };
  const isJson = values.json === true;
  const state = values.state ?? null;
  if (values.resume) return { kind: "resume", workers, state, isJson };
  if (values.seed !== undefined) {
    return { kind: values.shrink ? "shrink" : "replay", seed, world: world ?? "storm", excerpt, isJson };
  }
  const kinds = world === undefined ? worldKinds : [world];
  return { kind: "campaign", range: { from, seeds, kinds }, workers, state, isJson };
}

/** What --help prints. */
export function simulateHelp(stateFile: string): string {
  return `npm run simulate -- [options]

Runs whole simulated worlds: pods with the production election and gate, an API server, a network, clocks, and faults. Every
seed is one world of each kind, the same each time.

  --seed N      replays the world of that seed and tells what happens in it, and at the end what broke, if anything
  --shrink      with --seed, of a world that breaks something: leaves out strikes and pods as long as it still breaks, tells
                what is left, and says the command that replays it
  --strikes LIST, --pods LIST
                with --seed: only these strikes are carried out (from 1), only these pods start (from 0)
  --seeds N     the campaign: so many seeds (default ${usualSeeds}), on all cores
  --from N      the campaign's first seed (default 1)
  --world KIND  storm: anything may happen, and safety must hold; then the faults end, and a leader must come in time
                calm: one short fault at a time, and the leader must stay
                (default: storm with --seed, and both in a campaign)
  --workers N   worker threads of the campaign (default: one for each core)
  --resume      goes on with the campaign whose state lies in the state file
  --state FILE  the state file (default ${stateFile})
  --json        the summary, or the replayed world, as JSON
  --help        this

Progress goes to standard error, the summary or the trace to standard output. Ctrl-C ends a campaign cleanly: the worlds under
way are finished, the state is kept, and the summary so far is printed. Any change of the simulated code or of the
simulation makes a state file useless, and --resume says so.
Exit codes: 0 every invariant held, 1 one was broken, 2 wrong arguments, or nothing to go on with or to shrink, 130 interrupted.
`;
}
