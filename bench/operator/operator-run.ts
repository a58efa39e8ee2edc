// One run of the part `tenants` of `npm run bench -- operator`, in a process of its own that is started with the flags of the operator's image: the whole
// operator beside one crowd. What was measured goes to the parent.
import { performance } from "node:perf_hooks";
import { createFakeGate } from "../../gate/fake.ts";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { startWholeOperator } from "../../test/operator/whole-operator.ts";
import { unpackText } from "../../operator/resources/zone-file-content.ts";
import type { ZoneFileSpec } from "../../operator/resources/zone-file.ts";
import { eventually } from "../../test/kit/eventually.ts";
import { watchLoop } from "./loop-watch.ts";
import { createMemoryApi, type MemoryApi } from "./memory-api.ts";
import {
  aRecord,
  addressOf,
  crowdNamespace,
  editCrowd,
  makeCrowd,
  makeTenant,
  smallTenant,
  startAgents,
  type Crowd,
} from "./tenants.ts";

export interface Measured {
  readonly servedMs: readonly number[];
  readonly longestLagMs: number;
  /** Of the thread of the loop. */
  readonly longestHeldMs: number;
  readonly writes: number;
  /** Those of the crowd that have a ZoneFile. */
  readonly crowdZones: number;
  readonly processorSeconds: number;
  readonly residentMib: number;
}

const everyMs = 250;
const smallRecords = 10;
// The first pass over a crowd is a part of what is measured: it may take its time, and the small tenant's changes may not.
const patienceMs = 120_000;
const clock = createSystemClock();
const { signal } = new AbortController();

async function measure(crowd: Crowd, edits: number): Promise<Measured> {
  const api = createMemoryApi(clock);
  startAgents(api);
  makeCrowd(api, crowd);
  makeTenant(api, smallTenant, { zones: 1, records: smallRecords, isServed: true });
  const gate = createFakeGate();
  const operator = startWholeOperator(api.client, gate.leadership, { log: createLog("error", {}) });
  try {
    await eventually(() => (operator.isReady() ? true : null), "the watches are up", {
      signal,
      limitMs: patienceMs,
    });
    const before = process.cpuUsage();
    const endWatch = watchLoop();
    gate.open("1");
    const servedMs = await editBoth(api, crowd, edits);
    const loop = endWatch();
    const { user, system } = process.cpuUsage(before);
    return {
      servedMs,
      ...loop,
      writes: api.writes(),
      crowdZones: api.count("ZoneFile", crowdNamespace),
      processorSeconds: (user + system) / 1e6,
      residentMib: process.memoryUsage.rss() / 2 ** 20,
    };
  } finally {
    gate.close("the bench is over");
    await operator.close(5000);
  }
}

/** From the opening of the gate on, small tenant and crowd change a record each in turn. */
async function editBoth(api: MemoryApi, crowd: Crowd, edits: number): Promise<number[]> {
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
  return file !== null && (unpackText(file["spec"] as ZoneFileSpec).text?.includes(` ${address}\n`) ?? false);
}

const { crowd, edits } = JSON.parse(process.argv[2] ?? "") as { crowd: Crowd; edits: number };
const measured = await measure(crowd, edits);
// Undici's idle sockets and what is delayed must not keep the process.
process.send?.(measured, () => process.exit(0));
