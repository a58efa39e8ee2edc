// Keeps the gate: asks the sidecar over one connection, again and again, and hands what comes back to the pure gate.
// Everything that ends a connection closes the gate first, and a gate that was told "not leader" gives its promise back
// as soon as the work is drained.
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { createTroubles } from "../platform/troubles.ts";
import type { LeaderAnswer } from "../contract/answer.ts";
import { afterAnswer, afterTime, closed, closedGate, isOpen, type Gate } from "./promise.ts";
import { openGateConnection, type GateConnection } from "./connection.ts";
import { GateClosedError, type Leadership, type Term } from "./leadership.ts";

export interface FollowOptions {
  /** Where the sidecar answers, http://127.0.0.1:4040 for instance. */
  readonly url: URL;
  /** This gate's name, for the sidecar's logs. */
  readonly gateName: string;
  /** This pod's name; answers of another pod's sidecar then open nothing. Null: whoever answers is believed. */
  readonly podName: string | null;
  /** How long the sidecar may hold an answer while nothing changes; at most a quarter of its renew deadline. */
  readonly waitMs: number;
  /** For the log lines. */
  readonly leaseName: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface FollowedLeadership extends Leadership {
  /**
   * What the gate waits for between its closing and the end of its connection, which gives the promise back: work that
   * is under way must have stopped by then. Bounded by the promise, which runs out in any case.
   */
  drainWith(drain: () => Promise<void>): void;
  /** Closes the gate, drains, and ends the connection for good. */
  close(): Promise<void>;
}

// An answer from the loopback takes a millisecond; a sidecar that takes this long is hung.
const patienceMs = 2000;
// After a failure: soon, since a sidecar restarts in a moment, and then less and less often.
const retryMs = { first: 10, longest: 500 };

interface OpenTerm extends Term {
  readonly abort: AbortController;
}

/** Starts to follow the sidecar at `url`; the gate is closed until the sidecar says otherwise. */
export function followLeader(options: FollowOptions): FollowedLeadership {
  const { clock, log, leaseName } = options;
  const openListeners = new Set<(term: Term) => void>();
  const closeListeners = new Set<(reason: string) => void>();
  let gate: Gate = closedGate;
  let term: OpenTerm | null = null;
  let lastReason = "the sidecar has not answered yet";
  let holder = "";
  let isClosing = false;
  let drain = async (): Promise<void> => {};
  let connection: GateConnection | null = null;
  let cancelExpiry = (): void => {};
  const closing = new AbortController();
  const troubles = createTroubles(log, clock, "The sidecar answers again");

  /** Makes the rest of the world agree with the gate: the one place where a term begins or ends. */
  function apply(next: Gate, reason: string): void {
    gate = next;
    const { opening } = gate;
    if (term !== null && (opening === null || opening.fencingToken !== term.fencingToken)) endTerm(reason);
    if (opening === null) return;
    if (term === null) beginTerm(opening.fencingToken, opening.number);
    cancelExpiry();
    cancelExpiry = clock.schedule(Math.ceil(opening.untilMs - clock.now().actMs), expire);
  }

  function beginTerm(fencingToken: string | null, number: number): void {
    const abort = new AbortController();
    term = { abort, signal: abort.signal, fencingToken, number };
    log.info("Lease acquired, this instance is now the leader", { holderIdentity: holder, fencingToken });
    log.info("Starting all operators", { holderIdentity: holder, fencingToken });
    for (const listener of openListeners) listener(term);
  }

  function endTerm(reason: string): void {
    const ended = term;
    term = null;
    lastReason = reason;
    cancelExpiry();
    ended?.abort.abort(new GateClosedError(reason));
    log.warn("Leadership lost! Stopping all operators...", { holderIdentity: holder, reason });
    for (const listener of closeListeners) listener(reason);
  }

  function expire(): void {
    const now = clock.now();
    apply(afterTime(gate, now), "the promise ran out");
  }

  function shut(reason: string): void {
    apply(closed(gate, clock.now()), reason);
  }

  /** Asks until the connection is of no more use, or was given back. */
  async function converse(on: GateConnection): Promise<void> {
    let index: number | null = null;
    for (let asked = 0; !isClosing; asked += 1) {
      const waitMs = asked === 0 ? 0 : options.waitMs;
      const reply = await on.ask({ waitMs, index });
      if (reply.kind === "refused") {
        shut(reply.message);
        throw new Error(reply.message);
      }
      if (reply.kind === "puzzling") {
        troubles.met("gate", "puzzling", `The sidecar's answer is not understood: ${reply.message}`);
        expire();
        await clock.sleep(retryMs.longest, closing.signal);
        continue;
      }
      const { answer, askedAt } = reply;
      troubles.over("gate");
      noteHolder(answer);
      log.debug(`The sidecar says ${answer.reason}`, {
        isLeader: answer.isLeader,
        validForMs: answer.validForMs,
        index: answer.index,
        tookMs: Math.round(clock.now().waitMs - askedAt.waitMs),
      });
      const wasOpen = term !== null;
      index = answer.index;
      apply(afterAnswer(gate, { answer, askedAt, waitMs }, clock.now()), `the sidecar says ${answer.reason}`);
      // Told to stop: what was promised is given back by ending the connection, once nothing is under way.
      if (wasOpen && !answer.isLeader) return await drainBounded();
    }
  }

  async function drainBounded(): Promise<void> {
    await Promise.race([drain(), clock.sleep(2 * patienceMs, closing.signal)]);
  }

  function noteHolder(answer: LeaderAnswer): void {
    if (answer.name === holder) return;
    holder = answer.name;
    if (holder !== "" && !answer.isLeader)
      log.info(`Lease already held by ${holder}`, { holderIdentity: holder });
  }

  async function follow(): Promise<void> {
    log.info(`Attempting to acquire lease ${leaseName}`);
    let delayMs = retryMs.first;
    while (!isClosing) {
      const on = openGateConnection({ ...options, patienceMs, onTrouble: shut });
      connection = on;
      const startedMs = clock.now().waitMs;
      let reason = "";
      try {
        await converse(on);
      } catch (error) {
        reason = (error as Error).message;
      }
      if (isClosing) break;
      shut(reason || "given back");
      on.end();
      if (reason !== "") {
        const message = `The sidecar at ${options.url.origin} cannot be asked: ${reason}; the gate is closed`;
        troubles.met("gate", reason, message);
      }
      const wasGood = reason === "" || clock.now().waitMs - startedMs > retryMs.longest;
      delayMs = wasGood ? retryMs.first : Math.min(retryMs.longest, delayMs * 2);
      await clock.sleep(delayMs, closing.signal);
    }
  }

  const following = follow();

  function current(): OpenTerm | null {
    if (!isOpen(gate, clock.now())) expire();
    return term;
  }

  return {
    current,
    assertOpen(expected) {
      const running = current();
      if (running === null) throw new GateClosedError(lastReason);
      if (expected !== undefined && expected !== running) throw new GateClosedError("that term is over");
      return running;
    },
    remainingMs: () =>
      current() === null ? 0 : Math.max(0, (gate.opening?.untilMs ?? 0) - clock.now().actMs),
    onOpen(listener) {
      openListeners.add(listener);
      return () => openListeners.delete(listener);
    },
    onClose(listener) {
      closeListeners.add(listener);
      return () => closeListeners.delete(listener);
    },
    drainWith(work) {
      drain = work;
    },
    async close() {
      isClosing = true;
      shut("this operator is ending");
      await drainBounded();
      connection?.end();
      closing.abort();
      await following;
    },
  };
}
