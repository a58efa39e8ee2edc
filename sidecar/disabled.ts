// Election switched off: this pod always leads, and says why. For a single replica, or one that something else elects.
import type { Clock } from "../platform/clock.ts";
import type { LeaderAnswer } from "../contract/answer.ts";
import type { Asker } from "./elector.ts";
import type { LeaderSource } from "./http/leader-server.ts";
import { plainPromiseMs } from "./election/settings.ts";

/** A source of answers that always say leader, with the reason `Disabled` and no fencing token. */
export function createDisabledSource(
  identity: string,
  lease: { readonly namespace: string; readonly name: string },
  renewDeadlineMs: number,
  clock: Clock,
): LeaderSource {
  // A gate that has been silent for as long as a promise lasts has none left.
  let askedMs = clock.now().waitMs;
  const answer = (to: Asker): LeaderAnswer => ({
    isLeader: true,
    name: identity,
    identity,
    validForMs: to === "gate" ? renewDeadlineMs : Math.min(plainPromiseMs, renewDeadlineMs),
    fencingToken: null,
    term: 0,
    reason: "Disabled",
    index: 1,
    lease,
    acquiredAt: null,
    renewedAt: null,
  });
  const note = (to: Asker): LeaderAnswer => {
    if (to === "gate") askedMs = clock.now().waitMs;
    return answer(to);
  };
  return {
    answer: note,
    ask: () => answer("plain"),
    isGateForsaken: () => clock.now().waitMs > askedMs + renewDeadlineMs,
    peek: () => answer("plain"),
    holderName: () => identity,
    index: () => 1,
    tell: () => {},
    stepDown: () => false,
    onChange: () => () => {},
  };
}
