// What code that may act only while it leads gets to see of the election: whether it may, until when, and under which
// token. Everything in the operator depends on this face alone; the gate behind it, and how it is kept, are in the
// files beside it.

/** One opening of the gate. A new fencing token, or a gate that closed in between, is a new term. */
export interface Term {
  /** Aborts when the gate closes; hand it to every call that should not outlive the term. */
  readonly signal: AbortSignal;
  /**
   * For what has been sent: aborts with `signal` where something is wrong. Where the gate is told to close, what was sent may come to its
   * end, which the connection's end waits for, and this aborts when that wait is over.
   */
  readonly underWay: AbortSignal;
  /** Decimal number that only grows from term to term; null when election is disabled. */
  readonly fencingToken: string | null;
  /** `leaseTransitions` of the record at the opening. */
  readonly number: number;
}

export interface Leadership {
  /** The running term, or null while the gate is closed. Evaluated against the clock at every reading. */
  current(): Term | null;
  /**
   * Returns the running term if the gate is open and, where `term` is given, that very term still runs; otherwise
   * throws GateClosedError. Call it before every reconcile and before every write, after every await.
   */
  assertOpen(term?: Term): Term;
  /** Milliseconds until the running promise ends, 0 while closed: the longest that a write may be under way. */
  remainingMs(): number;
  /** Calls back after each opening; returns a function that ends the subscription. */
  onOpen(listener: (term: Term) => void): () => void;
  /** Calls back after each closing; returns a function that ends the subscription. */
  onClose(listener: (reason: string) => void): () => void;
}

/** Thrown by assertOpen: the work must stop here, and will be done by the next leader. */
export class GateClosedError extends Error {
  readonly code = "GATE_CLOSED";
  constructor(reason: string) {
    super(`the gate is closed: ${reason}`);
    this.name = "GateClosedError";
  }
}
