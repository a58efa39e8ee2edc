// A gate for the tests of whoever uses the package: no sidecar, no time; it opens and closes when the test says so.
import { createHandGate } from "./hand-gate.ts";
import type { FollowedLeadership } from "./follow.ts";
import type { Term } from "./leadership.ts";

export interface FakeGate {
  /** To be handed to the code under test in place of what followLeader returns. */
  readonly leadership: FollowedLeadership;
  /** Opens under a token; an open gate is closed first, since another token is another term. */
  open(fencingToken: string): Term;
  /** Closes, as the sidecar's no does; nothing happens if it is closed. */
  close(reason: string): void;
}

export function createFakeGate(): FakeGate {
  const hand = createHandGate();
  let drain = async (): Promise<void> => {};

  function close(reason: string): void {
    if (hand.leadership.current() !== null) hand.close(reason);
  }

  return {
    leadership: {
      ...hand.leadership,
      drainWith(work) {
        drain = work;
      },
      async close() {
        close("this operator is ending");
        await drain();
      },
    },
    open(fencingToken) {
      close("another term begins");
      return hand.open(fencingToken);
    },
    close,
  };
}
