// `npm run test:repeat -- --times 10 --busy 2`: the whole inner loop so often, with as many busy processes beside it, and a
// table of the runs. What is green once may be so by chance; what is green ten times beside a busy neighbour hardly is.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createSystemClock } from "../platform/clock.ts";
import { onTermination } from "../platform/signals.ts";

interface Run {
  readonly at: number;
  readonly seconds: number;
  readonly code: number | null;
  readonly tests: number;
  readonly skipped: number;
  readonly failures: readonly string[];
}

const usage = `npm run test:repeat -- [--times N] [--busy N] [--layer test|deep] [WORD …]

  --times N   how often, 1 to 100 (default 10)
  --busy N    processes that compute for ever beside it, 0 to 16 (default 0)
  --layer L   which layer is repeated (default test)
  WORD        only the files whose path contains it

The output of each run that is not green is kept in test-results/. The exit code is 1 if there is one.
`;
const mostOutput = 64 * 2 ** 20;
const clock = createSystemClock();
const running = new Set<ChildProcess>();
let isEnding = false;

function fail(problem: string): never {
  process.stderr.write(`${problem}\n\n${usage}`);
  process.exit(2);
}

function readArguments(): { times: number; busy: number; flags: readonly string[] } {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        times: { type: "string", default: "10" },
        busy: { type: "string", default: "0" },
        layer: { type: "string", default: "test" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const [times, busy] = [Number(values.times), Number(values.busy)];
    if (!Number.isInteger(times) || times < 1 || times > 100) fail(`--times is "${values.times}"`);
    if (!Number.isInteger(busy) || busy < 0 || busy > 16) fail(`--busy is "${values.busy}"`);
    if (values.layer !== "test" && values.layer !== "deep") fail(`--layer is "${values.layer}"`);
    return { times, busy, flags: [...(values.layer === "deep" ? ["--deep"] : []), ...positionals] };
  } catch (error) {
    return fail((error as Error).message);
  }
}

/** Notes a process that is to end with this one. */
function started(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once("close", () => running.delete(child));
  return child;
}

async function runOnce(at: number, flags: readonly string[]): Promise<Run> {
  const startedMs = clock.now().waitMs;
  const child = started(
    spawn(process.execPath, ["scripts/test.ts", ...flags], { stdio: ["ignore", "pipe", "pipe"] }),
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      if (output.length < mostOutput) output += text;
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  const count = (what: string): number =>
    [...output.matchAll(new RegExp(String.raw`^ℹ ${what} (\d+)$`, "gm"))].reduce(
      (sum, [, number]) => sum + Number(number),
      0,
    );
  const failures = new Set([...output.matchAll(/^ *✖ (.+) \([\d.]+ms\)/gm)].map(([, name]) => name ?? ""));
  if (code !== 0) {
    mkdirSync("test-results", { recursive: true });
    writeFileSync(`test-results/repeat-${at}.log`, output);
  }
  const seconds = (clock.now().waitMs - startedMs) / 1000;
  return { at, seconds, code, tests: count("tests"), skipped: count("skipped"), failures: [...failures] };
}

function rowOf({ at, seconds, code, tests, skipped, failures }: Run): string {
  const verdict = code === 0 ? "green" : `exit ${code}: ${failures.join("; ") || "see its log"}`;
  return `| ${at} | ${seconds.toFixed(1)} | ${tests} | ${skipped} | ${verdict} |`;
}

const { times, busy, flags } = readArguments();
const endAll = (): void => {
  isEnding = true;
  for (const child of running) child.kill("SIGTERM");
};
onTermination(endAll, () => process.exit(130));
// A loop that never ends, in as many processes: a neighbour that takes all it gets.
const neighbours = Array.from({ length: busy }, () =>
  started(spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" })),
);
const runs: Run[] = [];
process.stdout.write(
  `Beside ${busy} busy processes:\n\n| run | seconds | tests | skipped | |\n| --- | --- | --- | --- | --- |\n`,
);
try {
  for (let at = 1; at <= times && !isEnding; at += 1) {
    const run = await runOnce(at, flags);
    if (isEnding) break;
    runs.push(run);
    process.stdout.write(`${rowOf(run)}\n`);
  }
} finally {
  for (const child of neighbours) child.kill("SIGKILL");
}
const green = runs.filter(({ code }) => code === 0).length;
const longest = Math.max(0, ...runs.map(({ seconds }) => seconds));
process.stdout.write(`\n${green} of ${runs.length} green, the longest took ${longest.toFixed(1)} s\n`);
process.exit(isEnding ? 130 : green === times ? 0 : 1);
