// The gate: whether this operator may act, as pure as the election it mirrors. It opens by an answer that promises some
// time, counted from before the question was sent, and it closes by the first of: the promise's end, an answer that says
// no, anything wrong with the connection. Once closed, only a newer question's answer opens it.
import type { Moment } from "../platform/clock.ts";
import type { LeaderAnswer } from "../contract/answer.ts";

export interface Opening {
  readonly fencingToken: string | null;
  /** `leaseTransitions` at the opening. */
  readonly number: number;
  /** Act-clock ms at which the promise ends. */
  readonly untilMs: number;
  /** Monotonic ms up to which the sidecar holds up a release for it, unless it is given back: no clock that is set changes that. */
  readonly outstandingUntilMs: number;
}

export interface Gate {
  readonly opening: Opening | null;
  /** Answers to questions asked up to then open nothing any more (monotonic ms). */
  readonly ignoredUntilMs: number;
}

export const closedGate: Gate = { opening: null, ignoredUntilMs: Number.NEGATIVE_INFINITY };

/** A question, and what came back. */
export interface Exchange {
  readonly answer: LeaderAnswer;
  /** Read before the request was sent. */
  readonly askedAt: Moment;
  /** How long the sidecar was asked to hold the answer, in ms. */
  readonly waitMs: number;
}

/** An answer that took this much longer than it was to be held tells of a stall: it may extend, but not open. */
const lateMs = 500;

/** What an answer does to the gate. */
export function afterAnswer(gate: Gate, { answer, askedAt, waitMs }: Exchange, now: Moment): Gate {
  const current = afterTime(gate, now);
  if (!answer.isLeader) return closed(current, now);
  const untilMs = askedAt.actMs + answer.validForMs;
  const outstandingUntilMs = askedAt.waitMs + answer.validForMs;
  const { opening } = current;
  if (opening !== null && opening.fencingToken === answer.fencingToken) {
    const extended = {
      ...opening,
      untilMs: Math.max(opening.untilMs, untilMs),
      outstandingUntilMs: Math.max(opening.outstandingUntilMs, outstandingUntilMs),
    };
    return { ...current, opening: extended };
  }
  const isLate = now.waitMs - askedAt.waitMs > waitMs + lateMs;
  const isIgnored = askedAt.waitMs <= current.ignoredUntilMs;
  // Another token while open is another term: the old one is over, whether or not this answer can begin the new one.
  const shut = opening === null ? current : { ...current, opening: null };
  if (isLate || isIgnored || now.actMs >= untilMs) return shut;
  const { fencingToken, term: number } = answer;
  return { ...shut, opening: { fencingToken, number, untilMs, outstandingUntilMs } };
}

/** The connection failed, or the gate is being given back: closed, and deaf to what was asked before. */
export function closed(gate: Gate, now: Moment): Gate {
  return { ...gate, opening: null, ignoredUntilMs: now.waitMs };
}

/**
 * A question is asked while none is under way: it comes after every closing so far, also after one of this very moment, and
 * its answer may open.
 */
export function asking(gate: Gate): Gate {
  return { ...gate, ignoredUntilMs: Number.NEGATIVE_INFINITY };
}

/** What the mere passing of time does: a promise that has run out is forgotten, so that no clock can revive it. */
export function afterTime(gate: Gate, now: Moment): Gate {
  return isOpen(gate, now) || gate.opening === null ? gate : closed(gate, now);
}

/** Whether acting is allowed at this moment. */
export function isOpen(gate: Gate, now: Moment): boolean {
  return gate.opening !== null && now.actMs < gate.opening.untilMs;
}
