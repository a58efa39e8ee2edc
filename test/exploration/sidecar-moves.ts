// A sidecar's process: what it is told goes through the production step, and what that asks for is sent.
import { answer } from "../../sidecar/election/answer.ts";
import { initialElection, type ElectionEvent } from "../../sidecar/election/election.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import { noGate } from "../../sidecar/gate-role.ts";
import { step } from "../../sidecar/election/step.ts";
import { acknowledgedWrite } from "../model/invariants/acknowledged-write.ts";
import {
  authorOf,
  momentOf,
  podAt,
  tickMs,
  withFinding,
  withPod,
  type Call,
  type PodSettings,
  type World,
} from "./small-world.ts";
import { watchFrom } from "./store.ts";
import { tokenOf } from "../../sidecar/election/term.ts";

/** Feeds an event into the sidecar, if one runs. */
export function tell(world: World, at: number, event: ElectionEvent, settings: PodSettings): World {
  const pod = podAt(world, at);
  if (pod.election === null) return world;
  const { election: stepped, actions } = step(pod.election, event, momentOf(world, pod), settings);
  // The one timer is set to a tick, and is not late for that.
  const election = { ...stepped, wakeAtMs: Math.ceil(stepped.wakeAtMs / tickMs) * tickMs };
  let { calls, watch } = pod;
  for (const action of actions) {
    if (action.type === "watch") {
      watch = watchFrom(world, action.id, action.resourceVersion);
      continue;
    }
    const sent = { id: action.id, sentAtMs: pod.waitMs, isLate: false } as const;
    const call: Call =
      action.type === "read"
        ? { ...sent, kind: "read" }
        : { ...sent, kind: "write", verb: action.verb, lease: action.lease };
    calls = [...calls, call];
  }
  // What another watch brings is not heard any more.
  if (watch?.id !== election.requests.watch.underWay?.id) watch = null;
  const next = withPod(world, at, { election, calls, watch });
  const token = tokenOf(election.term);
  if (token === null || token === tokenOf(pod.election.term)) return next;
  const record = election.observation?.record;
  const author = record?.resourceVersion === token ? authorOf(record.lease) : null;
  const opening = { pod: `pod-${at}`, fencingToken: token, term: 0, atMs: 0, asked: null };
  return withFinding(
    next,
    acknowledgedWrite(opening, () => (author === null ? "" : `pod-${author}`)),
  );
}

/** What /leader says now; the promise is noted. */
export function ask(
  world: World,
  at: number,
  to: "gate" | "plain",
  settings: PodSettings,
): { readonly world: World; readonly answer: LeaderAnswer } | null {
  const pod = podAt(world, at);
  if (pod.election === null) return null;
  const said = answer(pod.election, to, momentOf(world, pod), settings);
  const { promises } = said.election;
  // A promise is noted a millisecond longer than it is made, which would be a whole tick here: it is cut to the tick, which
  // lets the lease go the earlier.
  const gateUntilMs = Math.floor(promises.gateUntilMs / tickMs) * tickMs;
  const plainUntilMs = Math.floor(promises.plainUntilMs / tickMs) * tickMs;
  const election = { ...said.election, promises: { ...promises, gateUntilMs, plainUntilMs } };
  return { world: withPod(world, at, { election }), answer: said.answer };
}

/** A process of its own, which knows nothing of the one before. */
export function start(world: World, at: number, settings: PodSettings): World {
  const now = momentOf(world, podAt(world, at));
  // A new process has a new random name; here its terms get numbers that are not in use.
  const election = { ...initialElection(settings, now), termsBegun: world.terms };
  return tell(withPod(world, at, { election, isStopped: false }), at, { type: "woken" }, settings);
}

/** Its answers and its watch die with it; what it has sent may still arrive. */
export function kill(world: World, at: number): World {
  const { calls, operator } = podAt(world, at);
  return withPod(world, at, {
    election: null,
    isStopped: false,
    role: noGate,
    ends: [],
    watch: null,
    calls: calls.filter(({ kind }) => kind === "write").map((call) => ({ ...call, id: 0 })),
    operator: operator === null || operator.line === 0 ? operator : { ...operator, isLost: true, mail: null },
  });
}
