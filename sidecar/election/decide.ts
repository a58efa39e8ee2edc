// What a candidate does next, and when: at most one read, one watch and five writes are ever under way. Each of the
// three has one function that says when it is due; a step sends what is due and sleeps until the next of these moments.
import type { Moment } from "../../platform/clock.ts";
import type { Election, ElectionAction, WritePurpose } from "./election.ts";
import { freedomOf, mustSettle } from "./free-lease.ts";
import { composeLease, formatMicroTime, transitionsAfter, type LeaseRecord } from "./lease-record.ts";
import { absentAtMs } from "./presence.ts";
import { promisesEndMs } from "./promises.ts";
import { mostWrites, overlapMs, type ElectionSettings } from "./settings.ts";
import {
  isRecordOf,
  isUnsettled,
  saysSettling,
  validityEndMs,
  withRelease,
  withWrite,
  type OwnTerm,
} from "./term.ts";

export interface Decision {
  readonly election: Election;
  readonly actions: readonly ElectionAction[];
}

const never = Number.POSITIVE_INFINITY;

/** Sends whatever is due now. */
export function decide(election: Election, now: Moment, settings: ElectionSettings): Decision {
  const actions: ElectionAction[] = [];
  let next = election;
  for (const send of [sendWrite, sendRead, sendWatch]) {
    const sent = send(next, now, settings);
    if (sent === null) continue;
    next = sent.election;
    actions.push(sent.action);
  }
  return { election: next, actions };
}

/** The next moment (monotonic ms) at which a request is due, or something that an answer says comes to its end. */
export function nextMomentMs(election: Election, now: Moment, settings: ElectionSettings): number {
  const { term, stance, presence } = election;
  const moments = [
    planWrite(election, now, settings)?.atMs ?? never,
    readDueMs(election, settings),
    watchDueMs(election),
    // Validity is counted on the act clock; asked again at the latest when it would end if that clock ran evenly.
    term ? now.waitMs + (validityEndMs(term) - now.actMs) : never,
    absentAtMs(presence, settings.operatorTimeoutMs),
    stance.kind === "resting" || stance.kind === "handing-over" ? stance.untilMs : never,
    stance.kind === "stepping-down" ? releaseEndMs(election) : never,
  ];
  return Math.min(...moments.filter((atMs) => atMs > now.waitMs));
}

/** When others may take the lease anyway, so that a release that never succeeded need not be tried any longer. */
export function releaseEndMs(election: Election): number {
  return (election.observation?.changedAtMs ?? 0) + election.longestDurationMs;
}

interface Sent {
  readonly election: Election;
  readonly action: ElectionAction;
}

function sendRead(election: Election, now: Moment, settings: ElectionSettings): Sent | null {
  if (now.waitMs < readDueMs(election, settings)) return null;
  const { nextId: id, read } = election.requests;
  const underWay = { id, sentAtMs: now.waitMs };
  const requests = { ...election.requests, nextId: id + 1, read: { ...read, underWay } };
  const action = { type: "read", id, timeoutMs: settings.renewDeadlineMs / 2 } as const;
  return { election: { ...election, requests }, action };
}

function readDueMs(election: Election, settings: ElectionSettings): number {
  const { requests, observation, stance, term } = election;
  const { read, watch } = requests;
  if (read.underWay !== null || stance.kind === "ended") return never;
  if (read.isWanted || observation === null || observation.record === null) return read.notBeforeMs;
  // A holder learns of every change by its own renewals.
  if (isRecordOf(term, observation.record, observation.record.holder)) return never;
  if (watch.isForbidden) return read.notBeforeMs;
  // A watch that brings nothing for two renewals may be dead, or its leader: only a read can tell.
  return Math.max(read.notBeforeMs, observation.changedAtMs + 2.5 * settings.retryPeriodMs);
}

function sendWatch(election: Election, now: Moment, settings: ElectionSettings): Sent | null {
  const { newest, requests } = election;
  if (now.waitMs < watchDueMs(election) || newest === null) return null;
  const id = requests.nextId;
  // A server that ends every watch at once is not asked more than once in P.
  const notBeforeMs = now.waitMs + settings.retryPeriodMs;
  const watch = { ...requests.watch, underWay: { id }, notBeforeMs };
  return {
    election: { ...election, requests: { ...requests, nextId: id + 1, watch } },
    action: { type: "watch", id, resourceVersion: newest.resourceVersion },
  };
}

function watchDueMs({ requests, observation, stance }: Election): number {
  const { read, watch } = requests;
  const isReady = !read.isWanted && watch.underWay === null && stance.kind !== "ended";
  return isReady && observation?.record ? watch.notBeforeMs : never;
}

interface WritePlan {
  readonly purpose: WritePurpose;
  /** Monotonic ms from which on it may be sent. */
  readonly atMs: number;
}

/** The write that is wanted next, if any: what for, and when. */
function planWrite(election: Election, now: Moment, settings: ElectionSettings): WritePlan | null {
  const { write } = election.requests;
  const wanted = wantedWrite(election, now, settings);
  if (wanted === null || write.mustReadFirst || write.underWay.length >= mostWrites) return null;
  const latest = write.underWay.at(-1);
  if (latest?.id === write.lastId && latest.purpose === wanted.purpose) {
    const joinAtMs = latest.sentAtMs + overlapMs(settings);
    // A record that changed under the earlier attempt is judged anew: only a renewal is due whatever else is planned.
    return { ...wanted, atMs: wanted.purpose === "renew" ? joinAtMs : Math.max(wanted.atMs, joinAtMs) };
  }
  return wanted;
}

function wantedWrite(election: Election, now: Moment, settings: ElectionSettings): WritePlan | null {
  const { stance, term, observation } = election;
  if (observation === null) return null;
  const { record } = observation;
  const { write } = election.requests;
  const notBeforeMs = write.failures > 0 ? write.notBeforeMs : 0;
  const isHolder = isRecordOf(term, record, settings.identity);
  if (stance.kind === "stepping-down") {
    const atMs = Math.max(promisesEndMs(election.promises), notBeforeMs);
    return isHolder && now.waitMs < releaseEndMs(election) ? { purpose: "release", atMs } : null;
  }
  if (stance.kind !== "campaigning" || record?.isCoordinated) return null;
  if (isHolder) {
    return { purpose: "renew", atMs: write.failures > 0 ? write.notBeforeMs : write.renewAtMs };
  }
  const isIncumbent = term?.kind === "held" && now.actMs < term.validUntilMs;
  if (record === null && isIncumbent) return { purpose: "create", atMs: notBeforeMs };
  if (now.waitMs >= absentAtMs(election.presence, settings.operatorTimeoutMs)) return null;
  const freedom = freedomOf(election, settings);
  if (freedom === null) return null;
  const purpose = freedom.how === "missing" ? "create" : "acquire";
  return { purpose, atMs: Math.max(freedom.atMs, notBeforeMs) };
}

function sendWrite(election: Election, now: Moment, settings: ElectionSettings): Sent | null {
  const plan = planWrite(election, now, settings);
  if (plan === null || now.waitMs < plan.atMs) return null;
  const { requests } = election;
  const record = election.observation?.record ?? null;
  // Strictly growing whatever the wall clock does: an unchanged record would not be a sign of life.
  const renewTimeMicros = Math.max(Math.floor(now.wallMs * 1000), election.lastRenewTimeMicros + 1);
  const renewTime = formatMicroTime(renewTimeMicros);
  const before = election.term ?? beginTerm(election, record, renewTime, settings);
  const term = withWrite(before, { renewTime, sentAtMs: now.actMs }, settings.renewDeadlineMs);
  const id = requests.nextId;
  const isRelease = plan.purpose === "release";
  const written = {
    holder: isRelease ? "" : settings.identity,
    holderUid: settings.holderUid,
    durationSeconds: settings.leaseDurationMs / 1000,
    termId: term.id,
    transitions: term.transitions,
    acquireTime: term.acquireTime,
    renewTime,
    isSettling: plan.purpose === "create" || saysSettling(term, now.waitMs),
    isReleased: isRelease && !isUnsettled(term),
  };
  const lease = composeLease(record, settings.lease, written, election.foreignMetadata);
  const dueMs = now.waitMs + settings.retryPeriodMs;
  const isToSettle = term.kind === "settling" && term.settledAtMs > now.waitMs;
  const renewAtMs = isToSettle ? Math.min(dueMs, term.settledAtMs) : dueMs;
  const attempt = { id, purpose: plan.purpose, sentAtMs: now.waitMs };
  const write = { ...requests.write, lastId: id, renewAtMs, underWay: [...requests.write.underWay, attempt] };
  return {
    election: {
      ...election,
      term: isRelease ? withRelease(term, now.actMs) : term,
      termsBegun: election.term === null ? election.termsBegun + 1 : election.termsBegun,
      lastRenewTimeMicros: renewTimeMicros,
      requests: { ...requests, nextId: id + 1, write },
    },
    action: {
      type: "write",
      id,
      verb: plan.purpose === "create" ? "create" : "update",
      lease,
      timeoutMs: settings.renewDeadlineMs,
      isOnFreshSocket: requests.write.underWay.length > 0,
    },
  };
}

function beginTerm(
  election: Election,
  record: LeaseRecord | null,
  acquireTime: string,
  settings: ElectionSettings,
): OwnTerm {
  return {
    kind: "sought",
    id: `${settings.processName}-${election.termsBegun + 1}`,
    transitions: transitionsAfter(record?.transitions ?? election.lastTransitions),
    acquireTime,
    mustSettle: mustSettle(election),
    writes: [],
  };
}
