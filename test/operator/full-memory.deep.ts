// The memory of the operator's container: a tenant whose zones come to more than it holds ends no operator. In a process of its own, with the
// heap that the chart's limit leaves.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { chartLimitMib, heapFlag, operatorEnvironment, operatorFlags } from "../../bench/bundles.ts";
import type { Measured } from "../../bench/operator/operator-run.ts";
import { draftLimits } from "../../operator/zones/zone-room.ts";
import type { Crowd } from "../../bench/operator/tenants.ts";

const program = fileURLToPath(new URL("../../bench/operator/operator-run.ts", import.meta.url));
// For some fifteen seconds: without any limits the memory was full after nine.
const edits = 60;

async function runBeside(crowd: Crowd, signal: AbortSignal): Promise<Measured> {
  const flags = [...operatorFlags, heapFlag(chartLimitMib)];
  const child = spawn(process.execPath, [...flags, program, JSON.stringify({ crowd, edits })], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, ...operatorEnvironment },
    signal,
  });
  const answers: Measured[] = [];
  child.on("message", (measured) => answers.push(measured as Measured));
  const [code] = (await once(child, "close")) as [number | null];
  const [measured] = answers;
  assert.ok(measured, `the operator ended with ${code}`);
  return measured;
}

test("300 zones that all select the same 3,000 records are served as far as there is memory, and others are served", async ({
  signal,
}) => {
  const crowd = { name: "many", zones: 300, records: 3000, isServed: true };
  const { servedMs, crowdZones } = await runBeside(crowd, signal);
  assert.equal(servedMs.length, edits, "each edit of the small tenant was served");
  const most = draftLimits(chartLimitMib * 0.75 * 2 ** 20).mostCompiled / 2 / crowd.records;
  assert.ok(crowdZones > 20 && crowdZones <= most * 1.05, `${crowdZones} zones`);
});

test("four zones that all select the same 200,000 records end no operator either", async ({ signal }) => {
  const { servedMs } = await runBeside({ name: "four", zones: 4, records: 200_000, isServed: true }, signal);
  assert.equal(servedMs.length, edits);
});

const addresses = Array.from({ length: 100 }, (_, index) => `198.51.100.${index}`);
const odd: Readonly<Record<string, Crowd>> = {
  "zones whose names cannot be": {
    name: "names",
    zones: 300,
    records: 3000,
    isServed: true,
    zoneLabel: "x".repeat(64),
  },
  "long names": {
    name: "long",
    zones: 1,
    records: 100_000,
    isServed: true,
    zoneLabel: `${"x".repeat(60)}.`.repeat(3) + "y",
  },
  "many addresses": crowdOf("ARecord", { ipv4Addresses: addresses }, 100, 300),
  "addresses that are none": crowdOf(
    "AAAARecord",
    { ipv6Addresses: ["1:", "2:", "3:", "4:", "5:"] },
    300,
    3000,
  ),
  "texts of other letters": crowdOf("TXTRecord", { text: ["漢".repeat(140)] }, 1, 100_000),
};

function crowdOf(kind: string, spec: object, zones: number, records: number): Crowd {
  return { name: kind, zones, records, isServed: true, record: { kind, spec } };
}

for (const [what, crowd] of Object.entries(odd)) {
  test(`records count as what they take: ${what}`, async ({ signal }) => {
    assert.equal((await runBeside(crowd, signal)).servedMs.length, edits);
  });
}

test("one zone of 200,000 records ends no operator that has no room for it, and others are served", async ({
  signal,
}) => {
  const { servedMs } = await runBeside({ name: "one", zones: 1, records: 200_000, isServed: true }, signal);
  assert.equal(servedMs.length, edits);
});
