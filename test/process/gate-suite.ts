// The gate beside real sidecars on some API server: what becomes of the lease when one of the two dies.
import assert from "node:assert/strict";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, describe, it } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import { clock, eventually, follow, run, startCluster, type Cluster } from "../kit/sidecar-cluster.ts";

const heirProgram = fileURLToPath(new URL("./socket-heir-fixture.ts", import.meta.url));

export function describeGates(server: string, target: () => ContractTarget): void {
  describe(`${server}: gates beside real sidecars`, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(target());
    });
    afterEach(() => cluster.clear());
    after(() => cluster.close());

    it("an operator that is killed loses the lease in far less than its duration", async () => {
      const times = {
        LEASE_DURATION_SECONDS: "30",
        LEASE_RENEW_DEADLINE_SECONDS: "20",
        LEASE_RETRY_PERIOD_SECONDS: "1",
        OPERATOR_TIMEOUT_SECONDS: "20",
      };
      const a = cluster.sidecar(await cluster.environment("a", await cluster.proxy(), times));
      const gateOfA = cluster.gate(a);
      await eventually(() => gateOfA.output().includes("Starting all operators"), "a's gate opens");
      const b = cluster.sidecar(await cluster.environment("b", await cluster.proxy(), times));
      const gateOfB = cluster.gate(b);
      await eventually(() => gateOfB.output().includes("Lease already held by a"), "b's gate follows");
      // Its first answer was a plain promise of two seconds, which nobody can give back.
      await clock.sleep(2200);
      const startMs = clock.now().waitMs;
      gateOfA.child.kill("SIGKILL");
      await eventually(() => gateOfB.output().includes("Starting all operators"), "b's gate opens");
      assert.ok(clock.now().waitMs - startMs < 10_000);
      await eventually(async () => (await cluster.holder()) === "b", "b holds the lease");
    });

    const soonAbsent = { OPERATOR_TIMEOUT_SECONDS: "1" };

    it("a gate whose socket a child still holds makes way for the next", async () => {
      const a = cluster.sidecar(await cluster.environment("a", await cluster.proxy(), soonAbsent));
      const port = Number(a.environment["LEADER_PORT"]);
      await eventually(async () => (await a.ask()) !== null, "the sidecar answers");
      const old = run([heirProgram, String(port)], {});
      await once(old.child, "exit");
      const heir = Number(old.output());
      const gate = follow(port);
      try {
        assert.ok(heir > 0, old.output());
        await eventually(() => gate.current() !== null, "the next gate opens");
      } finally {
        if (heir > 0) process.kill(heir, "SIGKILL");
        await gate.close();
      }
    });

    it("a gate whose process is stopped makes way for its successor, and never opens beside it", async () => {
      const a = cluster.sidecar(await cluster.environment("a", await cluster.proxy(), soonAbsent));
      const old = cluster.gate(a);
      await eventually(() => old.output().includes("Starting all operators"), "the old gate opens");
      old.child.kill("SIGSTOP");
      const gate = follow(Number(a.environment["LEADER_PORT"]));
      try {
        await eventually(() => gate.current() !== null, "its successor opens");
        const term = gate.assertOpen();
        old.child.kill("SIGCONT");
        await eventually(() => old.output().includes("Leadership lost"), "the old one closes");
        await eventually(() => old.output().includes("another connection is the gate"), "and is told why");
        gate.assertOpen(term);
        assert.equal(old.output().split("Starting all operators").length, 2, old.output());
      } finally {
        await gate.close();
      }
    });

    it("a sidecar that is killed closes the gate at once, and its successor opens it again", async () => {
      const a = cluster.sidecar(await cluster.environment("a", await cluster.proxy()));
      const gate = follow(Number(a.environment["LEADER_PORT"]));
      await eventually(() => gate.current() !== null, "the gate opens");
      const { fencingToken } = gate.assertOpen();
      a.child.kill("SIGKILL");
      await eventually(() => gate.current() === null, "the gate closes");
      assert.throws(() => gate.assertOpen(), { code: "GATE_CLOSED" });
      cluster.sidecar(a.environment);
      await eventually(() => gate.current() !== null, "the gate opens again");
      assert.ok(BigInt(gate.assertOpen().fencingToken ?? 0) > BigInt(fencingToken ?? 0));
      await gate.close();
      assert.equal(gate.current(), null);
    });
  });
}
