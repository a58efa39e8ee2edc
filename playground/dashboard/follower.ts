// Follows the replicas: the lines of their containers, the terms that are read from these, and listeners that want to know that
// something has changed.
import type { Clock } from "../../platform/clock.ts";
import type { Replica } from "../replicas/replica.ts";
import type { ShownLine } from "./state.ts";
import { createTermHistory, type TermHistory } from "./term-history.ts";

export interface Follower {
  readonly history: TermHistory;
  /** Something that is shown has changed: replicas that are new are followed from now on. */
  changed(): void;
  /** Whose replicas are followed. */
  follow(replicas: () => readonly Replica[]): void;
  onChange(listener: () => void): () => void;
  onLine(listener: (line: ShownLine) => void): () => void;
  recentLines(): readonly ShownLine[];
}

const mostLines = 300;

export function createFollower(clock: Clock): Follower {
  const history = createTermHistory();
  const changeListeners = new Set<() => void>();
  const lineListeners = new Set<(line: ShownLine) => void>();
  const lines: ShownLine[] = [];
  const seen = new WeakSet<object>();
  let replicasOf = (): readonly Replica[] => [];

  function take(shown: ShownLine): void {
    lines.push(shown);
    if (lines.length > mostLines) lines.shift();
    for (const listener of lineListeners) listener(shown);
  }

  /** Follows the log of whatever runs now; a restarted container has a new one. */
  function attach(replica: Replica): void {
    for (const container of [replica.sidecar, replica.operator]) {
      const book = container.log();
      if (seen.has(book)) continue;
      seen.add(book);
      const isOperator = container === replica.operator;
      if (isOperator) history.ended(replica.name, clock.now().wallMs);
      const read = (line: { wallMs: number; text: string }): void => {
        if (isOperator) history.read(replica.name, line.text, line.wallMs);
        take({ replica: replica.name, container: container.name, ...line });
      };
      for (const line of book.lines()) read(line);
      book.follow(read);
    }
    if (replica.operator.pid() === null) history.ended(replica.name, clock.now().wallMs);
  }

  function changed(): void {
    for (const replica of replicasOf()) attach(replica);
    for (const listener of changeListeners) listener();
  }
  history.onOpen(changed);

  return {
    history,
    changed,
    follow(replicas) {
      replicasOf = replicas;
    },
    onChange(listener) {
      changeListeners.add(listener);
      return () => changeListeners.delete(listener);
    },
    onLine(listener) {
      lineListeners.add(listener);
      return () => lineListeners.delete(listener);
    },
    recentLines: () => lines,
  };
}
