// `npm run bench -- operator`, in two parts. `tenants`: what one tenant's changes cost beside others, the API server in memory. `served`: the
// whole way from an object to the answers of real name servers, on a real API server.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { ProcessTable } from "../../playground/replicas/process-table.ts";
import { csv } from "../trials.ts";
import { aimTable, ratioTable } from "./aims.ts";
import { benchServed, findPrograms } from "./served-bench.ts";
import { benchTenants } from "./tenants-bench.ts";
import type { ZoneSizes } from "./zone-objects.ts";

export type OperatorPart = "tenants" | "served";

export interface OperatorBenchOptions {
  readonly isQuick: boolean;
  /** null: both. */
  readonly part: OperatorPart | null;
  /** null: as usual. */
  readonly zones: number | null;
  readonly records: number | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly processes: ProcessTable;
  readonly signal: AbortSignal;
}

const usualSizes: ZoneSizes = { zones: 1000, records: 20 };
const quickSizes: ZoneSizes = { zones: 50, records: 20 };

/** Prints tables; the samples go to bench/results/. */
export async function benchOperator(options: OperatorBenchOptions): Promise<void> {
  const { isQuick, part, environment } = options;
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (part !== "served") await benchTenants(options);
  if (part === "tenants") return;
  if (process.platform !== "linux")
    throw new Error("the part with real name servers reads /proc: it needs Linux");
  const programs = await findPrograms(environment, say);
  if ("missing" in programs)
    throw new Error(`The part with real name servers cannot run. ${programs.missing}`);
  const usual = isQuick ? quickSizes : usualSizes;
  const sizes = { zones: options.zones ?? usual.zones, records: options.records ?? usual.records };
  const { figures, edits, notes } = await benchServed(programs, { ...options, sizes, say });
  mkdirSync("bench/results", { recursive: true });
  const name = `operator-served-${sizes.zones}x${sizes.records}`;
  const [ours, ...others] = edits;
  const tables = [
    `${sizes.zones} zones × ${sizes.records} records, ${machine()}`,
    aimTable(figures),
    ratioTable(ours, others),
    notes.map((note) => `- ${note}`).join("\n"),
  ].join("\n\n");
  writeFileSync(`bench/results/${name}.csv`, csv([...figures, ...others]));
  writeFileSync(`bench/results/${name}.md`, `${tables}\n`);
  process.stdout.write(`${tables}\n`);
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  return `${cpus().length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`;
}
