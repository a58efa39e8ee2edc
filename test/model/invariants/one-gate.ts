// I10: a sidecar promises to one gate at a time, and a gate has one connection.
//
// The intuition: the end of a gate's connection gives its promise back, and there is one note of that promise. Were there two
// gates, the end of one would strike out what the other goes on using. So no second connection is promised what only a gate
// is, while the connection of the first stands and its promise runs; nor is the first ended for a second while it runs, or two that
// ask would end each other for ever.
import type { GateEnd, GatePromise } from "../witness.ts";
import type { Finding } from "./finding.ts";

export interface OneGate {
  promised(promise: GatePromise): Finding;
  replaced(end: GateEnd): Finding;
}

export function oneGate(): OneGate {
  const last = new Map<string, GatePromise>();
  return {
    promised(promise) {
      const before = last.get(promise.sidecar);
      const isLonger = before !== undefined && before.to === promise.to && before.untilMs > promise.untilMs;
      last.set(promise.sidecar, isLonger ? before : promise);
      if (before === undefined || before.to === promise.to || before.to.isOver()) return null;
      return early(`${promise.sidecar} takes a second gate`, before.untilMs - promise.atMs);
    },
    replaced({ sidecar, atMs, to }) {
      const before = last.get(sidecar);
      return before?.to === to ? early(`${sidecar} ends its gate for another`, before.untilMs - atMs) : null;
    },
  };
}

function early(what: string, leftMs: number): Finding {
  return leftMs > 0 ? `I10: ${what}, ${Math.round(leftMs)} ms before its promise to the first ends` : null;
}

export function oneConnection(pod: string, isSecond: boolean): Finding {
  return isSecond ? `I10: the gate of ${pod} makes a second connection beside the one that stands` : null;
}
