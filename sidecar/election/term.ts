// A term: one unbroken holding of the lease, from the write that seeks it on. It is sought until the record shows it,
// settling where it began on a lease that was missing, and held once it has a fencing token. Its validity is only ever
// extended by a reading that shows a write of our own, and is counted from before that write was sent (rule 1).
import type { LeaseRecord } from "./lease-record.ts";

/** A write that was sent and may have been committed. */
export interface SentWrite {
  readonly renewTime: string;
  /** Act-clock ms, read before the request was sent. */
  readonly sentAtMs: number;
}

interface AnyTerm {
  readonly id: string;
  /** `leaseTransitions` that the term has, or will have if its acquisition succeeds. */
  readonly transitions: number;
  readonly acquireTime: string;
  /** Writes that would still extend the validity when a reading shows them. */
  readonly writes: readonly SentWrite[];
}

/** Written, and not yet shown by the record together with a write that still counts. */
export interface SoughtTerm extends AnyTerm {
  readonly kind: "sought";
  /** It began on a lease that was missing, or that was settling: once it is shown, it settles first (rule 8). */
  readonly mustSettle: boolean;
}

/** The record is ours and says `settling`: it may not lead before `settledAtMs`, nor before the word is out of it. */
export interface SettlingTerm extends AnyTerm {
  readonly kind: "settling";
  /** Act-clock ms at which the validity ends; 0 while no write of ours was shown. */
  readonly validUntilMs: number;
  /** Monotonic ms. */
  readonly settledAtMs: number;
}

/** Ours, with a token: it leads for as long as it is valid. */
export interface HeldTerm extends AnyTerm {
  readonly kind: "held";
  /** Act-clock ms at which the validity ends. */
  readonly validUntilMs: number;
  /** `resourceVersion` at the acquisition. */
  readonly fencingToken: string;
}

export type OwnTerm = SoughtTerm | SettlingTerm | HeldTerm;

/** Whether `record` shows that term of ours: name, term id and that term's number of transitions (rule 9). */
export function isRecordOf(term: OwnTerm | null, record: LeaseRecord | null, identity: string): boolean {
  return (
    term !== null &&
    record !== null &&
    record.holder === identity &&
    record.mark?.termId === term.id &&
    record.transitions === term.transitions
  );
}

/** Whether a write of the term is to say `settling`. */
export function saysSettling(term: OwnTerm, waitMs: number): boolean {
  return term.kind === "sought" ? term.mustSettle : term.kind === "settling" && waitMs < term.settledAtMs;
}

/** Whether the term has not led yet, and may not before it has settled. */
export function isUnsettled(term: OwnTerm): boolean {
  return term.kind === "sought" ? term.mustSettle : term.kind === "settling";
}

/** The fencing token of a term that has one. */
export function tokenOf(term: OwnTerm | null): string | null {
  return term?.kind === "held" ? term.fencingToken : null;
}

/** Act-clock ms at which the validity of the term ends; 0 while nothing has made it valid. */
export function validityEndMs(term: OwnTerm | null): number {
  return term === null || term.kind === "sought" ? 0 : term.validUntilMs;
}

/** Notes a write that is about to be sent; what can extend nothing any more is forgotten. */
export function withWrite(term: OwnTerm, write: SentWrite, renewDeadlineMs: number): OwnTerm {
  const live = term.writes.filter((earlier) => earlier.sentAtMs + renewDeadlineMs > write.sentAtMs);
  return { ...term, writes: [...live, write] };
}

/** Notes that a release is about to be sent: whatever becomes of it, nothing makes this term valid any more. */
export function withRelease(term: OwnTerm, actMs: number): OwnTerm {
  return term.kind === "sought"
    ? { ...term, writes: [] }
    : { ...term, validUntilMs: Math.min(term.validUntilMs, actMs), writes: [] };
}

/** The record as a reading shows it, and when that came in. */
export interface Shown {
  readonly record: LeaseRecord;
  readonly waitMs: number;
  readonly actMs: number;
}

/** Takes in that the record shows this term: the only thing that makes it valid, or longer so. */
export function acknowledged(
  term: OwnTerm,
  shown: Shown,
  renewDeadlineMs: number,
  longestDurationMs: number,
): OwnTerm {
  const { record, waitMs, actMs } = shown;
  const { id, transitions, acquireTime, writes } = term;
  const same = { id, transitions, acquireTime, writes };
  const seen = writes.find((write) => write.renewTime === record.renewTime);
  const before = validityEndMs(term);
  const validUntilMs = seen ? Math.max(before, seen.sentAtMs + renewDeadlineMs) : before;
  if (record.mark?.isSettling) {
    // An incumbent that put a deleted lease back goes on if it is still valid when it learns of it; all others settle.
    if (term.kind === "held" && actMs < before) return { ...term, validUntilMs };
    const settledAtMs = term.kind === "settling" ? term.settledAtMs : waitMs + longestDurationMs;
    return { ...same, kind: "settling", validUntilMs, settledAtMs };
  }
  if (term.kind === "held") return { ...term, validUntilMs };
  if (seen) return { ...same, kind: "held", validUntilMs, fencingToken: record.resourceVersion };
  return { ...same, kind: "sought", mustSettle: false };
}
