// What two operators' logs say of a change of leader: the one has stopped before the other began, under a larger fencing token.
import assert from "node:assert/strict";
import type { LogLine } from "./log-lines.ts";

// The guide's words.
export const messages = {
  attempting: "Attempting to acquire lease bindy-leader",
  acquired: "Lease acquired, this instance is now the leader",
  starting: "Starting all operators",
  lost: "Leadership lost! Stopping all operators...",
  heldBy: (pod: string): string => `Lease already held by ${pod}`,
} as const;

export interface HandOver {
  readonly closedAt: string;
  readonly openedAt: string;
  /** How long nobody led; below zero, two did. */
  readonly gapMs: number;
  readonly isTokenLarger: boolean;
}

/** The last line of that message; it must be there. */
export function lastLine(lines: readonly LogLine[], message: string): LogLine {
  const line = lines.findLast((each) => each.message === message);
  assert.ok(line, `"${message}" in ${lines.map((each) => each.message).join("\n")}`);
  return line;
}

/** The last loss of `former` beside the last gain of `next`; their times are those of the pods. */
export function handOverOf(former: readonly LogLine[], next: readonly LogLine[]): HandOver {
  const [closed, opened] = [lastLine(former, messages.lost), lastLine(next, messages.acquired)];
  const earlier = BigInt(lastLine(former, messages.acquired).fencingToken ?? 0);
  return {
    closedAt: closed.time,
    openedAt: opened.time,
    gapMs: Date.parse(opened.time) - Date.parse(closed.time),
    isTokenLarger: BigInt(opened.fencingToken ?? 0) > earlier,
  };
}
