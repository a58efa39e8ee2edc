// The campaign: hands out chunks of seeds to worker threads, adds up what comes back, and says how it goes. What is done
// is always a beginning of the range without gaps, so that its state is two numbers and a sum.
import { Worker } from "node:worker_threads";
import type { CampaignRange } from "./arguments.ts";
import { addSummary, emptySummary, type Summary } from "./summary.ts";
import type { Chunk, ChunkResult } from "./worker.ts";

export interface Progress {
  readonly nextSeed: number;
  readonly seconds: number;
  readonly summary: Summary;
}

export interface CampaignOptions {
  readonly range: CampaignRange;
  readonly workers: number;
  /** Where an earlier run ended; null: at the beginning. */
  readonly done: Progress | null;
  /** Aborted: the chunks under way are finished, and no other is begun. */
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** Called after every chunk. */
  readonly onProgress: (progress: Progress) => void;
}

// Half a second or so: short enough to end soon, long enough not to matter.
const chunkSeeds = 50;

/** Runs the range to its end or until the signal; resolves with what is done. A worker that crashes rejects. */
export async function runCampaign(options: CampaignOptions): Promise<Progress> {
  const { range, done, signal, nowMs } = options;
  const endSeed = range.from + range.seeds;
  const startedMs = nowMs();
  const summary = emptySummary();
  if (done) addSummary(summary, done.summary);
  let nextSeed = done?.nextSeed ?? range.from;
  let nextToBegin = nextSeed;
  /** Chunks that are done, while an earlier one still runs. */
  const early = new Map<number, ChunkResult>();
  const progress = (): Progress => ({
    nextSeed,
    seconds: (done?.seconds ?? 0) + (nowMs() - startedMs) / 1000,
    summary,
  });

  function takeChunk(): Chunk | null {
    if (signal.aborted || nextToBegin >= endSeed) return null;
    const seeds = Math.min(chunkSeeds, endSeed - nextToBegin);
    const chunk = { from: nextToBegin, seeds, kinds: range.kinds };
    nextToBegin += seeds;
    return chunk;
  }

  function finish(result: ChunkResult): void {
    early.set(result.chunk.from, result);
    for (let next = early.get(nextSeed); next !== undefined; next = early.get(nextSeed)) {
      early.delete(nextSeed);
      nextSeed += next.chunk.seeds;
      addSummary(summary, next.summary);
    }
    options.onProgress(progress());
  }

  const chunks = Math.ceil((endSeed - nextSeed) / chunkSeeds);
  const threads = Array.from({ length: Math.min(options.workers, chunks) }, () => startWorker());
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (let chunk = takeChunk(); chunk !== null; chunk = takeChunk()) finish(await thread.run(chunk));
      }),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
  return progress();
}

interface Thread {
  run(chunk: Chunk): Promise<ChunkResult>;
  end(): Promise<unknown>;
}

function startWorker(): Thread {
  const worker = new Worker(new URL("worker.ts", import.meta.url));
  let settle: { resolve: (result: ChunkResult) => void; reject: (error: Error) => void } | null = null;
  let failure: Error | null = null;
  const fail = (error: Error): void => {
    failure = error;
    settle?.reject(error);
  };
  worker.on("message", (result: ChunkResult) => settle?.resolve(result));
  worker.on("error", fail);
  worker.on("exit", (code) => fail(new Error(`a worker thread ended with code ${code}`)));
  return {
    run(chunk) {
      const { promise, resolve, reject } = Promise.withResolvers<ChunkResult>();
      settle = { resolve, reject };
      if (failure !== null) reject(failure);
      else worker.postMessage(chunk);
      return promise;
    },
    end() {
      settle = null;
      return worker.terminate();
    },
  };
}
