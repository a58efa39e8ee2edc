// I3: fencing tokens strictly increase from term to term.
//
// The intuition: a token is of use only if two of them show which term came later. So a token that was
// seen once belongs to one pod and one term for good, and every other term that opens a gate later has a larger one.
import type { Opening } from "../witness.ts";
import type { Finding } from "./finding.ts";

export function growingTokens(): (opening: Opening) => Finding {
  let last: Opening | null = null;
  return (opening) => {
    const before = last;
    last = opening;
    if (before === null) return null;
    const isSame =
      before.fencingToken === opening.fencingToken &&
      before.pod === opening.pod &&
      before.term === opening.term;
    if (isSame || BigInt(opening.fencingToken) > BigInt(before.fencingToken)) return null;
    return (
      `I3: ${opening.pod} opens with token ${opening.fencingToken} (term ${opening.term}) ` +
      `after ${before.pod} had ${before.fencingToken} (term ${before.term})`
    );
  };
}
