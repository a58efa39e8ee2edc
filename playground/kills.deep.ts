// Fifty kills at random in one playground: never two terms at a time, never a step back. KILLS_SEED=N repeats a run.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { after, before, describe, it } from "node:test";
import type { ActionName } from "./dashboard/actions.ts";
import {
  allReady,
  clock,
  eventually,
  leaderOtherThan,
  startTestPlayground,
  watchGates,
} from "./playground-fixture.ts";
import type { Playground } from "./playground.ts";

describe("the playground", { timeout: 300_000 }, () => {
  let playground: Playground;

  before(async () => {
    playground = await startTestPlayground({ portsFrom: 1200 });
    await leaderOtherThan(playground, "");
  });
  after(async () => {
    await playground?.close();
  });

  it("never has two terms interleave in 50 kills at random", async (context) => {
    await allReady(playground, 3);
    const seed = Number(process.env["KILLS_SEED"] ?? randomInt(1 << 30));
    context.diagnostic(`KILLS_SEED=${seed}`);
    const chance = chanceFrom(seed);
    const gates = watchGates(playground, context);
    const writesBefore = (await playground.state()).writes?.writes ?? 0;
    let serial = (await playground.state()).zone?.serial ?? 0;
    for (const [at, action] of deckOfKills(chance).entries()) {
      await eventually(playground, "a leader", ({ replicas }) => replicas.some(({ leader }) => leader));
      const { replicas, zone } = await playground.state();
      assert.ok((zone?.serial ?? 0) >= serial, `the serial went from ${serial} back to ${zone?.serial}`);
      serial = zone?.serial ?? serial;
      await playground.setAddress(`203.0.113.${at + 1}`);
      await clock.sleep(chance(250));
      const alive = replicas.filter(({ ending, pids }) => !ending && pids.operator !== null);
      const leader = alive.find((replica) => replica.leader);
      // A leader whose sidecar is killed too leaves the lease to run out: 15 s each time, so only the first does.
      const target =
        action === "kill" && at > 0
          ? alive.find((replica) => !replica.leader)
          : at === 0 || chance(3) > 0
            ? leader
            : alive[chance(alive.length)];
      if (target !== undefined) await playground.act(action, target.name);
    }
    const last = "203.0.113.200";
    await playground.setAddress(last);
    const state = await eventually(playground, "the last change in the zone", (now) =>
      now.zone?.text.includes(last) ? now : null,
    );
    const watched = await gates.stop();
    assert.ok((state.zone?.serial ?? 0) > serial);
    assert.ok((state.writes?.writes ?? 0) > writesBefore);
    assert.deepEqual(state.writes?.interleavings, []);
    assert.deepEqual(watched.overlaps, []);
    for (const { action, replica, wasLeader, next } of state.actions) {
      if (action !== "kill-operator" || !wasLeader || next === null) continue;
      // Its sidecar gives the lease up, and sits out for a lease duration: sooner it cannot be the next.
      const isAnother = next.holder !== replica || next.afterMs > 14_000;
      assert.ok(isAnother, `${replica} lost its operator, and led on ${next.afterMs} ms later`);
    }
    assert.ok(state.terms.length >= 15, `only ${state.terms.length} terms`);
    assert.ok(watched.leaders.size >= 3, `only ${[...watched.leaders].join()} ever led`);
    const tokens = state.terms.map(({ fencingToken }) => BigInt(fencingToken ?? 0));
    assert.ok(
      tokens.every((token, at) => at === 0 || token > (tokens[at - 1] ?? 0n)),
      `tokens: ${tokens.join()}`,
    );
  });
});

/** Numbers from 0 up to, not including, `limit`, the same ones for the same seed. */
function chanceFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

function deckOfKills(chance: (limit: number) => number): ActionName[] {
  const deck: ActionName[] = [
    ...Array.from({ length: 31 }, () => "kill-operator" as const),
    ...Array.from({ length: 15 }, () => "terminate" as const),
    ...Array.from({ length: 3 }, () => "kill" as const),
  ];
  for (let at = deck.length - 1; at > 0; at -= 1) {
    const other = chance(at + 1);
    const [one, two] = [deck[at], deck[other]];
    if (one !== undefined && two !== undefined) [deck[at], deck[other]] = [two, one];
  }
  return ["kill", ...deck];
}
