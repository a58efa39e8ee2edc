// I5: no change of leader in faults that are shorter than the tolerance.
//
// The intuition: a change of leader costs a full resync, and an election that changes hands at every hiccup would be safe
// and useless. So where one fault at a time is short enough, the pod that led before it leads after it, in the same term:
// the token is the same, and no other was ever seen.
import type { Opening } from "../witness.ts";
import type { Finding } from "./finding.ts";

export interface SameLeader {
  opened(opening: Opening): Finding;
  /** Asked once the world has had time to get over a fault: its leader is still the settled one. */
  afterFault(fault: string, leader: string | null): Finding;
}

export function sameLeader(settled: Opening): SameLeader {
  const who = `${settled.pod} with token ${settled.fencingToken}`;
  return {
    opened({ pod, fencingToken }) {
      if (pod === settled.pod && fencingToken === settled.fencingToken) return null;
      return `I5: ${pod} opens with token ${fencingToken}, where ${who} had led`;
    },
    afterFault: (fault, leader) =>
      leader === settled.pod ? null : `I5: after ${fault} ${leader ?? "nobody"} leads, where ${who} had led`,
  };
}
