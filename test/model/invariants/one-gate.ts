// I10: a sidecar promises to one gate at a time, and a gate has one connection.
//
// The intuition: the end of a gate's connection gives its promise back, and there is one note of that promise. Were there two
// gates, the end of one would strike out what the other goes on using. So no second connection is promised what only a gate
// is, while the connection of the first stands and its promise runs.
import type { GatePromise } from "../../simulation/witness.ts";
import type { Finding } from "./finding.ts";

export function oneGate(): (promise: GatePromise) => Finding {
  const last = new Map<string, GatePromise>();
  return (promise) => {
    const before = last.get(promise.sidecar);
    const isLonger = before !== undefined && before.to === promise.to && before.untilMs > promise.untilMs;
    last.set(promise.sidecar, isLonger ? before : promise);
    if (before === undefined || before.to === promise.to || before.to.isOver()) return null;
    const leftMs = before.untilMs - promise.atMs;
    return leftMs > 0
      ? `I10: ${promise.sidecar} takes a second gate, ${Math.round(leftMs)} ms before its promise to the first ends`
      : null;
  };
}

export function oneConnection(pod: string, isSecond: boolean): Finding {
  return isSecond ? `I10: the gate of ${pod} makes a second connection beside the one that stands` : null;
}
