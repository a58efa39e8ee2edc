// What is true of an election after every step, in production too. A broken one is a bug of ours, and a state that must not
// be answered from: the process crashes. That is safe, since its promises run out by themselves and its lease is taken
// after its duration; a wrong yes is not.
import type { Moment } from "../../platform/clock.ts";
import { insistOn } from "../../platform/broken-invariant.ts";
import type { Election, ElectionAction } from "./election.ts";
import { promisesEndMs } from "./promises.ts";
import { mostWrites, type ElectionSettings } from "./settings.ts";
import { validityEndMs } from "./term.ts";

const insist = insistOn("the election");

/** Throws BrokenInvariantError unless `after`, and what it asks to be done, are sound. */
export function assertSound(
  before: Election,
  after: Election,
  actions: readonly ElectionAction[],
  now: Moment,
  settings: ElectionSettings,
): void {
  assertValidity(after, now, settings);
  assertSameTerm(before, after);
  assertRelease(after, now);
  assertRequests(after);
  const isFree = ["resting", "handing-over", "ended"].includes(after.stance.kind);
  insist(!isFree || after.term === null, `${after.stance.kind} with a term`);
  insist(after.stance.kind !== "ended" || actions.length === 0, "a request of a candidate that has ended");
  insist(after.index >= before.index, "an index that goes back");
  insist(after.longestDurationMs >= before.longestDurationMs, "a longest duration that forgets");
  insist(after.longestDurationMs >= settings.leaseDurationMs, "a longest duration below our own");
  insist(after.lastRenewTimeMicros >= before.lastRenewTimeMicros, "a renewTime that goes back");
}

/** No write was sent later than now, so nothing is valid for longer than R from now. */
function assertValidity({ term }: Election, now: Moment, { renewDeadlineMs }: ElectionSettings): void {
  insist(validityEndMs(term) <= now.actMs + renewDeadlineMs, "a validity beyond the renew deadline");
  insist(
    (term?.writes ?? []).every(({ sentAtMs }) => sentAtMs <= now.actMs),
    "a write that was sent later than now",
  );
}

/** A term keeps its token, and while it is held only a release takes validity from it. */
function assertSameTerm({ term: former }: Election, { term, stance }: Election): void {
  if (former?.kind !== "held" || term?.kind !== "held" || former.id !== term.id) return;
  insist(former.fencingToken === term.fencingToken, "another token in the same term");
  insist(former.transitions === term.transitions, "another number of the same term");
  const isGivenUp = stance.kind === "stepping-down";
  insist(isGivenUp || term.validUntilMs >= former.validUntilMs, "a validity that became shorter");
}

/** A release goes out when nobody counts on a promise any more, and nothing is promised afterwards. */
function assertRelease({ requests, promises }: Election, now: Moment): void {
  const isReleasing = requests.write.underWay.some(({ purpose }) => purpose === "release");
  insist(!isReleasing || promisesEndMs(promises) <= now.waitMs, "a release beside a promise that runs");
}

function assertRequests({ requests }: Election): void {
  const { read, write, watch, nextId } = requests;
  insist(write.underWay.length <= mostWrites, "more writes than may be under way");
  const ids = [...write.underWay, ...[read.underWay, watch.underWay].filter((one) => one !== null)];
  insist(
    ids.every(({ id }) => id > 0 && id < nextId),
    "a request under an id that was never given",
  );
}
