// The part of the operator's bench with real name servers, quick and whole, as a person runs it. How long things take is not judged
// here; that all phases come to their end, and that nothing is written where nothing changes, is.
import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { needsProgram } from "../../test/kit/needed-program.ts";
import { startProgram } from "../../test/kit/program.ts";

const sizes = ["--zones", "12", "--records", "3"];
const results = fileURLToPath(new URL("../results/operator-served-12x3", import.meta.url));

test("the quick bench measures every phase, and the script beside the operator", async (context) => {
  if (!needsProgram(context, "named", "bind9") || !needsProgram(context, "nsupdate", "bind9-dnsutils"))
    return;
  const run = startProgram(["bench/main.ts", "operator", "--part", "served", "--quick", ...sizes]);
  // Ended in good order, so that nothing which it started is left.
  context.after(() => void run.child.kill("SIGTERM"));
  assert.equal(await run.exited, 0, run.output());
  const table = readFileSync(`${results}.md`, "utf8");
  const csv = readFileSync(`${results}.csv`, "utf8");
  for (const end of ["csv", "md"]) rmSync(`${results}.${end}`);
  const rows = table.split("\n").filter((line) => line.startsWith("| "));
  const rowOf = (part: string): string => rows.find((row) => row.includes(part)) ?? `no row of ${part}`;
  assert.match(rowOf("at rest for 5 s: writes"), /\| writes \| 1 \| 0 \| 0 \| 0 \| ≤ 0 \| yes \|$/);
  assert.match(
    rowOf("fail-over: writes of the new leader"),
    /\| writes \| 1 \| 0 \| 0 \| 0 \| ≤ 0 \| yes \|$/,
  );
  assert.match(rowOf("terms that were lost"), /\| terms \| 1 \| 0 \| 0 \| 0 \| ≤ 0 \| yes \|$/);
  for (const [part, count] of [
    ["from nothing, 12 zones × 3 records", 1],
    ["every zone and record says so", 1],
    ["a changed record is answered by every replica", 10],
    ["end of the full pass", 1],
    ["since the leader's pod was killed", 1],
    ["memory of the operator", 1],
    ["memory of the agent", 1],
    ["served by nobody: a change is answered by every replica", 10],
    ["script, nsupdate for each", 10],
    ["script, nsupdate once", 10],
  ] as const) {
    assert.ok(
      rows.some((row) => row.includes(part)),
      `${part}\n${table}`,
    );
    const values = csv.split("\n").filter((line) => line.includes(part));
    assert.equal(values.length, count, `${part}\n${csv}`);
    assert.ok(
      values.every((line) => Number(line.split(",").at(-1)) > 0),
      `${part}\n${values.join("\n")}`,
    );
  }
});
