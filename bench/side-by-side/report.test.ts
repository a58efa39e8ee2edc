// From the entries of a run to its tables: what is added up, what is compared, and what reaches its aim.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pageBlock, resultFiles, withBlock } from "./publish.ts";
import { comparisonTable, figure, requestTable } from "./report.ts";
import { csvOf, parseSamplesCsv, samplesCsv, type BenchEntry, type QuietCandidate } from "./samples.ts";

function killed(round: number, arm: "ours" | "client-go", afterMs: number, overlaps = 0): BenchEntry {
  const measured = { afterMs, gapMs: afterMs, sinceRenewalMs: afterMs + 900, effects: 50, overlaps };
  return { key: `pod-killed/${round}/${arm}`, kind: "fail-over", arm, failure: "pod-killed", ...measured };
}

function candidate(arm: "ours" | "client-go", role: "leader" | "standby", update: number): QuietCandidate {
  const memory = { privateMiB: 20, proportionalMiB: 30 };
  const requests = update > 0 ? { update, get: 1 } : {};
  const operatorCpuSeconds = arm === "ours" ? 0.5 : null;
  return { arm, replicas: 3, role, requests, ...memory, cpuSeconds: 1, operatorCpuSeconds };
}

const entries: readonly BenchEntry[] = [
  killed(0, "ours", 14_000),
  killed(0, "client-go", 16_000, 2),
  killed(1, "ours", 14_200),
  killed(1, "client-go", 15_000),
  {
    key: "quiet",
    kind: "quiet",
    seconds: 1800,
    candidates: [
      candidate("ours", "leader", 900),
      candidate("ours", "standby", 0),
      candidate("client-go", "leader", 900),
      candidate("client-go", "standby", 600),
    ],
    audited: { update: 2400, get: 4, watch: 1 },
    counted: { update: 2399, get: 4 },
  },
  { key: "start-up/0/ours", kind: "start-up", arm: "ours", isLimited: false, knowsMs: 300 },
  { key: "start-up/0/client-go", kind: "start-up", arm: "client-go", isLimited: false, knowsMs: 60 },
];
const header = { machine: "2 × some processor", times: "15/10/2" };
const csv = csvOf(header, entries);

function row(table: string, start: string): string {
  return table.split("\n").find((line) => line.startsWith(`| ${start}`)) ?? "";
}

test("the CSV is read back as it was written", () => {
  const read = parseSamplesCsv(csv);
  const window =
    "1800 s; requests for Leases in it, of everybody: 2405 by the audit log, " +
    "2403 by apiserver_request_total (where a watch counts when it ends)";
  assert.deepEqual(read.header, { ...header, "quiet window": window });
  assert.equal(samplesCsv(read.header, read.samples), csv);
  assert.throws(() => parseSamplesCsv("measurement,arm,value\nstart-up,theirs,1\n"), /no sample: start-up/);
});

test("a row compares the arms, and says whether the aim was reached", () => {
  const table = comparisonTable(parseSamplesCsv(csv).samples);
  assert.equal(
    row(table, "pod killed → next"),
    "| pod killed → next leader's first effect | ms | 2 | 14,000 | 14,200 | 15,000 | 16,000 | 1.07 | 1.13 | p50 and p99 below client-go's | yes |",
  );
  assert.match(row(table, "pod killed → beyond"), /\| -100 \| 100 \| 900 \| 1,900 \| – \|.*\| yes \|$/);
  assert.match(row(table, "of the effects"), /\| 1 \| 0 \| 0 \| 2 \| 2 \|.*\| yes \|$/);
  assert.match(row(table, "effects observed"), /\| 1 \| 100 \| 100 \| 100 \| 100 \|/);
  // 1802 an hour against 1802 + 1202.
  assert.match(row(table, "API requests of 3 replicas"), /\| 1,802 \| 1,802 \| 3,004 \|.*\| \*\*no\*\* \|$/);
  assert.match(row(table, "processor time of a leader, with"), /\| 3 \| 3 \| 2 \| 2 \|/);
  assert.equal(row(table, "operator killed"), "", "what was not measured has no row");
});

test("requests by verb, an hour", () => {
  const table = requestTable(parseSamplesCsv(csv).samples);
  assert.equal(table.split("\n")[0], "| requests/h, mean | candidates | get | update | all |");
  assert.equal(row(table, "sidecar, leader"), "| sidecar, leader of 3 | 1 | 2 | 1,800 | 1,802 |");
  assert.equal(row(table, "sidecar, standby"), "| sidecar, standby of 3 | 1 | 0 | 0 | 0 |");
  assert.equal(row(table, "client-go, standby"), "| client-go, standby of 3 | 1 | 2 | 1,200 | 1,202 |");
});

test("figures are as exact as they deserve", () => {
  assert.deepEqual([0, 0.1234, 12.34, 123.4, 17_432.6].map(figure), ["0", "0.123", "12.3", "123", "17,433"]);
});

test("files: the samples, and a plot for what both arms have", () => {
  const names = [...resultFiles(csv).keys()];
  assert.deepEqual(names, [
    "side-by-side.csv",
    "pod-killed.svg",
    "memory-private.svg",
    "cpu-standby.svg",
    "start-up.svg",
  ]);
});

test("the page keeps what stands around its block", () => {
  const marks = [
    "<!-- side-by-side: written by npm run bench -- publish -->",
    "<!-- end of side-by-side -->",
  ];
  const page = withBlock(`before\n${marks.join("\nlast year's table\n")}\nafter\n`, pageBlock(csv));
  assert.match(page, /^before\n<!-- side/);
  assert.match(page, /- machine: 2 × some processor/);
  assert.doesNotMatch(page, /last year/);
  assert.match(page, /<!-- end of side-by-side -->\nafter\n$/);
  assert.equal(withBlock(page, pageBlock(csv)), page);
  assert.throws(() => withBlock("nothing", "block"), /no place/);
});
