// What the page asks of the playground: the same HTTP API that scripts use.

const timeoutMs = 35_000;

/** @import { ActionName, ActionRecord } from "../dashboard/actions.ts" */
/** @import { PlaygroundState, ShownLine } from "../dashboard/state.ts" */

/**
 * Sends a request; returns its JSON. Throws an Error with the playground's own words.
 * @template Answer what the playground answers to that path
 * @param {"GET" | "POST" | "PUT"} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<Answer>}
 */
export async function send(method, path, body) {
  let response;
  try {
    response = await fetch(path, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new Error("The playground does not answer.", { cause });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error?.message ?? `The playground answered ${response.status}.`);
  return answer;
}

/**
 * Does something to a replica.
 * @param {string} replica
 * @param {ActionName} action
 * @returns {Promise<ActionRecord>}
 */
export function act(replica, action) {
  return send("POST", `/api/replicas/${encodeURIComponent(replica)}/${action}`);
}

const retryMs = 1000;

/**
 * @typedef {object} Listeners
 * @property {(state: PlaygroundState) => void} onState
 * @property {(line: ShownLine) => void} onLine
 * @property {() => void} onOpen at every (re)connection
 * @property {() => void} onLost once at every loss
 */

/**
 * Follows the playground's events, and comes back by itself when they end.
 * @param {Listeners} listeners
 */
export function follow({ onState, onLine, onOpen, onLost }) {
  const source = new EventSource("/api/events");
  source.addEventListener("state", ({ data }) => onState(JSON.parse(data)));
  source.addEventListener("line", ({ data }) => onLine(JSON.parse(data)));
  source.addEventListener("open", onOpen);
  source.addEventListener("error", () => {
    // The browser's own pause is several seconds in some, and after an HTTP error it would not come back at all.
    source.close();
    onLost();
    setTimeout(() => follow({ onState, onLine, onOpen, onLost }), retryMs);
  });
}
