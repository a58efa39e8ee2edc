// The one way in which tests wait for something: they look until it is there. The bound is far beyond anything that a slow
// machine needs, and only ends a test that would hang; what was seen instead is told then.
import { createSystemClock } from "../../platform/clock.ts";

const clock = createSystemClock();

export interface Wait {
  /** What is told if it never comes, beside what was waited for. */
  readonly seen?: () => unknown;
  readonly limitMs?: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal;
  /** An error of a look does not end the wait: it is told if it is the last. */
  readonly isForgiving?: boolean;
}

type Missing = null | undefined | false;

/** Looks until something is there that is neither null, undefined nor false, and returns it. */
export async function eventually<T>(
  look: () => T | Missing | Promise<T | Missing>,
  what: string,
  { seen, limitMs = 30_000, everyMs = 20, isForgiving = false, signal }: Wait = {},
): Promise<T> {
  const startedMs = clock.now().waitMs;
  for (;;) {
    signal?.throwIfAborted();
    let trouble: unknown = null;
    try {
      const found = await look();
      if (found !== null && found !== undefined && found !== false) return found;
    } catch (error) {
      if (!isForgiving) throw error;
      trouble = error;
    }
    if (clock.now().waitMs - startedMs > limitMs) {
      const last = seen === undefined ? "" : `; seen was: ${shown(await seen())}`;
      const message = `it never happened, in ${limitMs} ms: ${what}${last}`;
      throw trouble === null ? new Error(message) : new Error(message, { cause: trouble });
    }
    await clock.sleep(everyMs, signal);
  }
}

function shown(seen: unknown): string {
  return typeof seen === "string" ? `\n${seen}` : JSON.stringify(seen, null, 1);
}

/** The same where what is seen says enough by itself. */
export async function eventuallySeen(look: () => boolean, seen: () => unknown): Promise<void> {
  await eventually(look, String(look), { seen, everyMs: 5 });
}
