// One thing that may happen next, and the world after it.
import type { FaultKind } from "./scopes.ts";
import type { World } from "./small-world.ts";

/** Calls a pod by its name; places in a stored world change from move to move. */
export type NameOf = (at: number) => string;

export interface Move {
  readonly tell: (name: NameOf) => string;
  readonly next: World;
}

/** Whether a fault of that kind may still strike. */
export type MayStrike = (kind: FaultKind) => boolean;

/** The same world with one fault less to come. */
export function struck(world: World): World {
  return { ...world, faultsLeft: world.faultsLeft - 1 };
}
