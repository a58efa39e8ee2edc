// I1: at no instant of true time may two pods act.
//
// The intuition: everything else is there for the sake of this. A pod may act while a promise that was made to it has
// neither run out nor been given back; "run out" is judged by true time, which no pod of the world can read, so that no
// clock that was set, sleeps or drifts can excuse an overlap.
import type { Finding } from "./finding.ts";

/** Somebody who may act until a moment of true time; a moment that has passed means nobody. */
export interface Actor {
  readonly label: string;
  openUntilMs(): number;
}

export function oneOpenGate(actors: readonly Actor[], nowMs: number): Finding {
  let open: Actor | null = null;
  for (const actor of actors) {
    if (actor.openUntilMs() <= nowMs) continue;
    if (open !== null) return `I1: gates open in ${open.label} and ${actor.label}`;
    open = actor;
  }
  return null;
}
