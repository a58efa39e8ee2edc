// A worker thread of a campaign: gets a chunk of seeds, runs their worlds, sends back what it saw.
import { parentPort } from "node:worker_threads";
import { runWorldOf, type WorldKind } from "../worlds.ts";
import { addWorld, emptySummary, type Summary } from "./summary.ts";

export interface Chunk {
  readonly from: number;
  readonly seeds: number;
  readonly kinds: readonly WorldKind[];
}

export interface ChunkResult {
  readonly chunk: Chunk;
  readonly summary: Summary;
}

if (parentPort === null) throw new Error("worker.ts runs as a worker thread of a campaign");
const port = parentPort;
port.on("message", (chunk: Chunk) => {
  const summary = emptySummary();
  for (let seed = chunk.from; seed < chunk.from + chunk.seeds; seed += 1) {
    for (const kind of chunk.kinds) addWorld(summary, kind, seed, runWorldOf(kind, seed));
  }
  const result: ChunkResult = { chunk, summary };
  port.postMessage(result);
});
