// An answer of /leader as tests want it: this pod leads for nine seconds under token 7, or another does.
import type { LeaderAnswer } from "../../contract/answer.ts";

/** `change` is laid over it; what does not lead promises nothing and has no token, unless it says so. */
export function leaderAnswer(isLeader: boolean, change: Partial<LeaderAnswer> = {}): LeaderAnswer {
  return {
    isLeader,
    name: "a",
    identity: "a",
    validForMs: isLeader ? 9000 : 0,
    fencingToken: isLeader ? "7" : null,
    term: 3,
    reason: isLeader ? "Leading" : "Following",
    index: 1,
    lease: { namespace: "n", name: "l" },
    acquiredAt: null,
    renewedAt: null,
    ...change,
  };
}
