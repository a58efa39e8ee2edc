// The head of an HTTP request, as far as a listener needs it that answers one GET and closes: which method, and which path.
// All else in it means nothing here, and what follows it is never read as a request. Pure.

export type Head =
  /** More must come before anything can be said. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "refused"; readonly status: 400 | 431 | 505; readonly message: string }
  /** `bytes`: how long the head is. */
  | { readonly kind: "request"; readonly method: string; readonly path: string; readonly bytes: number };

/** A probe's head has some 150 bytes, Prometheus' some 400. */
const longestHeadBytes = 8192;
const headEnd = "\r\n\r\n";

/** Reads what has come so far on a connection. */
export function readHead(bytes: Buffer): Head {
  const isWord = bytes.length === 0 || /[A-Z]/.test(String.fromCharCode(bytes[0] ?? 0));
  // TLS, for instance: a client that speaks it would wait for ever for an answer to half a greeting.
  if (!isWord) return { kind: "refused", status: 400, message: "this is not an HTTP request" };
  const end = bytes.subarray(0, longestHeadBytes).indexOf(headEnd);
  if (end === -1) {
    if (bytes.length < longestHeadBytes) return { kind: "incomplete" };
    const message = `the head of a request has ${longestHeadBytes} bytes at most`;
    return { kind: "refused", status: 431, message };
  }
  const line = bytes.toString("latin1", 0, bytes.indexOf("\r\n"));
  const [, method = "", target = "", version = ""] = /^([A-Z]+) (\S+) HTTP\/(\d\.\d)$/.exec(line) ?? [];
  if (method === "") return { kind: "refused", status: 400, message: "the first line is not a request line" };
  if (!version.startsWith("1.")) return { kind: "refused", status: 505, message: "use HTTP/1.1" };
  const path = target.replace(/^https?:\/\/[^/?#]*/, "").replace(/[?#].*$/, "");
  return { kind: "request", method, path: path || "/", bytes: end + headEnd.length };
}
