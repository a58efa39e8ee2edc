// An outside observer of a release: it follows the operator's log of every pod that comes, and knows from that who acted when. On one node
// all pods have one clock.
import assert from "node:assert/strict";
import { createSystemClock } from "../../platform/clock.ts";
import type { FollowedLog, Installation } from "./installation.ts";
import type { LogLine } from "./log-lines.ts";

const clock = createSystemClock();
const lookMs = 500;
const acquired = "Lease acquired, this instance is now the leader";
const lost = "Leadership lost! Stopping all operators...";

/** A time in which a pod could act, as its log says. */
export interface Term {
  readonly pod: string;
  readonly from: string;
  /** null: it lasts, or its pod has gone without a word. */
  readonly until: string | null;
}

export interface Observer {
  /** Every term so far, in order. Throws where two pods could act at once. */
  terms(): readonly Term[];
  /** The longest time without a leader between two terms that began after `since`, in ms. */
  longestGapMs(since: string): number;
  close(): Promise<void>;
}

/** `bindy` is an installation that is, or will be, there. */
export function observeRelease(bindy: Pick<Installation, "pods" | "followLog">): Observer {
  /** By the pod: a log that was cut is followed again, from its beginning. */
  const logs = new Map<string, readonly FollowedLog[]>();
  const ending = new AbortController();

  async function look(): Promise<void> {
    for (const { metadata, status } of await bindy.pods()) {
      const isUp = status.containerStatuses?.some(
        ({ name, state }) => name === "operator" && state?.running !== undefined,
      );
      const followed = logs.get(metadata.name) ?? [];
      if (isUp && followed.every((log) => log.isOver()))
        logs.set(metadata.name, [...followed, bindy.followLog(metadata.name, "operator")]);
    }
  }

  async function follow(): Promise<void> {
    while (!ending.signal.aborted) {
      // A server that is busy with what is tested may refuse a look; the next one is soon.
      await look().catch(() => undefined);
      await clock.sleep(lookMs, ending.signal);
    }
  }
  const following = follow();

  function terms(): readonly Term[] {
    const found: Term[] = [];
    for (const [pod, followed] of logs) {
      for (const { time, message } of leadershipLines(followed)) {
        if (message === acquired) {
          found.push({ pod, from: time, until: null });
          continue;
        }
        const last = found.pop();
        assert.ok(last?.pod === pod, `${pod} has lost what it did not have`);
        found.push({ ...last, until: time });
      }
    }
    const sorted = found.toSorted((a, b) => (a.from < b.from ? -1 : 1));
    for (const [at, term] of sorted.entries()) {
      const next = sorted[at + 1];
      // One that went without a word could act no longer than its pod was there; the lease says the rest.
      const isOver = next === undefined || term.until === null || term.until <= next.from;
      assert.ok(isOver, `two leaders: ${JSON.stringify([term, next])}`);
    }
    return sorted;
  }

  return {
    terms,
    longestGapMs(since) {
      const all = terms();
      const gaps = all.map((term, at) => {
        const before = all[at - 1];
        const isCounted = term.from > since && before?.until !== null && before !== undefined;
        return isCounted ? Date.parse(term.from) - Date.parse(before.until) : 0;
      });
      return Math.max(0, ...gaps);
    },
    async close() {
      ending.abort();
      await following;
      await Promise.all([...logs.values()].flat().map((log) => log.close()));
    },
  };
}

/** The lines of one pod on its leadership, each once. */
function leadershipLines(followed: readonly FollowedLog[]): readonly LogLine[] {
  const lines = followed
    .flatMap((log) => log.lines)
    .filter(({ message }) => message === acquired || message === lost);
  const once = new Map(lines.map((line) => [`${line.time} ${line.message}`, line]));
  return [...once.values()].toSorted((a, b) => (a.time < b.time ? -1 : 1));
}
