// What was promised to whom. A promise says "you may act for this long"; until every promise has run out or been given
// back, nothing may be done that lets another candidate in (protocol, rule 6). All ends are in monotonic time: a clock
// that jumps must not end a wait for somebody else.

export interface Promises {
  /** End of the promise to the gate that is there; 0 when it was given back. */
  readonly gateUntilMs: number;
  /** End of the latest promise to anybody else, such as a gate whose connection we ended. Nobody gives these back. */
  readonly plainUntilMs: number;
  /** End of what a predecessor of this process in the same pod may have promised. */
  readonly predecessorUntilMs: number;
}

export const noPromises: Promises = { gateUntilMs: 0, plainUntilMs: 0, predecessorUntilMs: 0 };

/** Notes a promise that was just made. The end is kept a millisecond late, to be later than the asker's count. */
export function promised(
  promises: Promises,
  to: "gate" | "plain",
  waitMs: number,
  validForMs: number,
): Promises {
  const untilMs = waitMs + validForMs + 1;
  return to === "gate"
    ? { ...promises, gateUntilMs: Math.max(promises.gateUntilMs, untilMs) }
    : { ...promises, plainUntilMs: Math.max(promises.plainUntilMs, untilMs) };
}

/** The gate has closed, and said so by ending its connection. */
export function givenBack(promises: Promises): Promises {
  return { ...promises, gateUntilMs: 0 };
}

/** We ended the gate's connection: it may be a stopped process that counts on its promise, which no later gate gives back. */
export function leftStanding(promises: Promises): Promises {
  const plainUntilMs = Math.max(promises.plainUntilMs, promises.gateUntilMs);
  return { ...promises, gateUntilMs: 0, plainUntilMs };
}

/** When the last promise ends, in monotonic ms. */
export function promisesEndMs(promises: Promises): number {
  return Math.max(promises.gateUntilMs, promises.plainUntilMs, promises.predecessorUntilMs);
}
