// The wall clock of a running process is set forward by two minutes, and back again: a term may be lost by it and comes back,
// a standby and an operator take nothing for granted, and the lease's renewTime goes on growing.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import { clock, eventually, leasePath, startCluster, type Cluster } from "../kit/sidecar-cluster.ts";
import { createWallClock, findFakeTime, type WallClock } from "./wall-clock.ts";
import { isOpen, openings, watchGates } from "./watch-gates.ts";

const fakeTime = findFakeTime();
const skip = "missing" in fakeTime ? fakeTime.missing : false;
if (skip !== false && process.env["CI"] === "true") throw new Error(skip);
const shiftSeconds = 120;
// Three renewals of the leader's, and less than its renew deadline by far.
const missedMs = 1500;
// Long enough for many renewals.
const watchedMs = 3000;
const times = { LEASE_DURATION_SECONDS: "6", LEASE_RENEW_DEADLINE_SECONDS: "4" };

interface Renewal {
  readonly holder: string;
  readonly renewTime: string;
}

export function describeWallClocks(server: string, target: () => ContractTarget): void {
  describe(`${server}: a wall clock that is set`, { skip }, () => {
    let cluster: Cluster;
    let wallClock: WallClock;
    before(async () => {
      cluster = await startCluster(target());
    });
    afterEach(async () => {
      await cluster.clear();
      wallClock.remove();
    });
    after(() => cluster.close());

    /** Pods a, which leads, and b; one process of theirs has a clock that can be set. */
    async function startPods(settable: "a's sidecar" | "b's sidecar" | "a's operator") {
      wallClock = createWallClock("path" in fakeTime ? fakeTime.path : "");
      const on = (name: string) => (name === settable ? wallClock.environment : {});
      const startPod = async (name: string) => {
        const extra = { ...times, ...on(`${name}'s sidecar`) };
        const sidecar = cluster.sidecar(await cluster.environment(name, await cluster.proxy(), extra));
        return { sidecar, gate: cluster.gate(sidecar, on(`${name}'s operator`)) };
      };
      const { sidecar: sidecarOfA, gate: gateA } = await startPod("a");
      await eventually(() => isOpen(gateA), "a's gate opens");
      const { gate: gateB } = await startPod("b");
      await eventually(() => gateB.output().includes("Lease already held by a"), "b's gate follows");
      const gates = [gateA, gateB];
      const isAnyOpen = (): boolean => gates.some((gate) => isOpen(gate));
      return { sidecarOfA, gateA, mostOpen: watchGates(gates), isAnyOpen };
    }

    /** Watches the lease for a while: renewals go on, and the renewTime of each holder only grows. */
    async function watchRenewals(): Promise<void> {
      const seen: Renewal[] = [];
      const endMs = clock.now().waitMs + watchedMs;
      while (clock.now().waitMs < endMs) {
        const { spec } = (await cluster.api.call("GET", leasePath)).body;
        const renewal = { holder: String(spec?.["holderIdentity"]), renewTime: String(spec?.["renewTime"]) };
        if (renewal.renewTime !== seen.at(-1)?.renewTime) seen.push(renewal);
        await clock.sleep(50);
      }
      assert.ok(seen.length >= 3, `${seen.length} renewals`);
      for (const [at, { holder, renewTime }] of seen.slice(1).entries()) {
        const earlier = seen[at] as Renewal;
        if (earlier.holder === holder) assert.ok(renewTime > earlier.renewTime, JSON.stringify(seen));
      }
    }

    it("the leader's sidecar: forward, its term is lost at most, and back, nothing happens", async () => {
      const { gateA, mostOpen, isAnyOpen } = await startPods("a's sidecar");
      wallClock.set(shiftSeconds);
      // What was promised before does not count any more: the next answer says so, or a renewal after the jump.
      await watchRenewals();
      await eventually(isAnyOpen, "a gate is open");
      const count = openings(gateA);
      const holder = await cluster.holder();
      wallClock.set(0);
      await watchRenewals();
      assert.equal(openings(gateA), count, gateA.output());
      assert.equal(await cluster.holder(), holder);
      assert.equal(isAnyOpen(), true);
      assert.equal(mostOpen(), 1);
    });

    it("a standby's sidecar: it takes no lease for run out that has not been renewed for a moment", async () => {
      const { sidecarOfA, gateA, mostOpen } = await startPods("b's sidecar");
      for (const offsetSeconds of [shiftSeconds, 0]) {
        wallClock.set(offsetSeconds);
        // Renewals are missed, so that it has a reason to look, and a wrong clock would say that it may.
        sidecarOfA.child.kill("SIGSTOP");
        await clock.sleep(missedMs);
        sidecarOfA.child.kill("SIGCONT");
        await watchRenewals();
      }
      assert.deepEqual([isOpen(gateA), openings(gateA), mostOpen()], [true, 1, 1], gateA.output());
    });

    it("the leader's operator: forward, its gate closes and opens again, and back, nothing happens", async () => {
      const { gateA, mostOpen } = await startPods("a's operator");
      wallClock.set(shiftSeconds);
      await eventually(() => gateA.output().includes("Leadership lost!"), "the gate closes");
      await eventually(() => isOpen(gateA), "the gate opens again");
      const count = openings(gateA);
      wallClock.set(0);
      await watchRenewals();
      assert.deepEqual([isOpen(gateA), openings(gateA), mostOpen()], [true, count, 1], gateA.output());
    });
  });
}
