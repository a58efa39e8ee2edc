// Troubles as a log should tell them: one line when one begins, one a minute while it lasts with how often it was met, and one
// when it is over. A trouble is known by its cause, however many parts of the program meet it at once, and however often
// it comes and goes: a server that is away for an hour is a few dozen lines, not one for each attempt.
import type { Clock } from "./clock.ts";
import type { Log, LogFields } from "./log.ts";

export interface Troubles {
  /** `source` (a watch, say) has met the trouble that is known by `cause`. */
  met(source: string, cause: string, message: string, fields?: LogFields): void;
  /** `source` meets no trouble any more; one that nobody meets any more is over. */
  over(source: string): void;
}

interface Trouble {
  readonly sources: Set<string>;
  message: string;
  beganAtMs: number;
  saidAtMs: number;
  /** Times it was met since the last line about it. */
  count: number;
  /** It was told to have begun, and not yet to be over. */
  isTold: boolean;
}

const reminderMs = 60_000;
// Causes are few, being kinds of errors; what is beyond this is told each time rather than remembered.
const mostCauses = 64;

/** `overMessage` is what is said when a trouble is over; its own message is the field `trouble`. */
export function createTroubles(log: Log, clock: Clock, overMessage: string): Troubles {
  const troubles = new Map<string, Trouble>();

  function forgetOld(nowMs: number): void {
    for (const [cause, { sources, saidAtMs }] of troubles) {
      if (sources.size === 0 && nowMs - saidAtMs >= reminderMs) troubles.delete(cause);
    }
  }

  function begin(cause: string, nowMs: number): Trouble {
    const trouble = {
      sources: new Set<string>(),
      message: "",
      beganAtMs: nowMs,
      saidAtMs: Number.NEGATIVE_INFINITY,
      count: 0,
      isTold: false,
    };
    if (troubles.size < mostCauses) troubles.set(cause, trouble);
    return trouble;
  }

  return {
    met(source, cause, message, fields = {}) {
      const nowMs = clock.now().waitMs;
      forgetOld(nowMs);
      const trouble = troubles.get(cause) ?? begin(cause, nowMs);
      if (trouble.sources.size === 0 && !trouble.isTold) trouble.beganAtMs = nowMs;
      trouble.sources.add(source);
      trouble.message = message;
      trouble.count += 1;
      if (nowMs - trouble.saidAtMs < reminderMs) return;
      const isNew = !trouble.isTold && trouble.count === 1;
      const forSeconds = Math.round((nowMs - trouble.beganAtMs) / 1000);
      log.warn(message, isNew ? fields : { ...fields, times: trouble.count, forSeconds });
      Object.assign(trouble, { saidAtMs: nowMs, count: 0, isTold: true });
    },
    over(source) {
      // Nearly always so, and asked after each thing that went well: a look at the clock would cost more than most of them.
      if (troubles.size === 0) return;
      const nowMs = clock.now().waitMs;
      for (const trouble of troubles.values()) {
        if (!trouble.sources.delete(source) || trouble.sources.size > 0) continue;
        // One that comes and goes is not told to be over each time, but once for each time it was told of.
        if (!trouble.isTold) continue;
        const forSeconds = Math.round((nowMs - trouble.beganAtMs) / 1000);
        log.info(overMessage, { trouble: trouble.message, forSeconds });
        trouble.isTold = false;
      }
      forgetOld(nowMs);
    },
  };
}
