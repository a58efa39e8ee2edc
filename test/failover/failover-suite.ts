// Fail-over of the whole: three replicas elect on some API server, the leader makes a zone there, and when it dies, is told
// to end or is cut off, another goes on. The same cases run against the embedded API server and a real one.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createSystemClock } from "../../platform/clock.ts";
import { createLog } from "../../platform/log.ts";
import { createSystemRandom } from "../../platform/random.ts";
import type { ActionName } from "../../playground/dashboard/actions.ts";
import type { PlaygroundState, ReplicaState } from "../../playground/dashboard/state.ts";
import { createPortFinder } from "../../playground/replicas/free-port.ts";
import { startPlayground, type Playground } from "../../playground/playground.ts";
import { eventually } from "../../playground/playground-fixture.ts";

const clock = createSystemClock();
const patienceMs = 60_000;
// So that no other playground of a test that runs at the same time takes a port of a dead operator.
const portsFrom = 1500;

/** `kubeconfig` gives the file that leads to the API server; null for the embedded one. */
export function describeFailover(server: string, kubeconfig: () => string | null): void {
  describe(`${server}: fail-over`, () => {
    const finder = createPortFinder();
    let playground: Playground | null = null;

    before(async () => {
      playground = await startPlayground(
        { replicas: 3, port: 4400, isNamedWanted: false, isPlain: true, kubeconfig: kubeconfig() },
        {
          ports: { find: (wanted) => finder.find(wanted + portsFrom) },
          clock,
          random: createSystemRandom(),
          log: createLog("error", { program: "test" }),
          progress: () => {},
          searchPath: process.env["PATH"] ?? "",
          environment: process.env,
        },
      );
    });

    after(async () => {
      await playground?.close();
    });

    function until(what: string, isTrue: (state: PlaygroundState) => boolean): Promise<PlaygroundState> {
      return eventually(playground as Playground, what, (state) => isTrue(state) && state, patienceMs);
    }

    function leaders(state: PlaygroundState): readonly ReplicaState[] {
      return state.replicas.filter((replica) => replica.leader);
    }

    async function settled(): Promise<ReplicaState> {
      const state = await until("three ready replicas, one of which leads", (now) => {
        return (
          now.replicas.length === 3 && now.replicas.every(({ ready }) => ready) && leaders(now).length === 1
        );
      });
      return leaders(state)[0] as ReplicaState;
    }

    test("one of three leads, holds the lease, and has made the zone", async () => {
      const leader = await settled();
      const state = await until("a zone", ({ zone }) => zone !== null);
      assert.equal(state.lease?.holderIdentity, leader.name);
      assert.match(state.zone?.text ?? "", /192\.0\.2\.20/);
    });

    for (const action of [
      "kill-operator",
      "terminate",
      "kill-operator",
      "terminate",
    ] as const satisfies ActionName[]) {
      test(`${action} of the leader: another leads, under a larger token, long before the lease would have run out`, async () => {
        const earlier = await settled();
        const token = BigInt(earlier.gate?.fencingToken ?? 0);
        await (playground as Playground).act(action, earlier.name);
        const state = await until("a new leader", (now) => {
          return now.actions.at(-1)?.next !== null && leaders(now).some(({ name }) => name !== earlier.name);
        });
        const later = leaders(state).find(({ name }) => name !== earlier.name);
        assert.ok(BigInt(later?.gate?.fencingToken ?? 0) > token);
        assert.equal(leaders(state).length, 1);
        // The lease lasts 15 s: a standby that waits for it to run out takes that long.
        assert.ok((state.actions.at(-1)?.next?.afterMs ?? Infinity) < 10_000);
      });
    }

    test("a leader that is cut off from the API closes its gate before another's opens", async () => {
      const leader = await settled();
      await (playground as Playground).act("cut", leader.name);
      const state = await until("a new leader", (now) => {
        assert.ok(leaders(now).length <= 1, `two gates are open: ${JSON.stringify(now.replicas)}`);
        // The operator's answer and its log line, of which the terms are made, come by different ways.
        return (
          leaders(now).some(({ name }) => name !== leader.name) && now.terms.at(-1)?.holder !== leader.name
        );
      });
      const [closed, opened] = [
        state.terms.findLast(({ holder }) => holder === leader.name),
        state.terms.at(-1),
      ];
      assert.ok(
        (closed?.closedWallMs ?? Infinity) <= (opened?.openedWallMs ?? 0),
        JSON.stringify([closed, opened]),
      );
      await (playground as Playground).act("heal", leader.name);
      await settled();
    });

    test("a new record reaches the zone, with a larger serial", async () => {
      const { zone } = await (playground as Playground).state();
      await (playground as Playground).setAddress("192.0.2.99");
      const state = await until("the new zone", (now) => now.zone?.text.includes("192.0.2.99") ?? false);
      assert.ok((state.zone?.serial ?? 0) > (zone?.serial ?? 0));
    });
  });
}
