// The query of GET /leader: pod, gate, wait and index. Anything else, and anything out of range, is an error that names it.
import { RequestError } from "./http-error.ts";

export interface LeaderQuery {
  /** The gate's name, null when this is not the request of a gate. */
  readonly gate: string | null;
  /** How long the answer may be held, in ms; 0: not at all. */
  readonly waitMs: number;
  /** The index the asker knows, null: any state is news. */
  readonly index: number | null;
}

/** Reads the query. Throws RequestError (400) that names the field. `longestWaitMs` is R/4. */
export function readLeaderQuery(
  query: Readonly<Record<string, unknown>>,
  longestWaitMs: number,
): LeaderQuery {
  for (const [field, value] of Object.entries(query)) {
    if (!["pod", "gate", "wait", "index"].includes(field)) {
      throw bad(field, `"${field}" is not known here: there are pod, gate, wait and index`);
    }
    if (typeof value !== "string") throw bad(field, `${field} is given more than once`);
  }
  const { gate, wait, index } = query as Readonly<Record<string, string | undefined>>;
  if (gate !== undefined && !/^[A-Za-z0-9._-]{1,63}$/.test(gate)) {
    throw bad("gate", `gate is "${gate.slice(0, 80)}": it must be 1 to 63 letters, digits, ".", "_" or "-"`);
  }
  if (wait !== undefined && gate === undefined) {
    throw bad(
      "wait",
      "wait is for a gate only (add gate=NAME): the time held would eat the promise of anybody else",
    );
  }
  const seconds = wait === undefined ? 0 : Number(wait);
  if (wait !== undefined && (!/^\d+(\.\d+)?$/.test(wait) || seconds * 1000 > longestWaitMs)) {
    throw bad("wait", `wait is "${wait.slice(0, 80)}": it must be seconds from 0 to ${longestWaitMs / 1000}`);
  }
  if (index !== undefined && !/^\d{1,15}$/.test(index)) {
    throw bad("index", `index is "${index.slice(0, 80)}": it must be the whole number of an earlier answer`);
  }
  return {
    gate: gate ?? null,
    waitMs: seconds * 1000,
    index: index === undefined ? null : Number(index),
  };
}

/** Refuses (421) a request that takes this sidecar for another pod's: on a hostNetwork two of them share one loopback. */
export function refuseOtherPod(query: unknown, identity: string): void {
  const { pod } = (query ?? {}) as { readonly pod?: unknown };
  if (pod === undefined) return;
  if (typeof pod !== "string") throw bad("pod", "pod is given more than once");
  if (pod === identity) return;
  const message = `this is the sidecar of ${identity}, not of ${pod.slice(0, 253)}: give each its own LEADER_PORT`;
  throw new RequestError("OTHER_POD", message, "pod");
}

function bad(field: string, message: string): RequestError {
  return new RequestError("QUERY_INVALID", message, field);
}
