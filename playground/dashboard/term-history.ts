// Who led when: made from the operators' own log lines, as anybody could make it who reads the logs.

export interface TermRecord {
  readonly holder: string;
  readonly fencingToken: string | null;
  readonly openedWallMs: number;
  /** null while the gate is open. */
  readonly closedWallMs: number | null;
  /** Why it closed, null while open. */
  readonly reason: string | null;
}

export interface TermHistory {
  /** Takes a line of the operator of `holder`. */
  read(holder: string, text: string, wallMs: number): void;
  /** The operator of `holder` is gone, and its gate with it. */
  ended(holder: string, wallMs: number): void;
  /** The latest terms, oldest first. */
  terms(): readonly TermRecord[];
  /** Whose gate is open. */
  leaders(): readonly string[];
  /** Calls back at every opening; returns a function that ends the subscription. */
  onOpen(listener: (term: TermRecord) => void): () => void;
}

const mostTerms = 200;

export function createTermHistory(): TermHistory {
  const terms: TermRecord[] = [];
  const listeners = new Set<(term: TermRecord) => void>();

  function close(holder: string, reason: string, wallMs: number): void {
    const at = terms.findLastIndex((term) => term.holder === holder && term.closedWallMs === null);
    const term = terms[at];
    if (term !== undefined) terms[at] = { ...term, closedWallMs: wallMs, reason };
  }

  return {
    read(holder, text, wallMs) {
      // Two of the guide's five lines are all that is looked for; most lines are none of them.
      const isOpening = text.includes('"Starting all operators"');
      const isClosing = text.includes('"Leadership lost! Stopping all operators..."');
      if (!isOpening && !isClosing) return;
      const line = parsed(text);
      if (line === null) return;
      // When the operator says it was, rather than when its line was read here.
      const saidMs = Date.parse(line.time ?? "");
      const atMs = Number.isNaN(saidMs) ? wallMs : saidMs;
      close(holder, line.reason ?? "a new term", atMs);
      if (!isOpening) return;
      const term: TermRecord = {
        holder,
        fencingToken: line.fencingToken ?? null,
        openedWallMs: atMs,
        closedWallMs: null,
        reason: null,
      };
      terms.push(term);
      if (terms.length > mostTerms) terms.splice(0, terms.length - mostTerms);
      for (const listener of listeners) listener(term);
    },
    ended: (holder, wallMs) => close(holder, "the operator ended", wallMs),
    terms: () => terms,
    leaders: () => terms.filter((term) => term.closedWallMs === null).map((term) => term.holder),
    onOpen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

interface LeadershipLine {
  readonly time?: string;
  readonly fencingToken?: string | null;
  readonly reason?: string;
}

/** A line of the log; null for what only quotes one of the two messages, a stack trace say. */
function parsed(text: string): LeadershipLine | null {
  try {
    return JSON.parse(text) as LeadershipLine;
  } catch {
    return null; // whatever a dying process prints must not end its supervisor
  }
}
