// A reading: the lease as it stands, or that there is none, whatever brought it (a GET, a watch, the answer to a write of
// ours). Every reading comes through here: it is the only way in which the record reaches the state, and the only thing
// that can make a term begin, last longer, or end.
import type { Moment } from "../../platform/clock.ts";
import type { Election } from "./election.ts";
import { foreignMetadataOf, isSameRecord, type LeaseRecord } from "./lease-record.ts";
import { observed } from "./observation.ts";
import type { ElectionSettings } from "./settings.ts";
import { acknowledged, isRecordOf, validityEndMs } from "./term.ts";

/** Takes in the lease as it is now; null: there is none. */
export function withReading(
  election: Election,
  record: LeaseRecord | null,
  now: Moment,
  settings: ElectionSettings,
): Election {
  const observation = observed(election.observation, record, now.waitMs);
  const isFirst = election.observation === null;
  const hasChanged = isFirst || !isSameRecord(election.observation.record, record);
  const isOwnFromBefore = isFirst
    ? isOurPredecessors(record, settings)
    : election.isOwnFromBefore && !hasChanged;
  const next: Election = {
    ...election,
    observation,
    newest: record ? { resourceVersion: record.resourceVersion, seenAtMs: now.waitMs } : election.newest,
    longestDurationMs: Math.max(election.longestDurationMs, record?.durationMs ?? 0),
    lastTransitions: record?.transitions ?? election.lastTransitions,
    foreignMetadata: record ? foreignMetadataOf(record) : election.foreignMetadata,
    wasEverHeld: election.wasEverHeld || (record !== null && showsAHolder(record)),
    isOwnFromBefore,
    promises: isFirst ? withPredecessor(election, record, isOwnFromBefore, settings) : election.promises,
    requests: hasChanged ? withoutLostRaces(election, record, now, settings) : election.requests,
  };
  return withTerm(next, record, hasChanged, now, settings);
}

function showsAHolder(record: LeaseRecord): boolean {
  return record.holder !== "" || record.transitions > 0 || record.mark !== null;
}

/** A candidate that has lost a race must not be late for the next; but a backoff under way, the server's own too, goes on. */
function withoutLostRaces(
  { requests }: Election,
  record: LeaseRecord | null,
  now: Moment,
  settings: ElectionSettings,
): Election["requests"] {
  const isAnothers = record !== null && record.holder !== "" && record.holder !== settings.identity;
  const { write } = requests;
  return isAnothers && write.notBeforeMs <= now.waitMs
    ? { ...requests, write: { ...write, failures: 0 } }
    : requests;
}

/** What a predecessor in this pod promised we cannot know: it counts as outstanding for as long as it could be. */
function withPredecessor(
  election: Election,
  record: LeaseRecord | null,
  isOwnFromBefore: boolean,
  settings: ElectionSettings,
): Election["promises"] {
  if (!isOwnFromBefore) return election.promises;
  const lifeMs = Math.max(settings.renewDeadlineMs, record?.durationMs ?? 0);
  return { ...election.promises, predecessorUntilMs: election.startedAtMs + lifeMs };
}

/** A restarted sidecar knows its pod's record by name and uid, and only by a mark that is bound (rule 9). */
function isOurPredecessors(record: LeaseRecord | null, settings: ElectionSettings): boolean {
  return (
    record !== null &&
    record.holder === settings.identity &&
    record.mark !== null &&
    record.mark.holderUid === settings.holderUid
  );
}

function withTerm(
  election: Election,
  record: LeaseRecord | null,
  hasChanged: boolean,
  now: Moment,
  settings: ElectionSettings,
): Election {
  const { term, requests } = election;
  if (term === null) return election;
  if (record !== null && isRecordOf(term, record, settings.identity)) {
    const at = { record, waitMs: now.waitMs, actMs: now.actMs };
    const next = acknowledged(term, at, settings.renewDeadlineMs, election.longestDurationMs);
    // The incumbent that put a deleted lease back takes the word out of it without delay.
    const isWordToGo = record.mark?.isSettling === true && next.kind === "held";
    const renewAtMs = isWordToGo ? now.waitMs : requests.write.renewAtMs;
    return { ...election, term: next, requests: { ...requests, write: { ...requests.write, renewAtMs } } };
  }
  // A deleted lease is put back by its incumbent, if that is still valid then.
  if (record === null && term.kind === "held" && now.actMs < validityEndMs(term)) return election;
  // While it is only sought, on a record that stands as it stood, the write may still be committed.
  if (term.kind === "sought" && !hasChanged) return election;
  return { ...election, term: null };
}
