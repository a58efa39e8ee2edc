// What an event changes in what we know. Nothing is decided here: every reading of the lease, whatever brought it,
// goes through `withReading`.
import type { Moment } from "../../platform/clock.ts";
import type {
  Election,
  ElectionEvent,
  Failure,
  LeaseReadOutcome,
  Requests,
  WatchNews,
  LeaseWriteOutcome,
} from "./election.ts";
import { isLeading } from "./election.ts";
import { isNewer } from "./lease-record.ts";
import { blinded, unblinded } from "./observation.ts";
import { asked, gateEnded, gateOpened } from "./presence.ts";
import { givenBack, leftStanding } from "./promises.ts";
import { incumbentGraceMs, overlapMs, watchRetryMs, type ElectionSettings } from "./settings.ts";
import { withReading } from "./reading.ts";
import { isRecordOf, validityEndMs } from "./term.ts";

export function receive(
  election: Election,
  event: ElectionEvent,
  now: Moment,
  settings: ElectionSettings,
): Election {
  switch (event.type) {
    case "woken":
      return election;
    case "read":
      return afterRead(election, event.id, event.outcome, now, settings);
    case "write":
      return afterWrite(election, event.id, event.outcome, now, settings);
    case "watch":
      return afterNews(election, event.id, event.news, now, settings);
    case "asked":
      return { ...election, presence: asked(election.presence, event.by, now.waitMs) };
    case "gate-opened":
      return { ...election, presence: gateOpened(election.presence, now.waitMs) };
    case "gate-ended": {
      const promises = (event.by === "peer" ? givenBack : leftStanding)(election.promises);
      // Told that this pod leads no more, a gate gives its promise back in this very way: that is our doing, too.
      const by = hasLapsed(election, now, settings) ? "sidecar" : event.by;
      return { ...election, promises, presence: gateEnded(election.presence, by) };
    }
    case "step-down":
      return canStepDown(election, now, settings)
        ? { ...election, stance: { kind: "stepping-down", why: "SteppedDown", hadLease: true } }
        : election;
    case "drain":
      return election.stance.kind === "handing-over" || election.stance.kind === "ended"
        ? election
        : { ...election, stance: { kind: "stepping-down", why: "Draining", hadLease: hasLease(election) } };
  }
}

/** Whether the lease is held by a term whose validity has run out, and which the next renewal makes valid again. */
function hasLapsed(election: Election, now: Moment, settings: ElectionSettings): boolean {
  const { stance, term, observation } = election;
  return (
    stance.kind === "campaigning" &&
    term?.kind === "held" &&
    now.actMs >= term.validUntilMs &&
    isRecordOf(term, observation?.record ?? null, settings.identity)
  );
}

/** Whether there is anything that DELETE /leader could give up. */
export function canStepDown(election: Election, now: Moment, settings: ElectionSettings): boolean {
  const record = election.observation?.record ?? null;
  const isHolder = isRecordOf(election.term, record, settings.identity);
  return election.stance.kind === "campaigning" && (isHolder || isLeading(election, now));
}

// A candidate that rests gave the lease up a moment ago, and nobody has taken it yet: a native sidecar is told to end only
// after its operator has ended, and that end was a release.
function hasLease({ stance, term }: Election): boolean {
  return term !== null || stance.kind === "resting" || (stance.kind === "stepping-down" && stance.hadLease);
}

function afterRead(
  election: Election,
  id: number,
  outcome: LeaseReadOutcome,
  now: Moment,
  settings: ElectionSettings,
): Election {
  const { read, watch } = election.requests;
  const sent = read.underWay;
  if (sent?.id !== id) return election;
  if (outcome.kind === "failed") {
    const backoff = drawBackoff(election, outcome.failure, read.failures, now, settings);
    const failures = read.failures + 1;
    return {
      ...election,
      chance: backoff.chance,
      observation: election.observation && blinded(election.observation),
      trouble: { of: "read", failure: outcome.failure },
      requests: {
        ...election.requests,
        read: { ...read, underWay: null, failures, notBeforeMs: now.waitMs + backoff.delayMs },
      },
    };
  }
  const { newest } = election;
  const record = outcome.kind === "found" ? outcome.record : null;
  const isOvertaken =
    newest !== null &&
    sent.sentAtMs < newest.seenAtMs &&
    (record === null || isNewer(newest.resourceVersion, record.resourceVersion));
  // Something newer came in while this was under way: it says nothing about now, and is asked again at once.
  if (isOvertaken) {
    const again = { ...read, underWay: null, notBeforeMs: now.waitMs };
    return { ...election, requests: { ...election.requests, read: again } };
  }
  // A watch that did not bring what a read shows is not to be trusted any longer, once it had P to begin.
  const isWatchBehind =
    watch.underWay !== null &&
    sent.sentAtMs >= watch.notBeforeMs &&
    record !== null &&
    newest !== null &&
    isNewer(record.resourceVersion, newest.resourceVersion);
  const requests: Requests = {
    ...election.requests,
    read: { underWay: null, isWanted: false, failures: 0, notBeforeMs: now.waitMs + settings.retryPeriodMs },
    write: { ...election.requests.write, mustReadFirst: false },
    watch: isWatchBehind ? { ...watch, underWay: null } : watch,
  };
  // What a server forbids to write it still forbids; but it can be reached.
  const isOver = election.trouble?.of === "read" || election.trouble?.failure.kind === "ApiServerUnreachable";
  const trouble = isOver ? null : election.trouble;
  const next = withReading({ ...election, requests, trouble }, record, now, settings);
  return {
    ...next,
    observation: next.observation && unblinded(next.observation, now.waitMs, incumbentGraceMs(settings)),
  };
}

function afterWrite(
  election: Election,
  id: number,
  outcome: LeaseWriteOutcome,
  now: Moment,
  settings: ElectionSettings,
): Election {
  const { write, read } = election.requests;
  const underWay = write.underWay.filter((attempt) => attempt.id !== id);
  if (underWay.length === write.underWay.length) return election;
  switch (outcome.kind) {
    case "written": {
      const { record } = outcome;
      const { newest } = election;
      const idle = {
        ...election,
        trouble: null,
        requests: {
          ...election.requests,
          write: { ...write, underWay, failures: 0, notBeforeMs: now.waitMs },
        },
      };
      const isOvertaken = newest !== null && isNewer(newest.resourceVersion, record.resourceVersion);
      return isOvertaken ? idle : withReading(idle, record, now, settings);
    }
    case "conflict": {
      // One is a race that was lost, or an answer that was; more in a row are a server that contradicts itself.
      const backoff = drawBackoff(election, null, write.failures, now, settings);
      return {
        ...election,
        chance: backoff.chance,
        requests: {
          ...election.requests,
          read: { ...read, isWanted: true, notBeforeMs: Math.min(now.waitMs, read.notBeforeMs) },
          write: {
            ...write,
            underWay,
            mustReadFirst: true,
            renewAtMs: now.waitMs,
            failures: write.failures + 1,
            notBeforeMs: now.waitMs + (write.failures === 0 ? 0 : backoff.delayMs),
          },
        },
      };
    }
    case "failed": {
      const backoff = drawBackoff(election, outcome.failure, write.failures, now, settings);
      const isReadWanted = read.isWanted || outcome.failure.kind !== "ApiServerUnreachable";
      return {
        ...election,
        chance: backoff.chance,
        trouble: { of: "write", failure: outcome.failure },
        requests: {
          ...election.requests,
          read: { ...read, isWanted: isReadWanted },
          write: {
            ...write,
            underWay,
            failures: write.failures + 1,
            notBeforeMs: now.waitMs + backoff.delayMs,
          },
        },
      };
    }
  }
}

function afterNews(
  election: Election,
  id: number,
  news: WatchNews,
  now: Moment,
  settings: ElectionSettings,
): Election {
  const { read, watch } = election.requests;
  if (watch.underWay?.id !== id) return election;
  const { newest } = election;
  if (news.kind === "started") {
    const started = { ...watch, isForbidden: false, failures: 0 };
    return { ...election, requests: { ...election.requests, watch: started } };
  }
  if (news.kind === "deleted") {
    const isOld = newest !== null && !isNewer(news.resourceVersion, newest.resourceVersion);
    if (isOld) return election;
    const seen = { resourceVersion: news.resourceVersion, seenAtMs: now.waitMs };
    return { ...withReading(election, null, now, settings), newest: seen };
  }
  if (news.kind === "changed") {
    const isOld = newest !== null && !isNewer(news.record.resourceVersion, newest.resourceVersion);
    return isOld ? election : withReading(election, news.record, now, settings);
  }
  const { failure } = news;
  const backoff = drawBackoff(election, failure, watch.failures, now, settings);
  const isForbidden = failure?.kind === "Forbidden";
  const delayMs = isForbidden ? watchRetryMs : failure === null ? 0 : backoff.delayMs;
  return {
    ...election,
    chance: backoff.chance,
    requests: {
      ...election.requests,
      // A watch starts from what a read shows, so its end asks for one (unless the verb is not ours at all).
      read: isForbidden ? read : { ...read, isWanted: true, notBeforeMs: now.waitMs + delayMs },
      watch: {
        underWay: null,
        isForbidden,
        failures: failure === null ? 0 : watch.failures + 1,
        notBeforeMs: Math.max(watch.notBeforeMs, now.waitMs + delayMs),
      },
    },
  };
}

/**
 * A delay that doubles from a fourth of P up to P with every failure, jittered, or what the server asked for, as far as
 * that leaves a leader the time for one more attempt while it is valid.
 */
function drawBackoff(
  election: Election,
  failure: Failure | null,
  failures: number,
  now: Moment,
  settings: ElectionSettings,
): { readonly delayMs: number; readonly chance: number } {
  // A linear congruential generator (Numerical Recipes): plenty for jitter, and its state is a number.
  const chance = (Math.imul(election.chance, 1_664_525) + 1_013_904_223) >>> 0;
  const ceilingMs = Math.min(
    settings.retryPeriodMs,
    (settings.retryPeriodMs / 4) * 2 ** Math.min(failures, 8),
  );
  const jitteredMs = ceilingMs * (0.5 + chance / 2 ** 33);
  const leftMs = isLeading(election, now)
    ? validityEndMs(election.term) - now.actMs
    : settings.renewDeadlineMs;
  const askedMs = Math.min(failure?.retryAfterMs ?? 0, leftMs - overlapMs(settings));
  return { delayMs: Math.max(jitteredMs, askedMs), chance };
}
