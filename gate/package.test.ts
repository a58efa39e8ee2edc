// The package as somebody else gets it: packed, installed into an empty folder without any network, type-checked there,
// and run beside a real sidecar. What is checked and run is what its page prints.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { useEmbeddedServer } from "../test/contract/embedded-server-fixture.ts";
import { eventually, run, startCluster } from "../test/kit/sidecar-cluster.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs/gate.md"), "utf8");
const [consumer = "", testing = ""] = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map((match) => match[1]);
const target = useEmbeddedServer();
let folder = "";

function succeed(cwd: string, program: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: "utf8" });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${stdout}${stderr}${error?.message ?? ""}`);
  return stdout;
}

before(() => {
  folder = mkdtempSync(join(tmpdir(), "gate-package-"));
  const built = succeed(root, "npm", "run", "--silent", "gate-package");
  assert.match(built, /^dist\/gate: @firestoned\/leader-gate \d/);
  mkdirSync(join(folder, "consumer"));
  const tarball = succeed(join(root, "dist/gate"), "npm", "pack", "--silent", "--pack-destination", folder);
  writeFileSync(join(folder, "consumer/package.json"), `{ "type": "module" }`);
  succeed(
    join(folder, "consumer"),
    "npm",
    "install",
    "--offline",
    "--no-audit",
    "--no-fund",
    join(folder, tarball.trim()),
  );
  writeFileSync(join(folder, "consumer/consumer.ts"), consumer);
  writeFileSync(join(folder, "consumer/testing.ts"), testing);
});

after(() => rmSync(folder, { recursive: true, force: true }));

describe("the gate as a package", () => {
  it("brings nothing else along, and its licences and page", () => {
    const modules = join(folder, "consumer/node_modules");
    assert.deepEqual(
      readdirSync(modules).filter((name) => !name.startsWith(".")),
      ["@firestoned"],
    );
    const files = readdirSync(join(modules, "@firestoned/leader-gate")).toSorted();
    const wanted = ["LICENSE", "LICENSE.undici", "README.md", "gate.js", "package.json", "types"];
    assert.deepEqual(files, wanted);
  });

  it("is typed: what its page prints type-checks, and a mistake in it does not", () => {
    const flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2025", "--types", "node"];
    const typeRoots = ["--typeRoots", join(root, "node_modules/@types"), "--ignoreConfig"];
    const cwd = join(folder, "consumer");
    const tsc = join(root, "node_modules/.bin/tsc");
    succeed(cwd, tsc, ...flags, ...typeRoots, "consumer.ts", "testing.ts");
    writeFileSync(join(cwd, "mistake.ts"), testing.replace(`open("7")`, "open(7)"));
    const { status, stdout } = spawnSync(tsc, [...flags, ...typeRoots, "mistake.ts"], {
      cwd,
      encoding: "utf8",
    });
    assert.notEqual(status, 0);
    assert.match(stdout, /^mistake\.ts\(\d+,\d+\): error TS2345/m);
  });

  it("opens beside a real sidecar, and gives the lease back on SIGTERM", async () => {
    const cluster = await startCluster(target());
    try {
      const times = { OPERATOR_TIMEOUT_SECONDS: "30" };
      const sidecar = cluster.sidecar(await cluster.environment("a", await cluster.proxy(), times));
      await eventually(async () => (await sidecar.ask()) !== null, "it answers");
      const path = join(folder, "consumer/running.ts");
      // The page's own address is the usual one, and its poll is for the usual renew deadline.
      const options = `{ url: "${sidecar.url}", waitMs: 250, `;
      writeFileSync(
        path,
        consumer.replace("followLeader({ ", () => `followLeader(${options}`),
      );
      const program = run([path], {});
      await eventually(() => /leading under \d+/.test(program.output()), "it leads");
      assert.match(program.output(), /"message":"Lease acquired, this instance is now the leader"/);
      program.child.kill("SIGTERM");
      assert.equal(await program.exited, 0, program.output());
      await eventually(async () => (await cluster.holder()) === "", "the lease is given back");
    } finally {
      await cluster.close();
    }
  });

  it("has a fake for tests, which opens and closes by hand", () => {
    const cwd = join(folder, "consumer");
    assert.equal(succeed(cwd, process.execPath, "testing.ts"), "true\n");
    const more = `
      import { createFakeGate, GateClosedError } from "@firestoned/leader-gate";
      const { leadership, open, close } = createFakeGate();
      const seen = [];
      leadership.onOpen(({ fencingToken }) => seen.push(fencingToken));
      leadership.onClose((reason) => seen.push(reason));
      leadership.drainWith(async () => void seen.push("drained"));
      try { leadership.assertOpen(); } catch (error) { seen.push(error instanceof GateClosedError); }
      const first = open("7");
      const second = open("8");
      try { leadership.assertOpen(first); } catch (error) { seen.push(error.code); }
      seen.push(leadership.assertOpen(second) === second, first.signal.aborted, second.signal.aborted);
      close("no more");
      close("not twice");
      open("9");
      await leadership.close();
      console.log(JSON.stringify(seen));`;
    const output = succeed(cwd, process.execPath, "--input-type=module", "--eval", more);
    const ending = ["no more", "drained", "9", "this operator is ending", "drained"];
    const opening = [true, "7", "another term begins", "8", "GATE_CLOSED", true, true, false];
    assert.deepEqual(JSON.parse(output), [...opening, ...ending]);
  });
});
