// `npm run conformance`: wiring and lifecycle, nothing else.
import { createSystemClock } from "../platform/clock.ts";
import { onTermination } from "../platform/signals.ts";
import { conformanceHelp, readConformanceArguments, type ConformanceArguments } from "./arguments.ts";
import { CannotJudge, type Tally } from "./check.ts";
import { runGate, runSidecar } from "./run.ts";

const interrupted = new AbortController();
const say = (message: string): void => void process.stderr.write(`${message}\n`);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(given: Extract<ConformanceArguments, { kind: "sidecar" | "gate" }>): Promise<number> {
  onTermination(
    () => interrupted.abort(),
    () => process.exit(130),
  );
  const shared = { clock: createSystemClock(), signal: interrupted.signal, print };
  try {
    if (given.kind === "gate") {
      const tally = await runGate({ ...given, ...shared, environment: process.env });
      return summed(tally);
    }
    const { hasLed, ...tally } = await runSidecar({ ...given, ...shared });
    const code = summed(tally);
    if (hasLed) return code;
    say("The sidecar never led: what a leader answers could not be judged. Is another pod the leader?");
    return Math.max(code, code === 1 ? 1 : 2);
  } catch (error) {
    if (interrupted.signal.aborted) return 130;
    if (!(error instanceof CannotJudge)) throw error;
    say(`It could not be judged: ${error.message}`);
    return 2;
  }
}

function summed({ ok, wrong, notSeen }: Tally): number {
  print(`${ok} ok, ${wrong} wrong, ${notSeen} not seen`);
  if (ok + wrong + notSeen > 0) return wrong === 0 ? 0 : 1;
  say("No check has that text in its line");
  return 2;
}

const given = readConformanceArguments(process.argv.slice(2));
if (given.kind === "help") {
  process.stdout.write(conformanceHelp);
} else if (given.kind === "wrong") {
  say(`${given.problems.join("\n")}\nnpm run conformance -- --help says what there is.`);
  process.exitCode = 2;
} else {
  process.exit(await run(given));
}
