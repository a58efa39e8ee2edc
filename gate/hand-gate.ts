// A gate that tests open and close by hand.
import { GateClosedError } from "./leadership.ts";
import type { Leadership, Term } from "./leadership.ts";

export interface HandGate {
  readonly leadership: Leadership;
  open(fencingToken: string): Term;
  close(reason: string): void;
}

/** Creates a closed gate. An open one promises a minute, again and again. */
export function createHandGate(): HandGate {
  const openListeners = new Set<(term: Term) => void>();
  const closeListeners = new Set<(reason: string) => void>();
  let abort = new AbortController();
  let term: Term | null = null;
  let number = 0;

  function open(fencingToken: string): Term {
    abort = new AbortController();
    number += 1;
    term = { signal: abort.signal, fencingToken, number };
    for (const listener of openListeners) listener(term);
    return term;
  }

  function close(reason: string): void {
    term = null;
    abort.abort(new GateClosedError(reason));
    for (const listener of closeListeners) listener(reason);
  }

  const leadership: Leadership = {
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
  };
  return { leadership, open, close };
}
