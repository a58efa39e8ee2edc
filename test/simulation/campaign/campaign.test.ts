// `npm run simulate`: what it takes and refuses, and that a replay is the world of its seed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runWorldOf } from "../worlds.ts";
import { readSimulateArguments } from "./arguments.ts";
import { simulate, stormsOf, useFolder } from "./campaign-fixture.ts";
import { addWorld, printSummary } from "./summary.ts";

const fileOf = useFolder();

test("what it takes", () => {
  assert.deepEqual(readSimulateArguments(["--seed", "7"], 4), {
    kind: "replay",
    seed: 7,
    world: "storm",
    excerpt: { strikes: null, pods: null },
    isJson: false,
  });
  assert.deepEqual(readSimulateArguments(["--seed", "7", "--strikes", "3,12", "--pods", ""], 4), {
    kind: "replay",
    seed: 7,
    world: "storm",
    excerpt: { strikes: [3, 12], pods: [] },
    isJson: false,
  });
  assert.equal(readSimulateArguments(["--seed", "7", "--shrink"], 4).kind, "shrink");
  assert.deepEqual(readSimulateArguments(["--seeds", "100", "--from=9", "--world", "calm", "--json"], 4), {
    kind: "campaign",
    range: { from: 9, seeds: 100, kinds: ["calm"] },
    workers: 4,
    state: null,
    isJson: true,
  });
  assert.deepEqual(readSimulateArguments(["--resume", "--workers", "1", "--state", "x"], 4), {
    kind: "resume",
    workers: 1,
    state: "x",
    isJson: false,
  });
});

test("what is wrong is said all at once: flag, value, remedy", () => {
  const wrong = readSimulateArguments(["--seeds", "0", "--from", "x", "--world", "mild", "--workers="], 4);
  assert.ok(wrong.kind === "wrong");
  assert.deepEqual(wrong.problems, [
    '--seeds is "0": give a whole number from 1 to 1000000000',
    '--from is "x": give a whole number from 1 to 4294967295',
    '--workers is "": give a whole number from 1 to 256',
    '--world is "mild": give storm or calm',
  ]);
  for (const args of [
    ["--speed"],
    ["now"],
    ["--seed", "1", "--seeds", "2"],
    ["--seed", "1", "--resume"],
    ["--resume", "--from", "2"],
    ["--from", "4294967295", "--seeds", "2"],
    ["--state", ""],
    ["--shrink"],
    ["--strikes", "1"],
    ["--seed", "1", "--pods", "0,"],
    ["--seed", "1", "--shrink", "--strikes", "1"],
  ]) {
    assert.equal(readSimulateArguments(args, 4).kind, "wrong", args.join(" "));
  }
});

test("the program: 0 for help, 2 for what it does not know and for nothing to go on with", () => {
  const help = simulate("--help");
  assert.equal(help.status, 0);
  for (const flag of ["--seed N", "--seeds N", "--resume", "test-results/simulation/campaign.json"]) {
    assert.ok(help.stdout.includes(flag), flag);
  }
  const wrong = simulate("--seeds", "many");
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--seeds is "many": give a whole number/);
  const nothing = simulate("--resume", "--state", fileOf("none.json"));
  assert.equal(nothing.status, 2);
  assert.match(nothing.stderr, /--resume: there is no .*none\.json; begin with --seeds/);
});

test("a replay tells the world of its seed", () => {
  const { violation, counts, trace } = runWorldOf("storm", 5, { isTraced: true });
  const told = simulate("--seed", "5");
  assert.equal(told.status, 0);
  assert.ok(told.stdout.includes(trace.join("\n")));
  assert.match(told.stdout, /Every invariant held/);
  const nothing = simulate("--seed", "5", "--shrink");
  assert.equal(nothing.status, 2);
  assert.match(nothing.stderr, /^Nothing to shrink: every invariant holds in the world storm of seed 5/);
  const part = simulate("--seed", "5", "--strikes", "2", "--pods", "0,1");
  assert.equal(part.status, 0);
  assert.match(part.stdout, /STRIKE 2:/);
  assert.doesNotMatch(part.stdout, /STRIKE [13]:|pod-2 sidecar/);
  const json = JSON.parse(simulate("--seed", "5", "--json").stdout) as Record<string, unknown>;
  assert.deepEqual([json["violation"], json["counts"], json["trace"]], [violation, counts, trace]);
});

test("a summary names each violation with the command that replays it", () => {
  const summary = stormsOf(2);
  const violation = { what: "I1: gates open in pod-0 and pod-1", atMs: 1, state: [] };
  addWorld(summary, "calm", 77, { ...runWorldOf("calm", 1), violation });
  const text = printSummary(summary, {
    from: 1,
    seedsDone: 2,
    seeds: 2,
    kinds: ["storm"],
    seconds: 1,
    workers: 1,
  });
  assert.match(text, /^violations +1$/m);
  assert.match(text, /^calm 77: I1: gates open[^]*npm run simulate -- --seed 77 --world calm\n.*--shrink$/m);
});
