// The exploration: what makes a world small loses nothing that could still matter. That a small scope can be walked to its
// end without a finding is exploration.deep.ts.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { eventually } from "../kit/eventually.ts";
import { startProgram } from "../kit/program.ts";
import { readExploreArguments } from "./arguments.ts";
import { explore } from "./explore.ts";
import { describeFutures, scopeOf, settingsFor } from "./futures-suite.ts";
import { scopes } from "./scopes.ts";
import { firstWorld } from "./first-world.ts";
import { movesOf } from "./moves.ts";
import { decode, encode } from "./world-shape.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

describeFutures(5);

test("pods that differ by their names alone make the same world, and a world keeps its bytes", () => {
  const scope = scopeOf("three");
  const settings = settingsFor(scope);
  const first = decode(encode(firstWorld(scope, settings), true).bytes, scope.pods);
  const reads = movesOf(first, scope, settings).filter(({ tell }) => /read #1 arrives/.test(tell(String)));
  assert.equal(reads.length, 3 * 2, "each in time, and with a late answer");
  const bytes = new Set(reads.map(({ next }) => Buffer.from(encode(next, true).bytes).toString("hex")));
  assert.equal(bytes.size, 2);
  for (const { next } of reads) {
    const bytesOnce = Buffer.from(encode(next, true).bytes);
    assert.deepEqual(Buffer.from(encode(decode(bytesOnce, scope.pods), true).bytes), bytesOnce);
  }
});

test("limits end an exploration, and say so", async () => {
  const scope = scopeOf("small");
  const shallow = await explore({ scope, mostStates: 1_000_000, mostDepth: 6 });
  assert.deepEqual([shallow.end, shallow.depth], ["depth", 6]);
  const few = await explore({ scope, mostStates: 500 });
  assert.deepEqual([few.end, few.states], ["states", 500]);
});

test("what it takes, and what is wrong with it all at once: flag, value, remedy", () => {
  const given = readExploreArguments(["--scope", "three", "--depth", "12", "--states=1000", "--json"]);
  assert.ok(given.kind === "explore");
  assert.deepEqual(
    [given.scope.name, given.mostDepth, given.mostStates, given.isJson],
    ["three", 12, 1000, true],
  );
  assert.equal(readExploreArguments(["--list"]).kind, "list");
  const wrong = readExploreArguments(["--scope", "all", "--depth", "0", "--states", "x"]);
  assert.ok(wrong.kind === "wrong");
  assert.match(wrong.problems[2] ?? "", /^--scope is "all": give small, bare, /);
  assert.deepEqual(wrong.problems.slice(0, 2), [
    '--depth is "0": give a whole number from 1 to 1000',
    '--states is "x": give a whole number from 1 to 100000000',
  ]);
  for (const args of [["--speed"], ["now"]]) assert.equal(readExploreArguments(args).kind, "wrong");
});

test("the program: 0 for help, a list and what holds; 2 for what it does not know", () => {
  const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  const help = run("--help");
  assert.equal(help.status, 0);
  for (const flag of ["--scope NAME", "--depth N", "--states N"]) assert.ok(help.stdout.includes(flag), flag);
  const list = run("--list");
  for (const { name } of scopes) assert.match(list.stdout, new RegExp(`^${name} `, "m"));
  const held = run("--depth", "4");
  assert.equal(held.status, 0);
  assert.match(held.stdout, /^depth +4$/m);
  assert.match(held.stdout, /^end +not closed: --depth was reached/m);
  const json = JSON.parse(run("--depth", "4", "--json").stdout) as Record<string, unknown>;
  assert.deepEqual([json["end"], json["depth"], json["finding"], json["trace"]], ["depth", 4, null, []]);
  const wrong = run("--scope", "all");
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--scope is "all": give small/);
});

test("interrupted, it tells what was reached", async () => {
  const { child, output, exited } = startProgram([program, "--scope", "two"]);
  await eventually(() => output() !== "", "it says how far it is");
  child.kill("SIGINT");
  assert.equal(await exited, 130);
  assert.match(output(), /^worlds +[\d,]+$/m);
  assert.match(output(), /^end +interrupted; every invariant held so far$/m);
});
