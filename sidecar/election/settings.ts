// What an election is told once, at its start.

export interface ElectionSettings {
  /** This candidate: the pod's name, exactly, as it will stand in `holderIdentity`. */
  readonly identity: string;
  /** The pod's uid, or what stands in for it: tells a restarted sidecar its own record from a namesake's. */
  readonly holderUid: string;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** D: how long others wait on an unchanged record. Whole seconds. */
  readonly leaseDurationMs: number;
  /** R: how long a renewal makes us valid, counted from before it was sent. */
  readonly renewDeadlineMs: number;
  /** P: time between renewals, and the largest backoff. */
  readonly retryPeriodMs: number;
  /** How long an operator may be silent; 0 lifts the coupling to an operator. */
  readonly operatorTimeoutMs: number;
  /** Random name of this process; the names of its terms are made of it. */
  readonly processName: string;
  /** Seed of the jitter in backoffs. */
  readonly seed: number;
}

/** An answer that nobody can give back (a curl, a probe) promises at most this, so that it cannot hold up a hand-over. */
export const plainPromiseMs = 2000;
/** How long a sidecar that was asked to end waits for a standby to take the lease (protocol, shutdown, step 4). */
export const handOverWaitMs = 2000;
/** A step that comes this much after the moment it was due shows a stall of this process. */
export const stallMs = 500;
/** After a stall the gate gets this long to come back before its silence means anything. */
export const stallGraceMs = 200;
/** How long a forbidden watch is left alone before it is tried again. */
export const watchRetryMs = 60_000;

/** How many writes are under way at most: one more every R/5 while none is answered, and each is given up after R. */
export const mostWrites = 5;

/** When an unanswered write is joined by another one on a fresh socket. */
export function overlapMs(settings: ElectionSettings): number {
  return settings.renewDeadlineMs / mostWrites;
}

/**
 * How long a standby leaves the incumbent alone: once it sees the lease again after it could not, and once the lease is
 * gone. Longer than a leader's largest backoff (or the time to its next renewal) and the attempt after it.
 */
export function incumbentGraceMs(settings: ElectionSettings): number {
  return settings.retryPeriodMs + overlapMs(settings) + 500;
}
