// The state of one candidate, what can happen to it, and what it asks to be done. All plain data: it can be printed,
// stored, compared and replayed. Times are in ms; see platform/clock.ts for the two clocks.
import type { Moment } from "../../platform/clock.ts";
import { noForeignMetadata, type ForeignMetadata, type Lease, type LeaseRecord } from "./lease-record.ts";
import type { Observation } from "./observation.ts";
import { nobodyPresent, type Presence } from "./presence.ts";
import { noPromises, type Promises } from "./promises.ts";
import type { ElectionSettings } from "./settings.ts";
import type { OwnTerm } from "./term.ts";

/** Where a candidate stands. Only one that is campaigning may lead. */
export type Stance =
  | { readonly kind: "campaigning" }
  /** Renews no more; releases once every promise has run out. `hadLease`: there is something to hand over. */
  | { readonly kind: "stepping-down"; readonly why: StepDownReason; readonly hadLease: boolean }
  /** Sits out until another has held the lease, at most until then (monotonic ms). */
  | { readonly kind: "resting"; readonly why: StepDownReason; readonly untilMs: number }
  /** Draining, and free of the lease: waits for a standby to take it, at most until then (monotonic ms). */
  | { readonly kind: "handing-over"; readonly untilMs: number }
  /** Over for good; `successor` is the pod that took the lease: "" when none was seen to, null when there was no lease to take. */
  | { readonly kind: "ended"; readonly successor: string | null };

export type StepDownReason = "Draining" | "SteppedDown" | "OperatorSilent";

/** Why an API server gave no useful answer. */
export type TroubleKind =
  | "Forbidden"
  | "Unauthorized"
  | "NamespaceMissing"
  | "LeaseInvalid"
  | "ApiServerUnreachable";

export interface Failure {
  readonly kind: TroubleKind;
  /** For people: names the verb, the resource, the namespace and the account where the server does. */
  readonly message: string;
  /** What the server asked for with Retry-After, 0 when it did not. */
  readonly retryAfterMs: number;
}

/** What a read has shown. `missing` is an answer too. */
export type LeaseReadOutcome =
  | { readonly kind: "found"; readonly record: LeaseRecord }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly failure: Failure };

/** What became of a write. After `conflict` the record must be read before anything else is written. */
export type LeaseWriteOutcome =
  | { readonly kind: "written"; readonly record: LeaseRecord }
  | { readonly kind: "conflict" }
  | { readonly kind: "failed"; readonly failure: Failure };

/** What a watch brings. `ended` is its last event, whatever ended it. */
export type WatchNews =
  | { readonly kind: "started" }
  | { readonly kind: "changed"; readonly record: LeaseRecord }
  | { readonly kind: "deleted"; readonly resourceVersion: string }
  | { readonly kind: "ended"; readonly failure: Failure | null };

export type ElectionEvent =
  /** Time has passed: the moment given by `wakeAtMs` has come. */
  | { readonly type: "woken" }
  | { readonly type: "read"; readonly id: number; readonly outcome: LeaseReadOutcome }
  | { readonly type: "write"; readonly id: number; readonly outcome: LeaseWriteOutcome }
  | { readonly type: "watch"; readonly id: number; readonly news: WatchNews }
  | { readonly type: "asked"; readonly by: "gate" | "plain" }
  | { readonly type: "gate-opened" }
  | { readonly type: "gate-ended"; readonly by: "peer" | "sidecar" }
  /** DELETE /leader. */
  | { readonly type: "step-down" }
  /** SIGTERM. */
  | { readonly type: "drain" };

export type ElectionAction =
  | { readonly type: "read"; readonly id: number; readonly timeoutMs: number }
  | {
      readonly type: "write";
      readonly id: number;
      readonly verb: "create" | "update";
      readonly lease: Lease;
      readonly timeoutMs: number;
      /** Use a new connection: the one in use may be dead without knowing it. */
      readonly isOnFreshSocket: boolean;
    }
  /** Takes the place of any earlier watch. */
  | { readonly type: "watch"; readonly id: number; readonly resourceVersion: string };

export type WritePurpose = "create" | "acquire" | "renew" | "release";

export interface WriteAttempt {
  readonly id: number;
  readonly purpose: WritePurpose;
  readonly sentAtMs: number;
}

/** What reads, writes and watches have in common: how often they failed in a row, and when the next one may go out. */
interface Lane {
  /** Failures since the last success; they make the backoff longer. */
  readonly failures: number;
  /** Monotonic ms before which none is sent. */
  readonly notBeforeMs: number;
}

export interface ReadLane extends Lane {
  readonly underWay: { readonly id: number; readonly sentAtMs: number } | null;
  /** A read is wanted, for a watch to start from or because something odd was seen. */
  readonly isWanted: boolean;
}

export interface WriteLane extends Lane {
  /** Five at a time at most, the latest last. */
  readonly underWay: readonly WriteAttempt[];
  /** The last one that was sent, whether or not it is under way. */
  readonly lastId: number;
  /** The record changed under a write of ours: it must be read before anything else is written. */
  readonly mustReadFirst: boolean;
  /** Monotonic ms at which the next renewal is due, if all goes well. */
  readonly renewAtMs: number;
}

export interface WatchLane extends Lane {
  readonly underWay: { readonly id: number } | null;
  /** The verb is not ours: reads take its place until it is tried again. */
  readonly isForbidden: boolean;
}

/** Requests under way, and when the next ones are due. */
export interface Requests {
  readonly nextId: number;
  readonly read: ReadLane;
  readonly write: WriteLane;
  readonly watch: WatchLane;
}

/** The newest reading: what is older is not believed. */
export interface Newest {
  readonly resourceVersion: string;
  readonly seenAtMs: number;
}

export interface Election {
  readonly startedAtMs: number;
  readonly stance: Stance;
  readonly observation: Observation | null;
  readonly newest: Newest | null;
  /** D_max: the largest duration ever seen on this lease, our own included. It never forgets. */
  readonly longestDurationMs: number;
  /** `leaseTransitions` of the last record seen: a candidate that re-creates the lease goes on from there. */
  readonly lastTransitions: number;
  /** Other people's labels and annotations of the last record seen: a candidate that re-creates the lease puts them back. */
  readonly foreignMetadata: ForeignMetadata;
  /** Some holder or past term was seen: `created-empty` means nothing to us any more. */
  readonly wasEverHeld: boolean;
  /** The first record read was this very pod's: its lease may be taken up again while that record stands unchanged. */
  readonly isOwnFromBefore: boolean;
  /** The term sought or held. */
  readonly term: OwnTerm | null;
  readonly termsBegun: number;
  /** Microseconds of the last `renewTime` written. */
  readonly lastRenewTimeMicros: number;
  readonly promises: Promises;
  readonly presence: Presence;
  readonly requests: Requests;
  readonly trouble: { readonly of: "read" | "write"; readonly failure: Failure } | null;
  /** State of the generator of jitter. */
  readonly chance: number;
  /** Monotonic ms of the next moment at which something is due; a step much later than that shows a stall. */
  readonly wakeAtMs: number;
  /** Changes whenever anything but the countdown changes. */
  readonly index: number;
  readonly digest: string;
}

export function initialElection(settings: ElectionSettings, now: Moment): Election {
  return {
    startedAtMs: now.waitMs,
    stance: { kind: "campaigning" },
    observation: null,
    newest: null,
    longestDurationMs: settings.leaseDurationMs,
    lastTransitions: 0,
    foreignMetadata: noForeignMetadata,
    wasEverHeld: false,
    isOwnFromBefore: false,
    term: null,
    termsBegun: 0,
    lastRenewTimeMicros: 0,
    promises: noPromises,
    presence: nobodyPresent,
    requests: {
      nextId: 1,
      read: { underWay: null, failures: 0, notBeforeMs: now.waitMs, isWanted: true },
      write: {
        underWay: [],
        failures: 0,
        notBeforeMs: now.waitMs,
        lastId: 0,
        mustReadFirst: false,
        renewAtMs: now.waitMs,
      },
      watch: { underWay: null, failures: 0, notBeforeMs: now.waitMs, isForbidden: false },
    },
    trouble: null,
    chance: settings.seed >>> 0,
    wakeAtMs: now.waitMs,
    index: 1,
    digest: "",
  };
}

/** Whether the candidate may call itself leader at this moment: asked of the clock, never of a stored boolean. */
export function isLeading(election: Election, now: Moment): boolean {
  const { stance, term, observation } = election;
  return (
    stance.kind === "campaigning" &&
    term?.kind === "held" &&
    now.actMs < term.validUntilMs &&
    !observation?.record?.isCoordinated
  );
}
