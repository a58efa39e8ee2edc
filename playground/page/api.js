// What the page asks of the playground: the same HTTP API that scripts use.

const timeoutMs = 35_000;

/** Sends a request; returns its JSON. Throws an Error with the playground's own words. */
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

/** Does something to a replica. */
export function act(replica, action) {
  return send("POST", `/api/replicas/${encodeURIComponent(replica)}/${action}`);
}

const retryMs = 1000;

/**
 * Follows the playground's events, and comes back by itself when they end. `onOpen` is called at every (re)connection,
 * `onLost` once at every loss.
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
