// Gates put to the contract: ours and the examples in other languages, and wrong ones, each of which must be found out.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { needsProgram } from "../test/kit/needed-program.ts";
import { runConformance } from "./fixtures/conformance-run.ts";
import { gateFaults, type GateFault } from "./fixtures/wrong-gate.ts";

const node = `'${process.execPath}'`;
// Most of it is waiting, each check before a program of its own.
const jobs = "3";
let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "conformance-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function assertConforms(command: string): Promise<void> {
  const ran = await runConformance("--gate", command, "--jobs", jobs);
  assert.equal(ran.code, 0, ran.output);
  assert.match(ran.output, /^24 ok, 0 wrong, 2 not seen$/m);
}

describe("gates that keep the contract", { concurrency: 2 }, () => {
  it("ours", () => assertConforms(`${node} examples/gate.ts`));

  it("examples/gate.py", async (context) => {
    if (needsProgram(context, "python3", "python3")) await assertConforms("python3 examples/gate.py");
  });

  it("examples/gate.go, which is as gofmt and vet want it", async (context) => {
    if (!needsProgram(context, "go", "golang-go")) return;
    const program = join(folder, "gate");
    for (const [tool, ...args] of [
      ["gofmt", "-l", "examples"],
      ["go", "vet", "examples/gate.go"],
      ["go", "build", "-o", program, "examples/gate.go"],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(tool, args, { encoding: "utf8" });
      assert.deepEqual([status, stdout], [0, ""], `${tool} ${args.join(" ")}: ${stdout}${stderr}`);
    }
    await assertConforms(`'${program}'`);
  });
});

/** The check that finds each fault out, and the rule that it names. */
const wrong: Readonly<Record<Exclude<GateFault, "none">, readonly [only: string, rule: string]>> = {
  "counts from the answer": ["counts a promise", "G3"],
  "socket before gate": ["told that it does not lead", "G11"],
  "ignores Connection: close": ["Connection: close", "G10"],
  "takes Connection for one word": ["Connection header", "G10"],
  "opens by anything": ["cannot understand", "G5"],
  "stays open on a reset": ["a reset", "G9"],
  "opens by a stale answer": ["sent before it closed", "G14"],
  "a connection for each request": ["asks on and on", "G1"],
  "never gives back": ["told that it does not lead", "G17"],
  "closes on nonsense": ["runs out", "G12"],
  "ignores the promise's end": ["runs out", "G13"],
  "believes any pod's sidecar": ["another pod's sidecar", "G22"],
};

describe("gates that do not", { concurrency: 4 }, () => {
  const command = (fault: GateFault): string => `${node} conformance/fixtures/wrong-gate.ts "${fault}"`;

  it("the same gate without a fault passes each of those checks", async () => {
    const only = [...new Set(Object.values(wrong).map(([text]) => text))];
    const texts = only.flatMap((text) => ["--only", text]);
    const ran = await runConformance("--gate", command("none"), "--jobs", jobs, ...texts);
    assert.equal(ran.code, 0, ran.output);
    assert.match(ran.output, /^11 ok, 0 wrong, 0 not seen$/m);
  });

  for (const fault of gateFaults) {
    if (fault === "none") continue;
    const [only, rule] = wrong[fault];
    it(`${fault}: ${rule}`, async () => {
      const ran = await runConformance("--gate", command(fault), "--only", only);
      assert.deepEqual(ran.wrongRules, [rule], ran.output);
      assert.equal(ran.code, 1);
    });
  }
});
