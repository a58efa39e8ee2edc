// The tables say of a figure whether it reached its aim, and how many times another one it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { aimTable, atMost, percentilesAtMost, ratioTable } from "./aims.ts";

const lastCells = (table: string): string[] =>
  table
    .split("\n")
    .slice(2)
    .map((line) => line.split(" | ").at(-1)?.replace(" |", "") ?? "");

test("a figure beside its aim", () => {
  const table = aimTable([
    { name: "a", unit: "s", values: [1, 30], aim: atMost(30) },
    { name: "b", unit: "s", values: [1, 30.1], aim: atMost(30) },
    { name: "c", unit: "ms", values: [150, 160, 900], aim: percentilesAtMost(200, 1000) },
    { name: "d", unit: "ms", values: [150, 160, 1001], aim: percentilesAtMost(200, 1000) },
    { name: "e", unit: "ms", values: [150, 210, 900], aim: percentilesAtMost(200, 1000) },
    { name: "f", unit: "ms", values: [3000] },
  ]);
  assert.deepEqual(lastCells(table), ["yes", "**no**", "yes", "**no**", "**no**", ""]);
  assert.match(table, /\| c \| ms \| 3 \| 160 \| 900 \| 900 \| p50 ≤ 200, p99 ≤ 1,000 \| yes \|/);
});

test("another one beside ours, as a ratio", () => {
  const table = ratioTable({ name: "operator", unit: "ms", values: [100, 100, 200] }, [
    { name: "script", unit: "ms", values: [50, 50, 400] },
  ]);
  assert.match(table, /\| script \| 3 \| 50 \| 400 \| 400 \| 0.5 \| 2 \|/);
});
