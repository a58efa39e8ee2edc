// Drives the gate's conversation with its sidecar: maps its actions to a socket, a timer and those who listen, and what comes
// of these to its events. It has no policy of its own; what is asked, believed, closed and ended, and when, is in
// conversation.ts.
import assert from "node:assert/strict";
import { crash } from "../platform/crash.ts";
import type { Clock, Moment } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { createTroubles } from "../platform/troubles.ts";
import type { LeaderAnswer } from "../contract/answer.ts";
import {
  converse,
  initialConversation,
  isStranger,
  wakeAtMs,
  type ConversationAction,
  type Conversed,
  type ConversationEvent,
  type Heard,
} from "./conversation.ts";
import { openGateConnection, type GateConnection } from "./connection.ts";
import { GateClosedError, type Leadership, type Term } from "./leadership.ts";
import { isOpen, type Opening } from "./promise.ts";

export interface FollowOptions {
  /** Where the sidecar answers, http://127.0.0.1:4040 for instance. */
  readonly url: URL;
  /** This gate's name, for the sidecar's logs. */
  readonly gateName: string;
  /** This pod's name; answers of another pod's sidecar then open nothing. Null: any sidecar that answers is believed. */
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
   * is under way must have stopped by then. Where that fails, or takes longer than the promise (and than 4 s), the promise
   * runs out instead.
   */
  drainWith(drain: () => Promise<void>): void;
  /** Closes the gate, drains, and ends the connection for good. */
  close(): Promise<void>;
}

interface OpenTerm extends Term {
  readonly abort: AbortController;
  readonly tearing: AbortController;
}

/**
 * Starts to follow the sidecar at `url`; the gate is closed until the sidecar says otherwise. Ends the process where the gate
 * itself is broken: a bug must not write.
 */
export function followLeader(options: FollowOptions): FollowedLeadership {
  const { clock, log, leaseName } = options;
  const openListeners = new Set<(term: Term) => void>();
  const closeListeners = new Set<(reason: string) => void>();
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const troubles = createTroubles(log, clock, "The sidecar answers again");
  let conversation = initialConversation(clock.now());
  let term: OpenTerm | null = null;
  /** The last term, while what was sent under it may come to its end. */
  let finishing: OpenTerm | null = null;
  let lastReason = "the sidecar has not answered yet";
  let holder = "";
  let drain = async (): Promise<void> => {};
  let connection: { readonly id: number; readonly socket: GateConnection } | null = null;
  let cancelWake = (): void => {};
  /** What has yet to be done, and whether somebody does it: a listener may tell of something itself. */
  const due: ConversationAction[] = [];
  let isPerforming = false;

  function tell(event: ConversationEvent): void {
    const result = converseOrCrash(event, clock.now());
    conversation = result.conversation;
    due.push(...result.actions);
    cancelWake();
    const now = clock.now();
    const atMs = wakeAtMs(conversation, now);
    // Timers fire up to a millisecond early; rounding up saves a wake-up that finds nothing due.
    if (Number.isFinite(atMs)) cancelWake = clock.schedule(Math.ceil(atMs - now.waitMs), wake);
    // Before anything is done: a connection that waited for what was sent is about to end.
    if (conversation.phase.kind !== "draining") tearDown(lastReason);
    if (isPerforming) return;
    isPerforming = true;
    try {
      for (let action = due.shift(); action !== undefined; action = due.shift()) perform(action);
    } finally {
      isPerforming = false;
    }
    if (conversation.phase.kind === "ended") end();
  }

  function converseOrCrash(event: ConversationEvent, now: Moment): Conversed {
    try {
      return converse(conversation, event, now, options);
    } catch (error) {
      return crash(error, log, "nothing is written under a wrong yes");
    }
  }

  const wake = (): void => tell({ type: "woken" });

  function perform(action: ConversationAction): void {
    switch (action.type) {
      case "close":
        return endTerm(action);
      case "open":
        return beginTerm(action.opening);
      case "connect": {
        const id = action.on;
        connection = { id, socket: openGateConnection({ ...options, onLost: (lost) => hear(id, lost) }) };
        return;
      }
      case "ask":
        return void ask(action.on, action);
      case "drain":
        return void drained(action.on);
      case "end":
        standing(action.on).end();
        connection = null;
        if (action.trouble !== null) noteTrouble(action.trouble);
    }
  }

  function standing(id: number): GateConnection {
    assert.ok(connection?.id === id, `connection ${id} stands`);
    return connection.socket;
  }

  async function ask(on: number, question: Parameters<GateConnection["ask"]>[0]): Promise<void> {
    hear(on, await standing(on).ask(question));
  }

  function hear(on: number, heard: Heard): void {
    if (connection?.id !== on) return;
    if (heard.type === "answered" && !isStranger(heard.answer, options)) note(heard.answer);
    if (heard.type === "puzzling") {
      troubles.met("gate", "puzzling", `The sidecar's answer is not understood: ${heard.message}`);
    }
    tell({ ...heard, on });
  }

  async function drained(on: number): Promise<void> {
    try {
      await drain();
    } catch (error) {
      const { message } = error as Error;
      return log.error(`The work could not be stopped: ${message}; the promise runs out`, {
        reason: message,
      });
    }
    tell({ type: "drained", on });
  }

  function beginTerm({ fencingToken, number }: Opening): void {
    const [abort, tearing] = [new AbortController(), new AbortController()];
    term = { abort, tearing, signal: abort.signal, underWay: tearing.signal, fencingToken, number };
    log.info("Lease acquired, this instance is now the leader", { holderIdentity: holder, fencingToken });
    log.info("Starting all operators", { holderIdentity: holder, fencingToken });
    for (const listener of openListeners) listener(term);
  }

  function endTerm({ reason, mayFinish }: ConversationAction & { readonly type: "close" }): void {
    const over = term;
    term = null;
    lastReason = reason;
    over?.abort.abort(new GateClosedError(reason));
    finishing = over;
    if (!mayFinish) tearDown(reason);
    log.warn("Leadership lost! Stopping all operators...", { holderIdentity: holder, reason });
    for (const listener of closeListeners) listener(reason);
  }

  /** Nothing waits for what was sent under the last term any more. */
  function tearDown(reason: string): void {
    finishing?.tearing.abort(new GateClosedError(reason));
    finishing = null;
  }

  /** What an answer says to people. */
  function note(answer: LeaderAnswer): void {
    troubles.over("gate");
    const { phase } = conversation;
    log.debug(`The sidecar says ${answer.reason}`, {
      isLeader: answer.isLeader,
      validForMs: answer.validForMs,
      index: answer.index,
      ...(phase.kind === "asking" ? { tookMs: Math.round(clock.now().waitMs - phase.askedAt.waitMs) } : {}),
    });
    if (answer.name === holder) return;
    holder = answer.name;
    if (holder !== "" && !answer.isLeader)
      log.info(`Lease already held by ${holder}`, { holderIdentity: holder });
  }

  function noteTrouble(reason: string): void {
    const message = `The sidecar at ${options.url.origin} cannot be asked: ${reason}; the gate is closed`;
    troubles.met("gate", reason, message);
  }

  function current(): OpenTerm | null {
    if (conversation.gate.opening !== null && !isOpen(conversation.gate, clock.now()))
      tell({ type: "looked" });
    // Amid a change that listeners are yet to hear of, the term that they know is none.
    return conversation.gate.opening?.fencingToken === term?.fencingToken ? term : null;
  }

  log.info(`Attempting to acquire lease ${leaseName}`);
  wake();

  return {
    current,
    assertOpen(expected) {
      const running = current();
      if (running === null) throw new GateClosedError(lastReason);
      if (expected !== undefined && expected !== running) throw new GateClosedError("that term is over");
      return running;
    },
    remainingMs: () =>
      current() === null ? 0 : Math.max(0, (conversation.gate.opening?.untilMs ?? 0) - clock.now().actMs),
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
      tell({ type: "closing" });
      await ended;
    },
  };
}
