// A term: one unbroken holding of the lease, from the write that seeks it on, and its validity. Validity is only ever
// extended by the sight of a write of our own in the record, and is counted from before that write was sent (rule 1).
import type { LeaseRecord } from "./lease-record.ts";

/** A write that was sent and may have been committed. */
export interface SentWrite {
  readonly renewTime: string;
  /** Act-clock ms, read before the request was sent. */
  readonly sentAtMs: number;
}

export interface Term {
  readonly id: string;
  /** `leaseTransitions` that the term has, or will have if its acquisition succeeds. */
  readonly transitions: number;
  readonly acquireTime: string;
  /** `resourceVersion` at acquisition; null while the lease is only sought, or held but settling. */
  readonly fencingToken: string | null;
  /** Act-clock ms at which validity ends; 0 before the first acknowledgement. */
  readonly validUntilMs: number;
  /** The record carries `settling`, and only the write that ends the settling removes it (rule 8). */
  readonly isSettling: boolean;
  /** Monotonic ms at which settling is over; null while not settling, or not yet holder. */
  readonly settledAtMs: number | null;
  /** Writes whose sight would still extend validity. */
  readonly writes: readonly SentWrite[];
}

/** Whether `record` shows that term of ours: name, term id and that term's number of transitions (rule 9). */
export function isRecordOf(term: Term | null, record: LeaseRecord | null, identity: string): boolean {
  return (
    term !== null &&
    record !== null &&
    record.holder === identity &&
    record.mark?.termId === term.id &&
    record.transitions === term.transitions
  );
}

/** Notes a write that is about to be sent; what can extend nothing any more is forgotten. */
export function withWrite(term: Term, write: SentWrite, renewDeadlineMs: number): Term {
  const live = term.writes.filter((earlier) => earlier.sentAtMs + renewDeadlineMs > write.sentAtMs);
  return { ...term, writes: [...live, write] };
}

export interface Sight {
  readonly record: LeaseRecord;
  readonly waitMs: number;
  readonly actMs: number;
}

/** Takes in the sight of our own record: the only thing that makes a term valid, or longer so. */
export function acknowledged(
  term: Term,
  sight: Sight,
  renewDeadlineMs: number,
  longestDurationMs: number,
): Term {
  const { record, waitMs, actMs } = sight;
  const seen = term.writes.find((write) => write.renewTime === record.renewTime);
  const wasValid = actMs < term.validUntilMs;
  const validUntilMs = seen
    ? Math.max(term.validUntilMs, seen.sentAtMs + renewDeadlineMs)
    : term.validUntilMs;
  const next = { ...term, validUntilMs };
  if (record.mark?.isSettling) {
    // An incumbent that put a deleted lease back goes on if it is still valid when it learns of it; all others settle.
    const isIncumbent = wasValid && !term.isSettling;
    if (isIncumbent) return next;
    const settledAtMs = term.settledAtMs ?? waitMs + longestDurationMs;
    return { ...next, isSettling: true, settledAtMs, fencingToken: null };
  }
  const fencingToken = term.fencingToken ?? (seen ? record.resourceVersion : null);
  return { ...next, isSettling: false, settledAtMs: null, fencingToken };
}
