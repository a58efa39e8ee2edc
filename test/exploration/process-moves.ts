// What happens to processes and machines: they die and start again, stand still and go on, are told to end; a machine sleeps,
// its wall clock is set. To come back costs nothing and may take any time.
import { canStepDown } from "../../sidecar/election/receive.ts";
import { gained, type ClockStep } from "./clocks.ts";
import { struck, type MayStrike, type Move } from "./move.ts";
import { freshOperator, killOperator, tellOperator } from "./operator-process.ts";
import { kill, start, tell } from "./sidecar-moves.ts";
import { momentOf, podAt, withOperator, withPod, type PodSettings, type World } from "./small-world.ts";

export function processMoves(world: World, at: number, settings: PodSettings, mayStrike: MayStrike): Move[] {
  const pod = podAt(world, at);
  const { operator, election, isStopped, isAsleep } = pod;
  const moves: Move[] = [];
  const may = (what: string, next: World): void => {
    moves.push({ tell: (name) => `${name(at)}${what}`, next });
  };
  if (isAsleep) {
    const awake = withPod(world, at, { isAsleep: false, isStopped: false });
    return [{ tell: (name) => `${name(at)}'s machine wakes up`, next: runOn(awake, at, settings) }];
  }
  if (election === null) may("'s sidecar starts", start(world, at, settings));
  else if (isStopped) may("'s sidecar goes on", withPod(world, at, { isStopped: false }));
  else if (election.stance.kind === "ended") may("'s sidecar exits", kill(world, at));
  if (operator === null)
    may("'s operator starts", withPod(world, at, { operator: freshOperator(world, at) }));
  else if (operator.isStopped) may("'s operator goes on", runOn(world, at, settings));
  if (mayStrike("stop")) {
    if (election !== null && !isStopped)
      may("'s sidecar is stopped", struck(withPod(world, at, { isStopped: true })));
    if (operator !== null && !operator.isStopped) {
      may("'s operator is stopped", struck(withOperator(world, at, { isStopped: true })));
    }
  }
  if (mayStrike("kill")) {
    if (election !== null) may("'s sidecar is killed", struck(kill(world, at)));
    if (operator !== null) may("'s operator is killed", struck(killOperator(world, at, settings)));
    if (election !== null && operator !== null)
      may(" is killed", struck(killOperator(kill(world, at), at, settings)));
  }
  if (mayStrike("suspend")) {
    may(
      "'s machine falls asleep",
      struck(withPod(world, at, { isAsleep: true, isStopped: election !== null })),
    );
  }
  if (mayStrike("clock")) {
    may("'s wall clock is set forward", struck(clockSet(world, at, "set forward")));
    may("'s wall clock is set back", struck(clockSet(world, at, "set back")));
  }
  if (mayStrike("end") && election !== null && !isStopped) {
    const { kind } = election.stance;
    if (canStepDown(election, momentOf(world, pod), settings)) {
      may(" is asked to step down", struck(tell(world, at, { type: "step-down" }, settings)));
    }
    const isEnding = kind === "ended" || kind === "handing-over";
    if (!isEnding) may(" is asked to end", struck(tell(world, at, { type: "drain" }, settings)));
  }
  return moves;
}

/** An operator that goes on finds its timer due before anything else. */
function runOn(world: World, at: number, settings: PodSettings): World {
  return tellOperator(withOperator(world, at, { isStopped: false }), at, { type: "looked" }, settings);
}

function clockSet(world: World, at: number, how: ClockStep): World {
  const pod = podAt(world, at);
  const { waitMs, actMs } = gained(how);
  return withPod(world, at, { waitMs: pod.waitMs + waitMs, actMs: pod.actMs + actMs });
}
