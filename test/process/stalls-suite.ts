// Operators that block their event loop: as long as the promise lasts, the term does too.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ContractTarget } from "../contract/target.ts";
import { eventually, startCluster, type Cluster } from "../kit/sidecar-cluster.ts";

const blockedProgram = fileURLToPath(new URL("./blocked-gate-fixture.ts", import.meta.url));

export function describeStalls(server: string, target: () => ContractTarget): void {
  describe(`${server}: stalls of an operator`, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(target());
    });
    afterEach(() => cluster.clear());
    after(() => cluster.close());

    // The lengths that lose are those a little longer than an answer may take: by what the gate waited is another length in danger.
    for (const [waitMs, lengths] of [
      [200, [300, 2300, 4000]],
      [1000, [2700, 2700, 2700]],
    ] as const) {
      it(`an operator that blocks for ${lengths.join(", ")} ms, polling for ${waitMs}, keeps its term`, async () => {
        const times = {
          LEASE_DURATION_SECONDS: "15",
          LEASE_RENEW_DEADLINE_SECONDS: "10",
          LEASE_RETRY_PERIOD_SECONDS: "2",
          OPERATOR_TIMEOUT_SECONDS: "10",
        };
        const a = cluster.sidecar(await cluster.environment("a", await cluster.proxy(), times));
        const operator = cluster.program([blockedProgram, a.url, String(waitMs), ...lengths.map(String)]);
        await eventually(() => operator.output().includes("done"), "it has blocked enough", 60_000);
        assert.ok(!operator.output().includes("Leadership lost"), operator.output());
      });
    }
  });
}
