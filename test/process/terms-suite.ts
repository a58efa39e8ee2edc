// Terms in a row, in two processes that pass the lease to each other: what each term leaves behind would add up.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import type { ContractTarget } from "../contract/target.ts";
import type { Sidecar } from "../kit/sidecar.ts";
import { eventually, startCluster, type Cluster } from "../kit/sidecar-cluster.ts";

// As in the image: without a bound V8 lets garbage lie for as long as the machine has memory.
const asInImage = { NODE_OPTIONS: "--max-semi-space-size=1 --max-old-space-size=64" };

/** `terms` is how many of them: each costs a real server some tenths of a second. */
export function describeTerms(server: string, target: () => ContractTarget, terms: number): void {
  describe(`${server}: term after term`, () => {
    let cluster: Cluster;
    before(async () => {
      cluster = await startCluster(target());
    });
    after(() => cluster.close());

    async function startPod(name: string): Promise<Sidecar> {
      return cluster.sidecar(await cluster.environment(name, await cluster.proxy(), asInImage));
    }

    it(
      `${terms} terms in a row leave neither memory nor descriptors behind`,
      { timeout: 280_000 },
      async () => {
        const [one, other] = [await startPod("a"), await startPod("b")];
        const byName = new Map([
          ["a", one],
          ["b", other],
        ]);
        await eventually(async () => (await cluster.holder()) !== "", "somebody holds the lease");
        await pass(byName, terms / 10);
        const earlierUsage = [one, other].map(usageOf);
        await pass(byName, (terms * 9) / 10);
        const afterwards = [one, other].map(usageOf);
        for (const [at, usage] of afterwards.entries()) {
          const earlier = earlierUsage[at] ?? usage;
          assert.ok(usage.descriptors <= earlier.descriptors + 10, JSON.stringify([earlier, usage]));
          assert.ok(usage.privateMiB <= earlier.privateMiB + 40, JSON.stringify([earlier, usage]));
        }
      },
    );

    /** Has the lease passed on so many times. No question is asked that would be answered by a promise. */
    async function pass(byName: ReadonlyMap<string, Sidecar>, count: number): Promise<void> {
      for (let passed = 0; passed < count; passed += 1) {
        let holder = "";
        await eventually(async () => (holder = await cluster.holder()) !== "", "somebody holds the lease");
        const url = `${byName.get(holder)?.url ?? ""}/leader`;
        await eventually(async () => {
          // 409: it holds the lease, and has not heard so yet.
          return (await fetch(url, { method: "DELETE" })).status === 202;
        }, `${holder} steps down`);
        await eventually(async () => (await cluster.holder()) !== holder, `${holder} has given it up`);
      }
    }
  });
}

interface Usage {
  readonly descriptors: number;
  readonly privateMiB: number;
}

function usageOf({ child }: Sidecar): Usage {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return {
    descriptors: readdirSync(`/proc/${child.pid}/fd`).length,
    privateMiB: Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024,
  };
}
