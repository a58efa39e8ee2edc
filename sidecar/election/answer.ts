// What /leader says at a given moment, and the note that is taken of what it promised. Evaluated against the clock when
// it is asked (rule 3); everything that is unknown means "not leader".
import type { Moment } from "../../platform/clock.ts";
import type { LeaderAnswer } from "../../contract/answer.ts";
import type { LeaderReason } from "../../contract/reasons.ts";
import { isLeading, type Election } from "./election.ts";
import { freedomOf } from "./free-lease.ts";
import { absentAtMs } from "./presence.ts";
import { promised } from "./promises.ts";
import { plainPromiseMs, type ElectionSettings } from "./settings.ts";
import { tokenOf, validityEndMs } from "./term.ts";

/**
 * Answers, and notes the promise. `to` is "gate" for the one connection whose end gives a promise back: it gets all
 * that is left of the validity; anybody else at most two seconds.
 */
export function answer(
  election: Election,
  to: "gate" | "plain",
  now: Moment,
  settings: ElectionSettings,
): { readonly answer: LeaderAnswer; readonly election: Election } {
  const { term, observation } = election;
  const isLeader = isLeading(election, now);
  const leftMs = isLeader ? Math.floor(validityEndMs(term) - now.actMs) : 0;
  const validForMs = to === "gate" ? leftMs : Math.min(leftMs, plainPromiseMs);
  const record = observation?.record ?? null;
  return {
    answer: {
      isLeader,
      name: holderName(election, now, settings),
      identity: settings.identity,
      validForMs,
      fencingToken: isLeader ? tokenOf(term) : null,
      term: record?.transitions ?? election.lastTransitions,
      reason: reasonOf(election, now, settings),
      index: election.index,
      lease: settings.lease,
      acquiredAt: record?.acquireTime ?? null,
      renewedAt: record?.renewTime ?? null,
    },
    election: isLeader
      ? { ...election, promises: promised(election.promises, to, now.waitMs, validForMs) }
      : election,
  };
}

/**
 * Names the current holder to somebody who may act on it for `forMs`: this pod only while that is true for so long, and
 * then it is a promise, of which a note is taken.
 */
export function nameHolder(
  election: Election,
  forMs: number,
  now: Moment,
  settings: ElectionSettings,
): { readonly name: string; readonly election: Election } {
  const name = holderName(election, now, settings, forMs);
  const promises = promised(election.promises, "plain", now.waitMs, forMs);
  return { name, election: name === settings.identity ? { ...election, promises } : election };
}

/** The current holder, "" when none is known; ourselves only while our validity runs for `forMs` more. */
function holderName(election: Election, now: Moment, settings: ElectionSettings, forMs = 0): string {
  if (isLeading(election, now)) {
    return now.actMs + forMs < validityEndMs(election.term) ? settings.identity : "";
  }
  const holder = election.observation?.record?.holder ?? "";
  return holder === settings.identity ? "" : holder;
}

/** Why the answer is what it is. */
export function reasonOf(election: Election, now: Moment, settings: ElectionSettings): LeaderReason {
  const { stance, term, observation, trouble } = election;
  if (stance.kind === "handing-over" || stance.kind === "ended") return "Draining";
  if (stance.kind === "stepping-down" || stance.kind === "resting") return stance.why;
  if (isLeading(election, now)) return "Leading";
  if (observation?.record?.isCoordinated) return "CoordinatedElection";
  if (trouble !== null) return trouble.failure.kind;
  if (term?.kind === "settling") return "Settling";
  const holder = observation?.record?.holder ?? "";
  if (now.waitMs >= absentAtMs(election.presence, settings.operatorTimeoutMs)) return "WaitingForOperator";
  const isFree = (freedomOf(election, settings)?.atMs ?? 0) <= now.waitMs;
  return holder !== "" && holder !== settings.identity && !isFree ? "Following" : "Electing";
}

/** Everything an answer says but its countdown, in one string: a change of it is a change of `index`. */
export function digestOf(election: Election, now: Moment, settings: ElectionSettings): string {
  const { term, observation } = election;
  const isLeader = isLeading(election, now);
  return [
    reasonOf(election, now, settings),
    holderName(election, now, settings),
    isLeader ? `${tokenOf(term)} ${validityEndMs(term)}` : "",
    observation?.record?.transitions ?? election.lastTransitions,
    observation?.record?.renewTime ?? "",
  ].join("\n");
}
