// One step of the election. Imagine a key that hangs on a board, and a note beside it that says who has it. Nobody can
// see the others; all see the note, some time after it was changed. The holder signs the note again and again, and counts
// on each signature only for R, from before it began to sign. The others take the key when the note has stood still for
// D, which is longer, counted from when they saw it change. So two never count on it at once, whatever the clocks on the
// wall say, and however late a signature or a look arrives. What others do with the key (the operator's gate) was promised
// to them for a time, and the key goes back to the board only when that time is over, or they have said that they are done.
//
// 1. A stall of our own is noticed: an operator's silence meanwhile proves nothing.
// 2. Take in what happened: a reading of the lease, an outcome, a question of the operator (receive.ts).
// 3. Let time have its effect: step down, rest, hand over, end (here).
// 4. Send what is due: one write, one read, one watch, each with one function that says when (decide.ts).
// 5. Say when to wake next, and count the index on if an answer would now be another (here).
// 6. Insist on what must be true of every state (assertions.ts).
//
// Pure: the same state, event and moment always give the same result, and nothing else is read.
import type { Moment } from "../../platform/clock.ts";
import { digestOf } from "./answer.ts";
import { assertSound } from "./assertions.ts";
import { decide, nextMomentMs, releaseEndMs, type Decision } from "./decide.ts";
import type { Election, ElectionEvent } from "./election.ts";
import { absentAtMs, asked } from "./presence.ts";
import { receive } from "./receive.ts";
import { handOverWaitMs, stallGraceMs, stallMs, type ElectionSettings } from "./settings.ts";
import { isRecordOf } from "./term.ts";

export function step(
  election: Election,
  event: ElectionEvent,
  now: Moment,
  settings: ElectionSettings,
): Decision {
  const noticed = noticeStall(election, now);
  // Asked again by an operator that is known to be there: nothing follows from it, thousands of times a second.
  if (event.type === "asked" && now.waitMs < absentAtMs(noticed.presence, settings.operatorTimeoutMs)) {
    return { election: { ...noticed, presence: asked(noticed.presence, event.by, now.waitMs) }, actions: [] };
  }
  const received = receive(noticed, event, now, settings);
  const { election: decided, actions } = decide(elapse(received, now, settings), now, settings);
  const next = conclude(decided, now, settings);
  assertSound(election, next, actions, now, settings);
  return { election: next, actions };
}

/** After a stall of our own the operator's silence proves nothing until it had a moment to be heard. */
function noticeStall(election: Election, now: Moment): Election {
  if (now.waitMs <= election.wakeAtMs + stallMs) return election;
  return { ...election, presence: { ...election.presence, graceUntilMs: now.waitMs + stallGraceMs } };
}

/** What the mere passing of time (and what is now known) does to the stance. */
function elapse(election: Election, now: Moment, settings: ElectionSettings): Election {
  const { stance, term } = election;
  const other = otherHolder(election, settings);
  switch (stance.kind) {
    case "campaigning": {
      const isAbsent = now.waitMs >= absentAtMs(election.presence, settings.operatorTimeoutMs);
      if (!isAbsent || term === null) return election;
      return { ...election, stance: { kind: "stepping-down", why: "OperatorSilent", hadLease: true } };
    }
    case "stepping-down": {
      const isHolder = isRecordOf(term, election.observation?.record ?? null, settings.identity);
      const isOver = isHolder && now.waitMs >= releaseEndMs(election);
      // A process that ends waits for no answer about a lease that others may take by now.
      const isGivenUp = isHolder && isOver && stance.why === "Draining";
      if ((isHolder && !isOver) || (election.requests.write.underWay.length > 0 && !isGivenUp))
        return election;
      const free = { ...election, term: null };
      if (stance.why !== "Draining") {
        return {
          ...free,
          stance: { kind: "resting", why: stance.why, untilMs: now.waitMs + settings.leaseDurationMs },
        };
      }
      if (!stance.hadLease) return { ...free, stance: { kind: "ended", successor: null } };
      if (other !== "") return { ...free, stance: { kind: "ended", successor: other } };
      return { ...free, stance: { kind: "handing-over", untilMs: now.waitMs + handOverWaitMs } };
    }
    case "resting":
      return other !== "" || now.waitMs >= stance.untilMs
        ? { ...election, stance: { kind: "campaigning" } }
        : election;
    case "handing-over":
      return other !== "" || now.waitMs >= stance.untilMs
        ? { ...election, stance: { kind: "ended", successor: other } }
        : election;
    case "ended":
      return election;
  }
}

function otherHolder(election: Election, settings: ElectionSettings): string {
  const holder = election.observation?.record?.holder ?? "";
  return holder === settings.identity ? "" : holder;
}

/** Closes the step: when to wake, and whether an answer would now be another than before. */
function conclude(election: Election, now: Moment, settings: ElectionSettings): Election {
  const digest = digestOf(election, now, settings);
  const index = digest === election.digest ? election.index : election.index + 1;
  return { ...election, digest, index, wakeAtMs: nextMomentMs(election, now, settings) };
}
