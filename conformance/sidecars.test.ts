// Our sidecar put to the contract, as a process on an API server. That wrong ones are found out is wrong-sidecars.deep.ts.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, afterEach, before, describe, it } from "node:test";
import { needsProgram } from "../test/kit/needed-program.ts";
import { useEmbeddedServer } from "../test/contract/embedded-server-fixture.ts";
import { clock, eventually, run, startCluster, type Cluster } from "../test/kit/sidecar-cluster.ts";
import { runConformance } from "./fixtures/conformance-run.ts";

const target = useEmbeddedServer();

describe("our sidecar", () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster(target());
  });
  afterEach(() => cluster.clear());
  after(() => cluster.close());

  it("keeps the contract, and gives its lease up when it is told to, and when its gate is gone", async () => {
    const times = { OPERATOR_TIMEOUT_SECONDS: "30" };
    const sidecar = cluster.sidecar(await cluster.environment("a", await cluster.proxy(), times));
    await eventually(async () => (await sidecar.ask()) !== null, "it answers");
    const careful = await runConformance("--url", sidecar.url, "--renew-deadline", "2");
    assert.equal(careful.code, 0, careful.output);
    assert.match(careful.output, /^12 ok, 0 wrong, 2 not seen$/m);
    const ran = await runConformance("--url", sidecar.url, "--renew-deadline", "2", "--may-step-down");
    assert.equal(ran.code, 0, ran.output);
    assert.match(ran.output, /^14 ok, 0 wrong, 0 not seen$/m);
  });

  it("lets examples/gate.sh work while it leads, and no longer", async (context) => {
    if (!needsProgram(context, "curl", "curl")) return;
    const sidecar = cluster.sidecar(await cluster.environment("a", await cluster.proxy()));
    const environment = { LEADER_URL: sidecar.url, EVERY_SECONDS: "0.3" };
    const shell = spawnSync("sh", ["examples/gate.sh"], { encoding: "utf8" });
    assert.deepEqual([shell.status, /usage:/.test(shell.stderr)], [2, true]);
    const work = ["examples/gate.sh", "sh", "-c", "echo worked under $FENCING_TOKEN"];
    const gate = run(work, environment, "sh");
    await eventually(() => gate.output().includes("closed"), "it works");
    const [, token] = /open (\d+)\nworked under \1\nclosed\n/.exec(gate.output()) ?? [];
    assert.ok(token, gate.output());
    sidecar.child.kill("SIGKILL");
    await sidecar.exited;
    await clock.sleep(2000);
    const worked = gate.output();
    await clock.sleep(1500);
    assert.equal(gate.output(), worked);
    gate.child.kill("SIGTERM");
    assert.equal(await gate.exited, 0);
  });
});
