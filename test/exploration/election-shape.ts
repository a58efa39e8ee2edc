// The shape of one candidate's election. Every field of it is named here, so that a new one does not compile until somebody
// has said what of it matters to what may still happen.
import type { Election, Requests, Stance } from "../../sidecar/election/election.ts";
import { noForeignMetadata } from "../../sidecar/election/lease-record.ts";
import type { Observation } from "../../sidecar/election/observation.ts";
import { tokenOf, validityEndMs, type OwnTerm } from "../../sidecar/election/term.ts";
import type { Coder } from "./coder.ts";
import { codeRecord, codeTermId, codeTime, codeVersion } from "./lease-shape.ts";
import { baseMs, tickMs } from "./small-world.ts";

/** Ticks of the longest R: a write that is older extends nothing. */
const renewDeadlineTicks = 4;
const operatorTimeoutTicks = 3;
/** Ticks after which it does not matter any more when a process was started. */
const longestLifeTicks = 6;
const longestAgeTicks = 4;

/** The ids of what a sidecar waits for, in their order; the rank among them is what an id becomes. */
export function liveIds(election: Election | null): readonly number[] {
  if (election === null) return [];
  const { read, write, watch } = election.requests;
  const ids = write.underWay.map(({ id }) => id);
  for (const { underWay } of [read, watch]) if (underWay !== null) ids.push(underWay.id);
  return ids.toSorted((one, two) => one - two);
}

/** `isTimeAlive`: whether a record with that renewTime may still be seen. `terms`: how many of them this world knows. */
export function codeElection(
  c: Coder,
  e: Election | undefined,
  isTimeAlive: (renewTime: string) => boolean,
  terms: number,
): Election {
  const ids = e === undefined ? [] : liveIds(e);
  const longestTicks = c.byte(e && e.longestDurationMs / tickMs);
  const observation = c.maybe(e?.observation, (of) => codeObservation(c, of, longestTicks));
  const requests = codeRequests(c, e?.requests, ids);
  const newest = c.maybe(e?.newest, (of) => {
    const resourceVersion = codeVersion(c, of?.resourceVersion);
    const seenAtMs = c.wait(of?.seenAtMs, -longestAgeTicks);
    const sent = e?.requests.read.underWay ?? null;
    const isLater = c.flag(of !== undefined && sent !== null && sent.sentAtMs < of.seenAtMs);
    return {
      resourceVersion,
      seenAtMs: isLater ? (requests.read.underWay?.sentAtMs ?? baseMs) + 1 : seenAtMs,
    };
  });
  return {
    // It only dates what a predecessor may have promised, by the first reading.
    startedAtMs: observation === null ? c.wait(e?.startedAtMs, -longestLifeTicks) : baseMs,
    stance: codeStance(c, e?.stance),
    observation,
    newest,
    longestDurationMs: longestTicks * tickMs,
    lastTransitions: c.byte(e?.lastTransitions),
    // Carried along, and decided by nowhere; nobody adds any in this world.
    foreignMetadata: noForeignMetadata,
    wasEverHeld: c.flag(e?.wasEverHeld),
    isOwnFromBefore: c.flag(e?.isOwnFromBefore),
    term: c.maybe(e?.term, (of) => codeTerm(c, of, isTimeAlive)),
    // The next term gets a number that is not in use.
    termsBegun: terms,
    // The wall clock of this world is always ahead of it.
    lastRenewTimeMicros: 0,
    promises: {
      gateUntilMs: c.wait(e?.promises.gateUntilMs, 0),
      plainUntilMs: c.wait(e?.promises.plainUntilMs, 0),
      predecessorUntilMs: c.wait(e?.promises.predecessorUntilMs, 0),
    },
    presence: {
      wasGateSeen: c.flag(e?.presence.wasGateSeen),
      isGateOpen: c.flag(e?.presence.isGateOpen),
      lastAskedMs: c.maybe(e?.presence.lastAskedMs, (atMs) => c.wait(atMs, -operatorTimeoutTicks)),
      graceUntilMs: c.wait(e?.presence.graceUntilMs, 0),
    },
    requests,
    // Told to people, and decided by nowhere.
    trouble: null,
    // Every delay that it jitters is rounded up to one tick.
    chance: 1,
    wakeAtMs: c.wait(e?.wakeAtMs, -1),
    // The model's operator asks again when it has to, whatever the index.
    index: 1,
    digest: "",
  };
}

function codeObservation(c: Coder, of: Observation | undefined, longestTicks: number): Observation {
  const record = c.maybe(of?.record, (known) => codeRecord(c, known));
  return {
    record,
    changedAtMs: c.wait(of?.changedAtMs, -longestTicks),
    isBlind: c.flag(of?.isBlind),
    graceUntilMs: c.maybe(of?.graceUntilMs, (atMs) => c.wait(atMs, 0)),
  };
}

function codeStance(c: Coder, of: Stance | undefined): Stance {
  const kind = c.pick(of?.kind, [
    "campaigning",
    "stepping-down",
    "resting",
    "handing-over",
    "ended",
  ] as const);
  const why = () =>
    c.pick(of && "why" in of ? of.why : undefined, ["Draining", "SteppedDown", "OperatorSilent"] as const);
  const untilMs = () => c.wait(of && "untilMs" in of ? of.untilMs : undefined, 0);
  switch (kind) {
    case "campaigning":
      return { kind };
    case "stepping-down":
      return { kind, why: why(), hadLease: c.flag(of?.kind === kind && of.hadLease) };
    case "resting":
      return { kind, why: why(), untilMs: untilMs() };
    case "handing-over":
      return { kind, untilMs: untilMs() };
    case "ended":
      // The name of the successor is for the log.
      return { kind, successor: null };
  }
}

function codeTerm(c: Coder, of: OwnTerm | undefined, isTimeAlive: (renewTime: string) => boolean): OwnTerm {
  const kind = c.pick(of?.kind, ["sought", "settling", "held"] as const);
  const all = {
    id: codeTermId(c, of?.id),
    transitions: c.byte(of?.transitions),
    acquireTime: codeTime(c, of?.acquireTime),
    writes: c.list(
      of?.writes.filter(({ renewTime }) => isTimeAlive(renewTime)),
      (write) => ({
        renewTime: codeTime(c, write?.renewTime),
        sentAtMs: c.act(write?.sentAtMs, -renewDeadlineTicks),
      }),
    ),
  };
  if (kind === "sought") return { ...all, kind, mustSettle: c.flag(of?.kind === kind && of.mustSettle) };
  const end = of === undefined ? undefined : validityEndMs(of);
  // 0 is not a time: it was never acknowledged.
  const validUntilMs = c.flag(end === 0) ? 0 : c.act(end, 0);
  if (kind === "settling") {
    return {
      ...all,
      kind,
      validUntilMs,
      settledAtMs: c.wait(of?.kind === kind ? of.settledAtMs : undefined, 0),
    };
  }
  return { ...all, kind, validUntilMs, fencingToken: codeVersion(c, tokenOf(of ?? null) ?? undefined) };
}

function codeRequests(c: Coder, of: Requests | undefined, ids: readonly number[]): Requests {
  const rank = (id: number): number => ids.indexOf(id) + 1;
  const read = c.maybe(of?.read.underWay, (call) => ({
    id: c.byte(call && rank(call.id)),
    sentAtMs: c.wait(call?.sentAtMs, -longestAgeTicks),
  }));
  const writes = c.list(of?.write.underWay, (attempt) => ({
    id: c.byte(attempt && rank(attempt.id)),
    purpose: c.pick(attempt?.purpose, ["create", "acquire", "renew", "release"] as const),
    sentAtMs: c.wait(attempt?.sentAtMs, -longestAgeTicks),
  }));
  return {
    nextId: c.byte(of && ids.length + 1),
    read: {
      underWay: read,
      isWanted: c.flag(of?.read.isWanted),
      // How many there were only makes the next delay longer, and that is a tick either way.
      failures: 0,
      notBeforeMs: c.wait(of?.read.notBeforeMs, 0),
    },
    write: {
      underWay: writes,
      lastId: c.byte(of && rank(of.write.lastId)),
      mustReadFirst: c.flag(of?.write.mustReadFirst),
      failures: c.flag(of && of.write.failures > 0) ? 1 : 0,
      notBeforeMs: c.wait(of?.write.notBeforeMs, 0),
      renewAtMs: c.wait(of?.write.renewAtMs, 0),
    },
    watch: {
      underWay: c.maybe(of?.watch.underWay, (watch) => ({ id: c.byte(watch && rank(watch.id)) })),
      failures: 0,
      // A reading that was sent before then shows nothing about the watch.
      notBeforeMs: c.wait(
        of && Math.max(of.watch.notBeforeMs, of.read.underWay?.sentAtMs ?? 0),
        read === null ? 0 : -longestAgeTicks,
      ),
      isForbidden: c.flag(of?.watch.isForbidden),
    },
  };
}
