// `npm run bench -- operator`: what one tenant's changes cost while another tenant stands beside it with more than it should have.
// The operator is whole; the API server is in memory and in the same process, so that the lag of the event loop, on which the
// gate's conversation lives, is the operator's own. A change counts as served by the operator once it stands in the ZoneFile.
import { mkdirSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { Registry } from "prom-client";
import { createFakeGate } from "../../gate/fake.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import { startOperator } from "../../operator/operator.ts";
import { unpackText } from "../../operator/resources/zone-file-content.ts";
import type { ZoneFileSpec } from "../../operator/resources/zone-file.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { csv, markdownTable, type Samples } from "../trials.ts";
import { createMemoryApi, type MemoryApi } from "./memory-api.ts";
import {
  aRecord,
  addressOf,
  editCrowd,
  makeCrowd,
  makeTenant,
  smallTenant,
  startAgents,
  type Crowd,
} from "./tenants.ts";

export interface OperatorBenchOptions {
  readonly isQuick: boolean;
  readonly signal: AbortSignal;
}

interface Measured {
  readonly servedMs: readonly number[];
  readonly longestLagMs: number;
  readonly writes: number;
  readonly processorSeconds: number;
  readonly residentMib: number;
}

const usualEdits = 100;
const quickEdits = 20;
const everyMs = 250;
const smallRecords = 10;
// The first pass over a crowd is a part of what is measured: it may take its time, and the small tenant's changes may not.
const patienceMs = 120_000;
const clock = createSystemClock();

/** Prints a table; the samples go to bench/results/operator.csv. */
export async function benchOperator({ isQuick, signal }: OperatorBenchOptions): Promise<void> {
  const rows: (Samples & { readonly wanted: string })[] = [];
  const notes: string[] = [];
  for (const crowd of crowds(isQuick)) {
    const measured = await measure(crowd, isQuick ? quickEdits : usualEdits, signal);
    const { servedMs, longestLagMs, writes, processorSeconds, residentMib } = measured;
    rows.push({
      name: `${crowd.name}: a change is in its ZoneFile`,
      unit: "ms",
      values: servedMs,
      wanted: "p99 ≤ 1000",
    });
    rows.push({
      name: `${crowd.name}: longest lag of the loop`,
      unit: "ms",
      values: [longestLagMs],
      wanted: "≤ 100",
    });
    const facts = `${writes} writes, ${processorSeconds.toFixed(1)} s of processor time, ${residentMib.toFixed(0)} MiB resident`;
    notes.push(`${crowd.name}: ${facts}`);
    process.stderr.write(`${notes.at(-1)}\n`);
  }
  mkdirSync("bench/results", { recursive: true });
  writeFileSync("bench/results/operator.csv", csv(rows));
  process.stdout.write(`${markdownTable(rows)}\n\n${notes.join("\n")}\n`);
}

function crowds(isQuick: boolean): readonly Crowd[] {
  const part = isQuick ? 5 : 1;
  const many = { zones: 300 / part, records: 3000 / part };
  const one = { zones: 1, records: 200_000 / part };
  return [
    { name: "nobody beside", zones: 0, records: 0, isServed: false },
    { name: `${many.zones} zones × ${many.records} records, served by nobody`, ...many, isServed: false },
    { name: `${many.zones} zones × ${many.records} records, served`, ...many, isServed: true },
    { name: `one zone of ${one.records} records, served`, ...one, isServed: true },
  ];
}

async function measure(crowd: Crowd, edits: number, signal: AbortSignal): Promise<Measured> {
  const api = createMemoryApi(clock);
  startAgents(api);
  makeCrowd(api, crowd);
  makeTenant(api, smallTenant, { zones: 1, records: smallRecords, isServed: true });
  const gate = createFakeGate();
  const operator = startOperator({
    client: api.client,
    watchNamespace: null,
    ownNamespace: null,
    leadership: gate.leadership,
    images: { bind9Image: "bind9", agentImage: "bindy", agentCommand: ["agent"] },
    registry: new Registry(),
    clock,
    random: createSystemRandom(),
    log: createLog("error", {}),
  });
  try {
    await eventually(() => (operator.isReady() ? true : null), "the watches are up", {
      signal,
      limitMs: patienceMs,
    });
    const lag = monitorEventLoopDelay({ resolution: 5 });
    const before = process.cpuUsage();
    lag.enable();
    gate.open("1");
    const servedMs = await editBoth(api, crowd, edits, signal);
    lag.disable();
    const { user, system } = process.cpuUsage(before);
    return {
      servedMs,
      longestLagMs: lag.max / 1e6,
      writes: api.writes(),
      processorSeconds: (user + system) / 1e6,
      residentMib: process.memoryUsage.rss() / 2 ** 20,
    };
  } finally {
    gate.close("the bench is over");
    await operator.close(5000);
  }
}

/** From the opening of the gate on, small tenant and crowd change a record each in turn. */
async function editBoth(api: MemoryApi, crowd: Crowd, edits: number, signal: AbortSignal): Promise<number[]> {
  const servedMs: number[] = [];
  for (let edit = 0; edit < edits; edit += 1) {
    if (crowd.records > 0) editCrowd(api, crowd, edit);
    const address = addressOf(edit);
    const startedMs = performance.now();
    api.put(aRecord(smallTenant, edit % smallRecords, address));
    await eventually(() => (isPublished(api, address) ? true : null), `${address} is published`, {
      signal,
      limitMs: patienceMs,
      everyMs: 2,
    });
    const tookMs = performance.now() - startedMs;
    servedMs.push(tookMs);
    await clock.sleep(everyMs - tookMs, signal);
  }
  return servedMs;
}

function isPublished(api: MemoryApi, address: string): boolean {
  const file = api.get("ZoneFile", `${smallTenant}/dns.zone-0.${smallTenant}.example`);
  return file !== null && (unpackText(file["spec"] as ZoneFileSpec)?.includes(` ${address}\n`) ?? false);
}
