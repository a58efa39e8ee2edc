// What an event changes in what we know. Nothing is decided here: every reading of the lease, whatever brought it,
// goes through `sight`.
import type { Moment } from "../../platform/clock.ts";
import type {
  Election,
  ElectionEvent,
  Failure,
  ReadOutcome,
  Requests,
  WatchNews,
  WriteOutcome,
} from "./election.ts";
import { isLeading } from "./election.ts";
import { sight } from "./sight.ts";
import { isNewer, readLeaseRecord, type LeaseRecord } from "./lease-record.ts";
import { blinded, sighted } from "./observation.ts";
import { asked, gateEnded, gateOpened } from "./presence.ts";
import { givenBack } from "./promises.ts";
import { incumbentGraceMs, overlapMs, watchRetryMs, type ElectionSettings } from "./settings.ts";
import { isRecordOf } from "./term.ts";

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
      const promises = event.by === "peer" ? givenBack(election.promises) : election.promises;
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
    term !== null &&
    term.fencingToken !== null &&
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

// Who rests has given up the lease a moment ago, and nobody has taken it yet: a native sidecar is told to end only after its
// operator has, whose end was a release.
function hasLease({ stance, term }: Election): boolean {
  return term !== null || stance.kind === "resting" || (stance.kind === "stepping-down" && stance.hadLease);
}

function afterRead(
  election: Election,
  id: number,
  outcome: ReadOutcome,
  now: Moment,
  settings: ElectionSettings,
): Election {
  const { reading } = election.requests;
  if (reading?.id !== id) return election;
  const idle: Requests = { ...election.requests, reading: null };
  if (outcome.kind === "found" && readLeaseRecord(outcome.lease) === null) {
    return afterRead(election, id, { kind: "failed", failure: nonsense("GET") }, now, settings);
  }
  if (outcome.kind === "failed") {
    const backoff = drawBackoff(election, outcome.failure, idle.readFailures, now, settings);
    return {
      ...election,
      chance: backoff.chance,
      observation: election.observation && blinded(election.observation),
      trouble: { of: "read", failure: outcome.failure },
      requests: { ...idle, readFailures: idle.readFailures + 1, readAtMs: now.waitMs + backoff.delayMs },
    };
  }
  const { newest } = election;
  const record = outcome.kind === "found" ? (readLeaseRecord(outcome.lease) as LeaseRecord) : null;
  const isOvertaken =
    newest !== null &&
    reading.sentAtMs < newest.seenAtMs &&
    (record === null || isNewer(newest.resourceVersion, record.resourceVersion));
  // Something newer came in while this was under way: it says nothing about now, and is asked again at once.
  if (isOvertaken) return { ...election, requests: { ...idle, readAtMs: now.waitMs } };
  // A watch that did not bring what a read shows is not to be trusted any longer, once it had P to begin.
  const isWatchBehind =
    idle.watching !== null &&
    reading.sentAtMs >= idle.watchAtMs &&
    record !== null &&
    newest !== null &&
    isNewer(record.resourceVersion, newest.resourceVersion);
  const requests: Requests = {
    ...idle,
    isStale: false,
    isReadDue: false,
    readFailures: 0,
    readAtMs: now.waitMs + settings.retryPeriodMs,
    watching: isWatchBehind ? null : idle.watching,
  };
  // What a server forbids to write it still forbids; but it can be reached.
  const isOver = election.trouble?.of === "read" || election.trouble?.failure.kind === "ApiServerUnreachable";
  const trouble = isOver ? null : election.trouble;
  const next = sight({ ...election, requests, trouble }, record, now, settings);
  return {
    ...next,
    observation: next.observation && sighted(next.observation, now.waitMs, incumbentGraceMs(settings)),
  };
}

function afterWrite(
  election: Election,
  id: number,
  outcome: WriteOutcome,
  now: Moment,
  settings: ElectionSettings,
): Election {
  const writing = election.requests.writing.filter((attempt) => attempt.id !== id);
  if (writing.length === election.requests.writing.length) return election;
  const requests: Requests = { ...election.requests, writing };
  switch (outcome.kind) {
    case "written": {
      const record = readLeaseRecord(outcome.lease);
      // A proxy can answer 200 too; what really became of the write, a read will show.
      if (record === null) {
        return afterWrite(election, id, { kind: "failed", failure: nonsense("PUT") }, now, settings);
      }
      const { newest } = election;
      const idle = {
        ...election,
        trouble: null,
        requests: { ...requests, writeFailures: 0, writeAtMs: now.waitMs },
      };
      const isOvertaken = newest !== null && isNewer(newest.resourceVersion, record.resourceVersion);
      return isOvertaken ? idle : sight(idle, record, now, settings);
    }
    case "conflict": {
      // One is a race that was lost, or an answer that was; more in a row are a server that contradicts itself.
      const backoff = drawBackoff(election, null, requests.writeFailures, now, settings);
      return {
        ...election,
        chance: backoff.chance,
        requests: {
          ...requests,
          isStale: true,
          isReadDue: true,
          readAtMs: Math.min(now.waitMs, requests.readAtMs),
          renewAtMs: now.waitMs,
          writeFailures: requests.writeFailures + 1,
          writeAtMs: now.waitMs + (requests.writeFailures === 0 ? 0 : backoff.delayMs),
        },
      };
    }
    case "failed": {
      const backoff = drawBackoff(election, outcome.failure, requests.writeFailures, now, settings);
      return {
        ...election,
        chance: backoff.chance,
        trouble: { of: "write", failure: outcome.failure },
        requests: {
          ...requests,
          isReadDue: requests.isReadDue || outcome.failure.kind !== "ApiServerUnreachable",
          writeFailures: requests.writeFailures + 1,
          writeAtMs: now.waitMs + backoff.delayMs,
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
  if (election.requests.watching !== id) return election;
  const { newest } = election;
  if (news.kind === "started") {
    return { ...election, requests: { ...election.requests, isWatchForbidden: false, watchFailures: 0 } };
  }
  if (news.kind === "deleted") {
    const isOld = newest !== null && !isNewer(news.resourceVersion, newest.resourceVersion);
    if (isOld) return election;
    const seen = { resourceVersion: news.resourceVersion, seenAtMs: now.waitMs };
    return { ...sight(election, null, now, settings), newest: seen };
  }
  if (news.kind === "changed") {
    const record = readLeaseRecord(news.lease);
    const isOld =
      record !== null && newest !== null && !isNewer(record.resourceVersion, newest.resourceVersion);
    if (isOld) return election;
    if (record !== null) return sight(election, record, now, settings);
  }
  const failure = news.kind === "ended" ? news.failure : nonsense("watch");
  const backoff = drawBackoff(election, failure, election.requests.watchFailures, now, settings);
  const isWatchForbidden = failure?.kind === "Forbidden";
  const delayMs = isWatchForbidden ? watchRetryMs : failure === null ? 0 : backoff.delayMs;
  const watchAtMs = Math.max(election.requests.watchAtMs, now.waitMs + delayMs);
  return {
    ...election,
    chance: backoff.chance,
    requests: {
      ...election.requests,
      watching: null,
      watchFailures: failure === null ? 0 : election.requests.watchFailures + 1,
      watchAtMs,
      isWatchForbidden,
      // A watch starts from what a read shows, so its end asks for one (unless the verb is not ours at all).
      isReadDue: election.requests.isReadDue || !isWatchForbidden,
      readAtMs: isWatchForbidden ? election.requests.readAtMs : now.waitMs + delayMs,
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
    ? (election.term?.validUntilMs ?? 0) - now.actMs
    : settings.renewDeadlineMs;
  const askedMs = Math.min(failure?.retryAfterMs ?? 0, leftMs - overlapMs(settings));
  return { delayMs: Math.max(jitteredMs, askedMs), chance };
}

function nonsense(verb: string): Failure {
  return {
    kind: "ApiServerUnreachable",
    message: `the answer to ${verb} is no Lease: is a proxy answering in place of the API server?`,
    retryAfterMs: 0,
  };
}
