// A thousand connections from another address that pipeline questions to a health port, beside a thousand that say nothing:
// the term goes on, renewals go on, a probe is answered, and memory stays. For the sidecar, the operator and the agent.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { operatorFlags } from "../../bench/bundles.ts";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import type { Program } from "../kit/program.ts";
import {
  clock,
  eventually,
  freePort,
  follow,
  leasePath,
  run,
  startCluster,
  type Cluster,
} from "../kit/sidecar-cluster.ts";

const floodProgram = fileURLToPath(new URL("./flood-program.ts", import.meta.url));
const connections = 1000;
const floodMs = 4000;
// Enough for the buffers of a flood and garbage of a busy machine; without bounds it took 450 MiB.
const mostGrowthMiB = 80;

function memoryMiB({ child }: Program): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** The status; 0 where nobody answers in time. */
async function probe(port: number): Promise<number> {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/livez`, { signal: AbortSignal.timeout(10_000) });
    await reply.text();
    return reply.status;
  } catch {
    return 0;
  }
}

/** Floods the port from another address while `check` is called again and again. */
async function flooded(port: number, check: () => Promise<void>): Promise<void> {
  const floods = ["pipeline", "idle"].map((kind) =>
    run([floodProgram, String(port), String(connections), kind, "127.0.0.2"], {}),
  );
  try {
    await eventually(() => floods.every(({ output }) => output().includes("\n")), "it floods");
    const endMs = clock.now().waitMs + floodMs;
    let probes = 0;
    while (clock.now().waitMs < endMs || probes < 3) {
      await check();
      assert.equal(await probe(port), 200, "a probe from elsewhere is answered");
      probes += 1;
      await clock.sleep(20);
    }
    for (const { child, output } of floods) assert.equal(child.exitCode, null, output());
  } finally {
    for (const { child, exited } of floods) {
      child.kill("SIGKILL");
      await exited;
    }
  }
}

const target = useEmbeddedServer();

describe("a flood of a health port", () => {
  let cluster: Cluster;
  const others: Program[] = [];
  let folder = "";
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "health-flood-"));
    cluster = await startCluster(target());
  });
  afterEach(async () => {
    for (const { child, exited } of others.splice(0)) {
      child.kill("SIGKILL");
      await exited;
    }
    await cluster.clear();
  });
  after(async () => {
    await cluster.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function settledMemory(program: Program, port: number): Promise<number> {
    await eventually(async () => (await probe(port)) === 200, "it is up");
    return memoryMiB(program);
  }

  it("the sidecar's: same term, renewals, probes answered, memory kept", async () => {
    const sidecar = cluster.sidecar(await cluster.environment("a", await cluster.proxy()));
    const gate = follow(Number(sidecar.environment["LEADER_PORT"]));
    try {
      await eventually(() => gate.current() !== null, "the gate opens");
      const term = gate.assertOpen();
      const port = Number(sidecar.environment["HEALTH_PORT"]);
      const quietMiB = await settledMemory(sidecar, port);
      const renewals = new Set<string>();
      await flooded(port, async () => {
        gate.assertOpen(term);
        const { body } = await cluster.api.call("GET", leasePath);
        renewals.add(String(body.spec?.["renewTime"]));
      });
      // Due every half second.
      assert.ok(renewals.size >= 4, `${renewals.size} renewals`);
      assert.ok(memoryMiB(sidecar) < quietMiB + mostGrowthMiB);
    } finally {
      await gate.close();
    }
  });

  it("the operator's: its gate stays open under the same token, probes answered, memory kept", async () => {
    const sidecar = cluster.sidecar(await cluster.environment("a", await cluster.proxy()));
    const port = await freePort();
    // As the image starts it: its heap is kept small by flags, which cannot be given to one that runs.
    const operator = run([...operatorFlags, "operator/main.ts"], {
      KUBECONFIG: String(sidecar.environment["KUBECONFIG"]),
      LEADER_URL: sidecar.url,
      LEASE_RENEW_DEADLINE_SECONDS: "2",
      OPERATOR_PORT: String(port),
      POD_NAME: "a",
    });
    others.push(operator);
    const opened = (): string[] => operator.output().match(/Starting all operators/g) ?? [];
    await eventually(() => opened().length === 1, `its gate opens: ${operator.output()}`);
    const quietMiB = await settledMemory(operator, port);
    await flooded(port, async () => {
      assert.ok(!operator.output().includes("Leadership lost"), operator.output());
    });
    assert.equal(opened().length, 1);
    assert.ok(memoryMiB(operator) < quietMiB + mostGrowthMiB);
  });

  it("the agent's: probes answered, memory kept", async () => {
    const environment = await cluster.environment("a", await cluster.proxy());
    const port = await freePort();
    const agent = run(["operator/agent.ts"], {
      KUBECONFIG: String(environment["KUBECONFIG"]),
      POD_NAME: "primary-0",
      INSTANCE_NAME: "primary",
      INSTANCE_NAMESPACE: "dns-system",
      ZONES_DIRECTORY: folder,
      NAMED_PID_FILE: join(folder, "named.pid"),
      AGENT_PORT: String(port),
    });
    others.push(agent);
    const quietMiB = await settledMemory(agent, port);
    await flooded(port, async () => assert.equal(agent.child.exitCode, null, agent.output()));
    assert.ok(memoryMiB(agent) < quietMiB + mostGrowthMiB);
  });
});
