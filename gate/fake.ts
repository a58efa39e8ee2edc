// A gate for tests, those of the package's users too: no sidecar, no time; it opens and closes when the test says so.
import type { FollowedLeadership } from "./follow.ts";
import { GateClosedError, type Term } from "./leadership.ts";

export interface FakeGate {
  /** To be handed to the code under test in place of what followLeader returns; an open one promises a minute, again and again. */
  readonly leadership: FollowedLeadership;
  /** Opens under a token; an open gate is closed first, since another token is another term. */
  open(fencingToken: string): Term;
  /** Closes, as the sidecar's no does: what was sent may come to its end. Nothing happens if it is closed. */
  close(reason: string): void;
  /** Closes in trouble, as when the sidecar is gone: what was sent is torn down, too. */
  lose(reason: string): void;
}

/** Creates a closed gate. */
export function createFakeGate(): FakeGate {
  const openListeners = new Set<(term: Term) => void>();
  const closeListeners = new Set<(reason: string) => void>();
  let abort = new AbortController();
  let tearing = new AbortController();
  let term: Term | null = null;
  let number = 0;
  let drain = async (): Promise<void> => {};
  let finishing = Promise.resolve();

  function open(fencingToken: string): Term {
    lose("another term begins");
    [abort, tearing] = [new AbortController(), new AbortController()];
    number += 1;
    term = { signal: abort.signal, underWay: tearing.signal, fencingToken, number };
    for (const listener of openListeners) listener(term);
    return term;
  }

  function shut(reason: string): void {
    term = null;
    abort.abort(new GateClosedError(reason));
    for (const listener of closeListeners) listener(reason);
  }

  function close(reason: string): void {
    if (term === null) return;
    shut(reason);
    finishing = finish(reason);
  }

  /** What was sent is waited for, and then no longer. */
  async function finish(reason: string): Promise<void> {
    const over = tearing;
    await drain();
    over.abort(new GateClosedError(reason));
  }

  function lose(reason: string): void {
    if (term !== null) shut(reason);
    tearing.abort(new GateClosedError(reason));
  }

  const leadership: FollowedLeadership = {
    current: () => term,
    assertOpen: (expected) => {
      if (term === null || (expected !== undefined && expected !== term))
        throw new GateClosedError("by hand");
      return term;
    },
    remainingMs: () => (term === null ? 0 : 60_000),
    onOpen: (listener) => {
      openListeners.add(listener);
      return () => openListeners.delete(listener);
    },
    onClose: (listener) => {
      closeListeners.add(listener);
      return () => closeListeners.delete(listener);
    },
    drainWith(work) {
      drain = work;
    },
    async close() {
      const reason = "this operator is ending";
      if (term === null) finishing = finish(reason);
      else close(reason);
      await finishing;
    },
  };
  return { leadership, open, close, lose };
}
