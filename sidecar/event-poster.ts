// Posts the Events of the election a moment after what they tell of. People read them minutes later; but when leadership
// changes, others are waiting for it in those very milliseconds, and the TLS handshake that an Event costs, on this side
// and on the API server's, is the dearest single thing that happens in them.
import type { Clock } from "../platform/clock.ts";
import { atMost } from "../platform/deadline.ts";
import type { Log } from "../platform/log.ts";
import type { Failure } from "./election/election.ts";

/** An Event as the API server takes it. */
export type EventObject = Readonly<Record<string, unknown>>;

export interface EventPoster {
  /** Posts it once things are quiet; where too many wait, the oldest of them is dropped. */
  post(event: EventObject): void;
  /** Posts all that waits, now. Resolves when that is done, or after a second; never rejects. */
  flush(): Promise<void>;
}

export interface EventPosterOptions {
  /** Sends one Event; resolves to the failure, or null. It must end by itself. */
  readonly send: (event: EventObject) => Promise<Failure | null>;
  readonly clock: Clock;
  readonly log: Log;
}

const pauseMs = 1000;
const longestFlushMs = 1000;
const mostWaiting = 16;

export function createEventPoster({ send, clock, log }: EventPosterOptions): EventPoster {
  const waiting: EventObject[] = [];
  let cancelPause = (): void => {};
  let posting: Promise<void> | null = null;

  async function postAll(): Promise<void> {
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      const failure = await send(event);
      // They are for people, and lost Events cost nobody anything: not worth more than a line for who looks for it.
      if (failure !== null) log.debug("An Event could not be posted", { reason: failure.message });
    }
  }

  /** One at a time, so that a server that answers slowly is asked for little. */
  function start(): Promise<void> {
    cancelPause();
    posting ??= postAll().finally(() => (posting = null));
    return posting;
  }

  return {
    post(event) {
      waiting.push(event);
      if (waiting.length > mostWaiting) {
        waiting.shift();
        log.debug("An Event is dropped: too many wait to be posted");
      }
      cancelPause();
      cancelPause = clock.schedule(pauseMs, () => void start());
    },
    async flush() {
      await atMost(clock, longestFlushMs, start());
    },
  };
}
