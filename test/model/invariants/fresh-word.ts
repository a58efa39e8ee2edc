// I9: a gate opens by fresh word only.
//
// The intuition: what a sidecar said of the lease was true when it said it. An answer to a question of before the gate's last
// closing may be about a lease that was given back with that closing (G14); one that comes late tells of a process that stood
// still, and a sidecar that did may not yet know what became of the lease (G15). Neither has been seen to put two pods to work,
// since the promise behind such a word still stands; but a term that begins with it may be over before it has begun.
import type { Opening } from "../witness.ts";
import type { Finding } from "./finding.ts";

/** Half a second, and what a clock's reading is off. */
const lateMs = 501;

export function freshWord({ pod, asked }: Opening): Finding {
  if (asked === null) return null;
  const { observedMs, answeredMs, waitMs, closedAtMs } = asked;
  if (observedMs < closedAtMs) {
    const sinceMs = Math.round(closedAtMs - observedMs);
    return `I9: ${pod} opens by an answer to a question of ${sinceMs} ms before its last closing`;
  }
  const overMs = answeredMs - observedMs - waitMs;
  return overMs > lateMs ? `I9: ${pod} opens by an answer that came ${Math.round(overMs)} ms late` : null;
}
