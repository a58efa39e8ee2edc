// The sidecar's half of the conversation in a pod: the production step, and what it asks for done to the world.
import { isGateForsaken } from "../../sidecar/election/presence.ts";
import { isInTheWay, stepRole, type GateRoleAction, type GateRoleEvent } from "../../sidecar/gate-role.ts";
import type { Heard } from "../../gate/conversation.ts";
import { ask, tell } from "./sidecar-moves.ts";
import { podAt, withOperator, withPod, type Operator, type PodSettings, type World } from "./small-world.ts";

/** The index of every answer here. That an answer has become another, the moves say, by what a gate goes by. */
const presentIndex = 1;

/** Feeds an event into the sidecar's half. */
export function tellRole(world: World, at: number, event: GateRoleEvent, settings: PodSettings): World {
  const pod = podAt(world, at);
  const { role, actions } = stepRole(pod.role, event, pod.waitMs);
  let next = withPod(world, at, { role });
  for (const action of actions) next = perform(next, at, action, settings);
  return next;
}

function perform(world: World, at: number, action: GateRoleAction, settings: PodSettings): World {
  switch (action.type) {
    case "tell":
      return tell(world, at, action.event, settings);
    case "answer": {
      const said = ask(world, at, action.as, settings);
      if (said === null) return world;
      const answer = { ...said.answer, index: presentIndex };
      return replied(said.world, at, action.on, { type: "answered", answer });
    }
    case "refuse":
      return replied(world, at, action.on, { type: "refused", why: "another gate" });
    case "drop":
      return world;
    case "end":
      return cut(world, at, action.on);
  }
}

function replied(world: World, at: number, on: number, heard: Heard): World {
  const { operator } = podAt(world, at);
  if (operator === null || operator.line !== on || operator.isLost) return world;
  return withOperator(world, at, { mail: { kind: "reply", heard } });
}

/** That connection is gone on the sidecar's side. */
function cut(world: World, at: number, on: number): World {
  return podAt(world, at).operator?.line === on
    ? withOperator(world, at, { isLost: true, mail: null })
    : world;
}

/** The question that is on its way reaches the sidecar, which runs. */
export function reach(world: World, at: number, settings: PodSettings): World {
  const { line, mail } = podAt(world, at).operator as Operator;
  if (mail?.kind !== "question") return world;
  let next = withOperator(world, at, { mail: null });
  let isForsaken = false;
  if (isInTheWay(podAt(next, at).role, line)) {
    next = tell(next, at, { type: "woken" }, settings);
    const { election, waitMs } = podAt(next, at);
    const promises = election?.promises.gateUntilMs ?? 0;
    isForsaken = election !== null && isGateForsaken(election.presence, promises, waitMs, settings);
  }
  const { question } = mail;
  const event = { type: "asked", on: line, question, index: presentIndex, isKept: true } as const;
  return tellRole(next, at, { ...event, isGateForsaken: isForsaken }, settings);
}

/** Whether the operator's poll is held. */
export function isPollHeld(world: World, at: number): boolean {
  const { operator, role } = podAt(world, at);
  return operator !== null && role.polls.some(({ on }) => on === operator.line);
}

/** The poll is answered, since the state is another or its time is over. */
export function releasePoll(world: World, at: number, settings: PodSettings): World {
  return tellRole(world, at, { type: "changed", index: presentIndex + 1 }, settings);
}

/** The sidecar's side ends the operator's connection. */
export function endByUs(world: World, at: number, settings: PodSettings): World {
  const { line: on } = podAt(world, at).operator as Operator;
  const ending = tellRole(world, at, { type: "ending", on }, settings);
  return tellRole(cut(ending, at, on), at, { type: "ended", on }, settings);
}
