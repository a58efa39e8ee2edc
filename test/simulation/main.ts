// `npm run simulate`: wiring and lifecycle, nothing else. Replays one simulated world, or runs a campaign of many.
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { onTermination } from "../../platform/signals.ts";
import {
  readSimulateArguments,
  simulateHelp,
  type CampaignRange,
  type SimulateArguments,
} from "./campaign/arguments.ts";
import { runCampaign, type Progress } from "./campaign/campaign.ts";
import { replayCommand, tellWorld } from "./campaign/replay.ts";
import { shrinkWorld } from "./campaign/shrink.ts";
import { hashSources, readState, stateFile, writeState } from "./campaign/state.ts";
import { printSummary } from "./campaign/summary.ts";
import { runWorldOf } from "./worlds.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const reportMs = 1000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

function pathOf(state: string | null): string {
  return state === null ? join(root, stateFile) : resolve(state);
}

type OneWorld = Extract<SimulateArguments, { kind: "replay" | "shrink" }>;

function replay({ seed, world, excerpt, isJson }: OneWorld): number {
  const outcome = runWorldOf(world, seed, { isTraced: true, excerpt });
  process.stdout.write(
    isJson ? `${JSON.stringify({ world, seed, ...outcome })}\n` : tellWorld(world, seed, outcome),
  );
  return outcome.violation === null ? 0 : 1;
}

function shrink(given: OneWorld): number {
  const { seed, world } = given;
  const shrunk = shrinkWorld((excerpt) => runWorldOf(world, seed, { excerpt }));
  if (shrunk === null) {
    say(`Nothing to shrink: every invariant holds in the world ${world} of seed ${seed}.`);
    return 2;
  }
  const { excerpt, runs } = shrunk;
  const status = replay({ ...given, excerpt });
  const { strikes, pods } = excerpt;
  say(`After ${runs} worlds, what is left: ${strikes.length} of its strikes, ${pods.length} of its pods.`);
  say(`  ${replayCommand(world, seed, excerpt)}`);
  return status;
}

interface Run {
  readonly range: CampaignRange;
  readonly done: Progress | null;
  readonly workers: number;
  readonly path: string;
  readonly isJson: boolean;
}

async function campaign({ range, done, workers, path, isJson }: Run): Promise<number> {
  const sources = hashSources(root);
  const stopping = new AbortController();
  onTermination(
    () => {
      say("Ending: the worlds under way are finished (once more to drop them) …");
      stopping.abort();
    },
    () => process.exit(130),
  );
  const endSeed = range.from + range.seeds;
  const first = { worlds: done?.summary.worlds ?? 0, atMs: performance.now() };
  let reportedMs = Number.NEGATIVE_INFINITY;
  const keep = (progress: Progress): void => writeState(path, { sources, range, ...progress });
  const progress = await runCampaign({
    range,
    done,
    workers,
    signal: stopping.signal,
    nowMs: () => performance.now(),
    onProgress(at) {
      const nowMs = performance.now();
      if (nowMs - reportedMs < reportMs) return;
      reportedMs = nowMs;
      keep(at);
      const rate = ((at.summary.worlds - first.worlds) / (nowMs - first.atMs)) * 1000;
      const found = at.summary.violations.length + at.summary.furtherViolations;
      say(
        `seed ${at.nextSeed} of ${endSeed - 1}: ${at.summary.worlds} worlds, ${Math.round(rate)}/s, ` +
          `${at.summary.strayEffects} stray effects, ${found} violations`,
      );
    },
  });
  keep(progress);
  const { summary, nextSeed, seconds } = progress;
  const isDone = nextSeed >= endSeed;
  const frame = { ...range, seedsDone: nextSeed - range.from, seconds, workers };
  process.stdout.write(
    isJson ? `${JSON.stringify({ ...frame, isDone, ...summary })}\n` : printSummary(summary, frame),
  );
  if (!isDone) say(`Not finished: npm run simulate -- --resume goes on from ${path}`);
  if (summary.violations.length > 0) return 1;
  return isDone ? 0 : 130;
}

async function run(given: SimulateArguments): Promise<number> {
  switch (given.kind) {
    case "help":
      process.stdout.write(simulateHelp(stateFile));
      return 0;
    case "wrong":
      for (const problem of given.problems) say(problem);
      say("npm run simulate -- --help says what there is.");
      return 2;
    case "replay":
      return replay(given);
    case "shrink":
      return shrink(given);
    case "campaign":
      return campaign({ ...given, path: pathOf(given.state), done: null });
    case "resume": {
      const path = pathOf(given.state);
      const state = readState(path, hashSources(root));
      if ("problem" in state) {
        say(state.problem);
        return 2;
      }
      return campaign({ ...given, path, range: state.range, done: state });
    }
  }
}

process.exitCode = await run(readSimulateArguments(process.argv.slice(2), availableParallelism()));
