// I8: client-go's fresh record is not written over.
//
// The intuition: on one lease with us there may be electors that know nothing of our annotations. While such a one holds it
// by a record younger than its duration, it may act, and we have no way to know whether it does. That a person clears the
// holder does not stop it; what ends it is its own release, the record's age, or the lease's deletion, after which we settle.
import type { Finding } from "./finding.ts";

export interface ForeignHold {
  /** It has taken the lease, and holds it until then (true ms). */
  taken(untilMs: number): void;
  ended(): void;
  /** One of our sidecars has written. */
  written(nowMs: number): Finding;
}

export function foreignHold(): ForeignHold {
  let heldUntilMs = 0;
  return {
    taken(untilMs) {
      heldUntilMs = untilMs;
    },
    ended() {
      heldUntilMs = 0;
    },
    written: (nowMs) => (nowMs < heldUntilMs ? "I8: client-go's fresh record written over" : null),
  };
}
