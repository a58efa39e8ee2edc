// The part `tenants` of `npm run bench -- operator`: what one tenant's changes cost while another tenant stands beside it with more than
// it should have. The operator is whole and runs under the flags of its image, with the heap that its container's memory limit would leave it; the API server is in memory and in the same process, so that
// the lag of the event loop, on which the gate's conversation lives, is the operator's own. A change counts as served by the
// operator once it stands in the ZoneFile.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import { chartLimitMib, heapFlag, operatorEnvironment, operatorFlags } from "../bundles.ts";
import { csv, markdownTable, type Samples } from "../trials.ts";
import type { Measured } from "./operator-run.ts";
import type { Crowd } from "./tenants.ts";

export interface TenantsBenchOptions {
  readonly isQuick: boolean;
  readonly processes: ProcessTable;
  readonly signal: AbortSignal;
}

const usualEdits = 100;
const quickEdits = 20;
const program = fileURLToPath(new URL("operator-run.ts", import.meta.url));

/** Prints a table; the samples go to bench/results/operator.csv. */
export async function benchTenants(options: TenantsBenchOptions): Promise<void> {
  const { isQuick, signal } = options;
  const rows: (Samples & { readonly wanted: string })[] = [];
  const notes: string[] = [];
  for (const crowd of crowds(isQuick)) {
    signal.throwIfAborted();
    const measured = await run(crowd, isQuick ? quickEdits : usualEdits, options);
    const { servedMs, longestLagMs, longestHeldMs, writes, crowdZones, processorSeconds, residentMib } =
      measured;
    const row = (what: string, values: readonly number[], wanted: string): void =>
      void rows.push({ name: `${crowd.name}: ${what}`, unit: "ms", values, wanted });
    row("a change is in its ZoneFile", servedMs, "p99 ≤ 1000");
    row("longest lag of the loop", [longestLagMs], "≤ 100");
    row("longest hold of the loop, in its processor time", [longestHeldMs], "≤ 100");
    const served = `${crowdZones} of its ${crowd.zones} zones are served`;
    const facts = `${served}, ${writes} writes, ${processorSeconds.toFixed(1)} s of processor time, ${residentMib.toFixed(0)} MiB resident with the API server`;
    notes.push(`${crowd.name}: ${facts}`);
    process.stderr.write(`${notes.at(-1)}\n`);
  }
  mkdirSync("bench/results", { recursive: true });
  writeFileSync("bench/results/operator.csv", csv(rows));
  process.stdout.write(`${markdownTable(rows)}\n\n${notes.join("\n")}\n`);
}

async function run(crowd: Beside, edits: number, { processes }: TenantsBenchOptions): Promise<Measured> {
  const args = [...operatorFlags, heapFlag(crowd.limitMib), program, JSON.stringify({ crowd, edits })];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...operatorEnvironment },
  });
  processes.add(child);
  const answers: Measured[] = [];
  child.on("message", (measured) => answers.push(measured as Measured));
  const [code] = (await once(child, "close")) as [number | null];
  const [measured] = answers;
  if (measured === undefined) throw new Error(`the run beside "${crowd.name}" ended with ${code}`);
  return measured;
}

/** A crowd, and the memory limit that the operator's container would have. */
interface Beside extends Crowd {
  readonly limitMib: number;
}

function crowds(isQuick: boolean): readonly Beside[] {
  const part = isQuick ? 5 : 1;
  const limitMib = chartLimitMib;
  const many = { zones: 300 / part, records: 3000 / part, limitMib };
  const one = { zones: 1, records: 200_000 / part };
  return [
    { name: "nobody beside", zones: 0, records: 0, isServed: false, limitMib },
    { name: `${many.zones} zones × ${many.records} records, served by nobody`, ...many, isServed: false },
    { name: `${many.zones} zones × ${many.records} records, an instance for them`, ...many, isServed: true },
    { name: `one zone of ${one.records} records, an instance for it`, ...one, isServed: true, limitMib },
    { name: `the same with a limit of ${2 * limitMib} MiB`, ...one, isServed: true, limitMib: 2 * limitMib },
  ];
}
