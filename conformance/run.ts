// Carries the checks out, one line each. What was only a matter of time is tried again: a machine that stood still for a
// moment is not a reason to call a gate wrong, and one that is wrong is so every time.
import { CannotJudge, Finding, lineOf, tallyOf, type Outcome, type Tally } from "./check.ts";
import { closingChecks } from "./gate/closing-checks.ts";
import { openingChecks } from "./gate/opening-checks.ts";
import { onStage, patientMs, type StageOptions } from "./gate/stage.ts";
import { createSidecarBench, type SidecarBenchOptions } from "./sidecar/bench.ts";
import { sidecarChecks, type SidecarCheck } from "./sidecar/sidecar-checks.ts";

const attempts = 3;

async function judged(attempt: () => Promise<string | undefined>): Promise<Outcome> {
  for (let turn = 1; ; turn += 1) {
    try {
      const why = await attempt();
      return why === undefined ? { kind: "ok" } : { kind: "not seen", why };
    } catch (error) {
      if (!(error instanceof Finding)) throw error;
      if (!error.isOfTime || turn === attempts) return { kind: "wrong", finding: error };
    }
  }
}

export interface RunOptions {
  readonly print: (line: string) => void;
  /** Only the checks whose name contains one of these; all of them if there is none. */
  readonly only: readonly string[];
}

function isWanted(only: readonly string[], name: string): boolean {
  return only.length === 0 || only.some((text) => name.includes(text));
}

const gateChecks = [...openingChecks, ...closingChecks];

/** No program that stands outside can see these two. */
const unseen = {
  "promises are counted on a clock that counts suspend (G4)": "no machine is put to sleep here",
  "the gate is looked at before each effect (G21)": "effects are the operator's own",
};

/** Plays a sidecar to a program. Several checks run at a time, each before a program of its own: most of it is waiting. */
export async function runGate(
  options: StageOptions & RunOptions & { readonly jobs: number },
): Promise<Tally> {
  await onStage(options, async ({ sidecar, program, waitFor, sleep }) => {
    // Generous: it may have to be compiled first.
    await waitFor(() => sidecar.asked.length > 0 || program.ended() !== null, 6 * patientMs);
    const ended = program.ended();
    if (ended !== null) throw new CannotJudge(`the program ended ${ended}`);
    if (sidecar.asked.length === 0)
      throw new CannotJudge("the program has not asked LEADER_URL anything within two minutes");
    await sleep(10);
  });
  const waiting = gateChecks.filter(({ name }) => isWanted(options.only, name));
  const outcomes: Outcome[] = [];
  const record = (name: string, outcome: Outcome): void => {
    outcomes.push(outcome);
    options.print(lineOf(name, outcome));
  };
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { name, run } = check;
      const outcome = await judged(async () => {
        await onStage(options, (stage) => run(stage, options.clock));
        return undefined;
      });
      record(name, outcome);
    }
  };
  // All of them to their end, even if one cannot go on: each has a program to kill.
  const ends = await Promise.allSettled(Array.from({ length: options.jobs }, work));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  if (options.only.length === 0) {
    for (const [name, why] of Object.entries(unseen)) record(name, { kind: "not seen", why });
  }
  return tallyOf(outcomes);
}

/** Plays a gate to a sidecar. */
export async function runSidecar(
  options: SidecarBenchOptions & RunOptions & { readonly mayStepDown: boolean },
): Promise<Tally & { readonly hasLed: boolean }> {
  const bench = createSidecarBench(options);
  const outcomes: Outcome[] = [];
  let hasLed = true;
  const outcomeOf = async (check: SidecarCheck): Promise<Outcome> => {
    if (check.needs === "step-down" && !options.mayStepDown)
      return { kind: "not seen", why: "it gives up the lease, and --may-step-down was not given" };
    return await judged(async () => {
      if (check.needs !== "nothing" && hasLed) hasLed = await bench.leads();
      if (check.needs !== "nothing" && !hasLed) return "the sidecar never led";
      return await check.run(bench);
    });
  };
  try {
    await bench.plain("/leader");
    for (const check of sidecarChecks.filter(({ name }) => isWanted(options.only, name))) {
      const outcome = await outcomeOf(check);
      outcomes.push(outcome);
      options.print(lineOf(check.name, outcome));
    }
  } finally {
    bench.endGate();
  }
  return { ...tallyOf(outcomes), hasLed };
}
