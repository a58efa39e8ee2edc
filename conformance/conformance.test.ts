// The conformance program itself: its arguments, its exit codes, and that its rules are those of the contract.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { follow } from "../test/kit/sidecar-cluster.ts";
import { conformanceHelp, readConformanceArguments } from "./arguments.ts";
import { runConformance } from "./fixtures/conformance-run.ts";
import { startWrongSidecar } from "./fixtures/wrong-sidecar.ts";
import { rules } from "../contract/rules.ts";

const page = readFileSync(new URL("../docs/leader-contract.md", import.meta.url), "utf8").replaceAll("`", "");

test("every rule of the contract has its name here, and the other way round", () => {
  const named = [...page.matchAll(/^\*\*([GS]\d+)\. /gm)].map((match) => match[1] ?? "");
  assert.deepEqual(named, Object.keys(rules));
  for (const [rule, title] of Object.entries(rules)) {
    assert.ok(page.includes(`**${rule}. ${title}`), `${rule}. ${title}`);
  }
});

test("arguments: one of the two, and all that is wrong at once", () => {
  const read = readConformanceArguments(["--url", "http://127.0.0.1:4040", "--may-step-down"]);
  assert.ok(read.kind === "sidecar" && read.mayStepDown && read.renewDeadlineMs === 10_000);
  const gate = readConformanceArguments(["--gate", "./gate -v", "--jobs", "4"]);
  assert.ok(gate.kind === "gate" && gate.command === "./gate -v" && gate.jobs === 4);
  assert.equal(readConformanceArguments(["--help"]).kind, "help");
  const wrong = readConformanceArguments(["--url", "leader", "--jobs", "0", "--leader-wait", "soon"]);
  assert.ok(wrong.kind === "wrong");
  assert.deepEqual(
    wrong.problems.map((problem) => problem.split(" ")[0]),
    ["--leader-wait", "--jobs", "--url"],
  );
  for (const args of [[], ["--gate", "a", "--url", "http://127.0.0.1"], ["--gate", " "], ["--colour"]])
    assert.equal(readConformanceArguments(args).kind, "wrong", args.join(" "));
});

test("--help explains itself, wrong arguments end with 2, and so does what cannot be judged", async () => {
  const help = await runConformance("--help");
  assert.deepEqual([help.code, help.output], [0, conformanceHelp]);
  const wrong = await runConformance("--jobs", "x");
  assert.equal(wrong.code, 2);
  assert.match(wrong.output, /--jobs is "x".*\none of --url/);
  const nobody = await runConformance("--url", "http://127.0.0.1:1");
  assert.equal(nobody.code, 2);
  assert.match(nobody.output, /could not be judged: .*ECONNREFUSED/);
  const nothing = await runConformance("--gate", "exit 7");
  assert.equal(nothing.code, 2);
  assert.match(nothing.output, /could not be judged: the program ended with exit code 7/);
});

test("a sidecar that never leads, and one that has a gate, cannot be judged", async () => {
  const idle = await startWrongSidecar("never leads");
  try {
    const run = await runConformance("--url", idle.url, "--renew-deadline", "2", "--leader-wait", "1");
    assert.equal(run.code, 2, run.output);
    assert.match(run.output, /never led/);
    assert.deepEqual(run.wrongRules, []);
    const gate = follow(Number(new URL(idle.url).port));
    try {
      let busy = await runConformance("--url", idle.url, "--only", "409", "--renew-deadline", "2");
      for (let turn = 0; turn < 10 && !busy.output.includes("has a gate"); turn += 1)
        busy = await runConformance("--url", idle.url, "--only", "409", "--renew-deadline", "2");
      assert.match(busy.output, /has a gate already/);
      assert.equal(busy.code, 2);
    } finally {
      await gate.close();
    }
  } finally {
    await idle.close();
  }
});

test("interrupted, it ends with 130 and leaves no program", async () => {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  try {
    const file = join(folder, "pids");
    const command = `echo $$ >> '${file}'; exec '${process.execPath}' examples/gate.ts`;
    const child = spawn(process.execPath, ["conformance/main.ts", "--jobs", "3", "--gate", command], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const closed = once(child, "close");
    // The first line: by then others are under way.
    await once(child.stdout, "data");
    child.kill("SIGINT");
    assert.equal(((await closed) as [number])[0], 130);
    const pids = readFileSync(file, "utf8").trim().split("\n").map(Number);
    assert.ok(pids.length >= 4, pids.join(" "));
    for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: "ESRCH" }, `${pid} is left`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
