// Real sidecar processes whose API server is away, falls silent, talks nonsense, or holds a lease that people have edited.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import { clock, eventually, leasePath, startCluster, type Cluster, leads } from "../kit/sidecar-cluster.ts";

export function describeOutages(server: string, target: () => ContractTarget): void {
  describe(`${server}: outages`, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(target());
    });
    afterEach(() => cluster.clear());
    after(() => cluster.close());

    for (const mode of ["away", "silent", "nonsense"] as const) {
      it(`an API server that is ${mode}: closed in time, and the incumbent gets its lease back`, async () => {
        const proxy = await cluster.proxy();
        const leader = cluster.sidecar(await cluster.environment("a", proxy));
        await eventually(() => leads(leader), "a leads");
        const standby = cluster.sidecar(await cluster.environment("b", proxy));
        await eventually(async () => (await standby.ask())?.name === "a", "b follows");
        const earlier = await leader.ask();
        proxy.set(mode);
        const startMs = clock.now().waitMs;
        await eventually(async () => !(await leads(leader)), "closed");
        // The renew deadline is 2 s; the rest is for the question itself, on a slow machine.
        assert.ok(clock.now().waitMs - startMs < 10_000, `${clock.now().waitMs - startMs} ms`);
        await clock.sleep(3000);
        assert.equal(await leads(standby), false);
        proxy.set("pass");
        await eventually(() => leads(leader), "the incumbent has its lease back");
        assert.equal((await leader.ask())?.fencingToken, earlier?.fencingToken);
        assert.equal(await leads(standby), false);
      });
    }

    it("a lease that is deleted by hand is put back by its leader, which goes on", async () => {
      const leader = await cluster.startPod("a");
      await eventually(() => leads(leader), "a leads");
      const earlier = await leader.ask();
      await cluster.api.call("DELETE", leasePath);
      await eventually(async () => (await cluster.holder()) === "a", "the lease is back");
      const later = await leader.ask();
      assert.deepEqual([later?.isLeader, later?.fencingToken], [true, earlier?.fencingToken]);
    });

    it("a lease that is edited into garbage by hand costs the leadership, and heals", async () => {
      const leader = await cluster.startPod("a");
      await eventually(() => leads(leader), "a leads");
      const earlier = await leader.ask();
      const patch = {
        metadata: {
          annotations: { "bindy.firestoned.io/term": "///", "bindy.firestoned.io/holder-uid": "" },
        },
        spec: { holderIdentity: "nobody", leaseTransitions: 0, renewTime: null, acquireTime: null },
      };
      const contentType = "application/merge-patch+json";
      const { status } = await cluster.api.call("PATCH", leasePath, patch, { contentType });
      assert.equal(status, 200);
      await eventually(async () => !(await leads(leader)), "closed");
      await eventually(() => leads(leader), "it leads again, a duration later");
      const later = await leader.ask();
      assert.ok(BigInt(later?.fencingToken ?? 0) > BigInt(earlier?.fencingToken ?? 0));
    });
  });
}
