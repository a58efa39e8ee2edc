// What `kubectl logs` prints: the lines of the program, and what the node itself has to say of them.

/** A line of a program's log. */
export interface LogLine {
  readonly time: string;
  readonly message: string;
  readonly holderIdentity?: string;
  readonly fencingToken?: string;
}

/**
 * null for a line that the program did not write as its log: where a node cannot read on, because the container is being removed, it writes why
 * into the log that it sends ("rpc error: code = NotFound ..."), and a runtime that dies writes as it likes.
 */
export function parseLogLine(text: string): LogLine | null {
  return text.startsWith("{") ? (JSON.parse(text) as LogLine) : null;
}
