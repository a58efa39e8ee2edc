// What makes a world small loses nothing that could still matter: a world and what is made of it have the same futures.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createChance } from "../model/chance.ts";
import { firstWorld } from "./first-world.ts";
import { movesOf } from "./moves.ts";
import { openUntilMs } from "./operator-process.ts";
import { scopes, settingsOf, type Scope } from "./scopes.ts";
import type { PodSettings, World } from "./small-world.ts";
import { decode, encode, livingCalls } from "./world-shape.ts";

export function scopeOf(name: string): Scope {
  const scope = scopes.find((one) => one.name === name);
  assert.ok(scope, name);
  return scope;
}

export function settingsFor(scope: Scope): readonly PodSettings[] {
  return Array.from({ length: scope.pods }, (_, at) => settingsOf(scope, at));
}

/**
 * A world that is never made small goes on beside what is made of it: its clocks run on, its numbers grow. Only what a new
 * process draws at random is given to it, so that no two terms or writes have the same.
 */
function grown(world: World): World {
  const terms = world.terms + 2;
  const pods = world.pods.map((pod) => ({
    ...pod,
    // Nor what can have no effect any more, and would only be moves that change nothing.
    calls: livingCalls(pod, world),
    election: pod.election && { ...pod.election, termsBegun: terms },
  }));
  return { ...world, pods, terms, times: world.times + 2, lives: world.lives + 1 };
}

/** Every move that changes anything, and what it leads to. */
function futures(world: World, scope: Scope, settings: readonly PodSettings[]): readonly string[] {
  const bytesOf = (of: World): string => Buffer.from(encode(of, false).bytes).toString("hex");
  const now = bytesOf(world);
  return (
    movesOf(world, scope, settings)
      .map(({ next, tell }) => ({ bytes: bytesOf(next), what: `${tell(String)} ${next.finding}` }))
      .filter(({ bytes }) => bytes !== now)
      // The numbers of requests are others.
      .map(({ bytes, what }) => `${what.replaceAll(/#\d+|token \d+/g, "")} ${bytes}`)
  );
}

/** For as many seeds, each a way of seventy moves. */
export function describeFutures(seeds: number): void {
  for (const name of ["two", "three", "rollout", "namesake", "bare"]) {
    test(`a world and what is made of it have the same futures: ${name}`, () => {
      const scope = { ...scopeOf(name), faults: 6 };
      const settings = settingsFor(scope);
      let openings = 0;
      for (let seed = 1; seed <= seeds; seed += 1) {
        const chance = createChance(seed);
        let world = grown(firstWorld(scope, settings));
        for (let moves = 0; moves < 70; moves += 1) {
          const small = decode(encode(world, false).bytes, scope.pods);
          const [of, from] = [futures(small, scope, settings), futures(world, scope, settings)];
          const other = from.findIndex((line, at) => line !== of[at]);
          assert.equal(of[other], from[other], `seed ${seed}, after ${moves} moves`);
          assert.equal(of.length, from.length);
          // Not too often a fault, and a tick as soon as one is possible now and then, or nothing would ever come of it.
          const all = movesOf(world, scope, settings);
          const calm = all.filter(({ next }) => next.faultsLeft === world.faultsLeft);
          const move = chance.pick(calm.length > 0 && chance.happens(0.85) ? calm : all);
          assert.equal(move.next.finding, null, `seed ${seed}, after ${moves} moves`);
          world = grown(move.next);
          if (world.pods.some((pod) => openUntilMs(pod) > world.nowMs)) openings += 1;
        }
      }
      assert.ok(openings > seeds * 3, `a gate was open in ${openings} worlds`);
    });
  }
}
