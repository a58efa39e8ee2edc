// Breadth-first over every world of a scope: what is found first is found on a shortest way.
import { setImmediate } from "node:timers/promises";
import type { Finding } from "../model/invariants/finding.ts";
import { firstWorld } from "./first-world.ts";
import { createFrontier } from "./frontier.ts";
import { movesOf } from "./moves.ts";
import { settingsOf, type Scope } from "./scopes.ts";
import type { PodSettings } from "./small-world.ts";
import { createVisited, type Visited } from "./visited.ts";
import { decode, encode } from "./world-shape.ts";

export interface Reached {
  readonly states: number;
  /** Worlds gone on from, and moves made from them, those to worlds seen before too. */
  readonly expanded: number;
  readonly moves: number;
  /** The most moves from the first world to any that was found. */
  readonly depth: number;
}

export interface Exploration extends Reached {
  /**
   * closed: every path of the scope was walked; broken: an invariant was; depth, states, interrupted: what ended it.
   */
  readonly end: "closed" | "broken" | "depth" | "states" | "interrupted";
  readonly finding: Finding;
  /** The moves to what broke, one line each. */
  readonly trace: readonly string[];
}

export interface ExploreOptions {
  readonly scope: Scope;
  readonly mostDepth?: number;
  readonly mostStates: number;
  /** Asked and told every so many worlds; true ends the exploration. */
  readonly onProgress?: (reached: Reached) => boolean;
}

const progressEvery = 2048;

/** Walks every path of the scope, unless something breaks or a limit is reached. */
export async function explore({
  scope,
  mostDepth = Number.POSITIVE_INFINITY,
  mostStates,
  onProgress,
}: ExploreOptions): Promise<Exploration> {
  const settings = Array.from({ length: scope.pods }, (_, at) => settingsOf(scope, at));
  const isSymmetric = isSymmetricScope(scope);
  const visited = createVisited();
  let frontier = createFrontier();
  const first = encode(firstWorld(scope, settings), isSymmetric).bytes;
  frontier.push(visited.add(first, -1, 0) as number, first);
  let [depth, expanded, moves] = [0, 0, 0];
  const reached = (): Reached => ({ states: visited.size(), expanded, moves, depth });
  const ended = (
    end: Exploration["end"],
    finding: Finding = null,
    trace: readonly string[] = [],
  ): Exploration => ({
    ...reached(),
    end,
    finding,
    trace,
  });
  while (frontier.size() > 0) {
    if (depth >= mostDepth) return ended("depth");
    const next = createFrontier();
    for (const { world, bytes } of frontier.all()) {
      if (expanded % progressEvery === 0) {
        // A signal is heard only when nothing else runs.
        await setImmediate();
        if (onProgress?.(reached())) return ended("interrupted");
      }
      expanded += 1;
      for (const [index, move] of movesOf(decode(bytes, scope.pods), scope, settings).entries()) {
        moves += 1;
        if (move.next.finding !== null) {
          const path = [...pathTo(visited, world), index];
          depth = path.length;
          return ended("broken", ...retell(path, scope, settings));
        }
        const encoded = encode(move.next, isSymmetric).bytes;
        const added = visited.add(encoded, world, index);
        if (added === null) continue;
        next.push(added, encoded);
        if (visited.size() >= mostStates) return ended("states");
      }
    }
    frontier = next;
    if (next.size() > 0) depth += 1;
  }
  return ended("closed");
}

/** Whether pods can change places: all are told the same, but for their names. */
function isSymmetricScope(scope: Scope): boolean {
  return scope.times === undefined && scope.isNamesake !== true;
}

function pathTo(visited: Visited, world: number): readonly number[] {
  const path: number[] = [];
  for (let at = world; visited.parentOf(at) >= 0; at = visited.parentOf(at)) path.push(visited.moveOf(at));
  return path.toReversed();
}

/** Walks that path again, and tells it by the names that the pods had at its beginning. */
function retell(
  path: readonly number[],
  scope: Scope,
  settings: readonly PodSettings[],
): [Finding, readonly string[]] {
  const isSymmetric = isSymmetricScope(scope);
  const trace: string[] = [];
  const first = encode(firstWorld(scope, settings), isSymmetric);
  let names = first.order.map((at) => `pod-${at}`);
  let world = decode(first.bytes, scope.pods);
  for (const index of path) {
    const move = movesOf(world, scope, settings)[index];
    if (move === undefined) throw new Error("a path that was walked cannot be walked again");
    trace.push(move.tell((at) => names[at] as string));
    const { finding } = move.next;
    if (finding !== null)
      return [finding.replaceAll(/pod-(\d)/g, (_, at: string) => names[Number(at)] as string), trace];
    const { bytes, order } = encode(move.next, isSymmetric);
    names = order.map((at) => names[at] as string);
    world = decode(bytes, scope.pods);
  }
  throw new Error("a path that has broken something breaks nothing when it is walked again");
}
