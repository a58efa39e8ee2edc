// Many candidates, odd candidates and busy hands on one Lease, as processes on some API server: what people and rollouts do
// to a lease costs at most its duration, and never are there two leaders.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import {
  clock,
  eventually,
  leasePath,
  startCluster,
  type Cluster,
  leads,
  countLeaders,
} from "../kit/sidecar-cluster.ts";

const merge = { contentType: "application/merge-patch+json" };

export function describeLease(server: string, target: () => ContractTarget): void {
  describe(`${server}: one lease`, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(target());
    });
    afterEach(() => cluster.clear());
    after(() => cluster.close());

    async function edit(spec: object): Promise<void> {
      const { status, body } = await cluster.api.call("PATCH", leasePath, { spec }, merge);
      assert.equal(status, 200, JSON.stringify(body));
    }

    it("ten candidates that start at once: one leads, and the others follow it", async () => {
      const sidecars = await Promise.all(
        Array.from({ length: 10 }, (_, at) => cluster.startPod(`pod-${at}`)),
      );
      await eventually(async () => (await countLeaders(sidecars)) === 1, "one leads", 60_000);
      await eventually(async () => {
        const holder = await cluster.holder();
        const answers = await Promise.all(sidecars.map((sidecar) => sidecar.ask()));
        return answers.every((answer) => answer?.name === holder);
      }, "all know who");
      assert.equal(await countLeaders(sidecars), 1);
    });

    it("two pods of one name: the one that came second waits until the first has ended", async () => {
      const first = await cluster.startPod("twin", { POD_UID: "uid-1" });
      await eventually(() => leads(first), "the first leads");
      const second = await cluster.startPod("twin", { POD_UID: "uid-2" });
      await eventually(async () => (await second.ask()) !== null, "the second answers");
      const endMs = clock.now().waitMs + 5000;
      while (clock.now().waitMs < endMs) {
        assert.equal(await leads(second), false, "the name alone is not a right to lead");
        await clock.sleep(100);
      }
      assert.equal(await leads(first), true);
      first.child.kill("SIGKILL");
      await eventually(() => leads(second), "the second leads");
    });

    it("a candidate with a shorter duration waits for the longer one that it has seen", async () => {
      const long = { LEASE_DURATION_SECONDS: "8", LEASE_RENEW_DEADLINE_SECONDS: "6" };
      const leader = await cluster.startPod("long", long);
      await eventually(() => leads(leader), "the leader leads");
      const short = await cluster.startPod("short");
      await eventually(async () => (await short.ask())?.name === "long", "the other follows");
      leader.child.kill("SIGKILL");
      const startedMs = clock.now().waitMs;
      await eventually(() => leads(short), "the other leads");
      // Its own duration is 3 s; the last renewal may have come half a second before the end.
      assert.ok(clock.now().waitMs - startedMs > 6500, `${clock.now().waitMs - startedMs} ms`);
    });

    it("a lease whose holder is removed, or replaced, by hand: the leader stops at once, and one leads again", async () => {
      const sidecars = [await cluster.startPod("a"), await cluster.startPod("b")];
      await eventually(async () => (await countLeaders(sidecars)) === 1, "one leads");
      for (const holderIdentity of [null, "", "somebody"]) {
        await edit({ holderIdentity });
        await eventually(
          async () => (await countLeaders(sidecars)) === 0,
          `nobody leads after ${holderIdentity}`,
        );
        await eventually(async () => {
          const count = await countLeaders(sidecars);
          assert.ok(count <= 1, "two lead");
          return count === 1;
        }, "one leads again");
      }
    });

    it("a lease that is deleted over and over: one leads in the end, and never two", async () => {
      const sidecars = [
        await cluster.startPod("a"),
        await cluster.startPod("b"),
        await cluster.startPod("c"),
      ];
      await eventually(async () => (await countLeaders(sidecars)) === 1, "one leads");
      for (let round = 0; round < 10; round += 1) {
        await cluster.api.call("DELETE", leasePath);
        await clock.sleep(300);
        assert.ok((await countLeaders(sidecars)) <= 1, "two lead");
      }
      await eventually(async () => (await countLeaders(sidecars)) === 1, "one leads again");
    });
  });
}
