// Turns what an API server (or what stands in front of it) answered into the election's words for failure.
import type { Failure, TroubleKind } from "../election/election.ts";

/** A failure from an HTTP answer that was not a success. `body` may be anything. */
export function failureOf(status: number, body: string, retryAfter: string | null): Failure {
  const text = statusMessage(body) ?? `the API server answered ${status}`;
  const seconds = Number(retryAfter ?? "");
  return {
    kind: kindOf(status, text),
    message: text,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0,
  };
}

/** A failure from a request that got no answer. */
export function failureOfError(error: unknown, what: string): Failure {
  const { message, code } = error as { message?: string; code?: string };
  return {
    kind: "ApiServerUnreachable",
    message: `${what}: ${message || code || String(error)}`,
    retryAfterMs: 0,
  };
}

function kindOf(status: number, message: string): TroubleKind {
  if (status === 401) return "Unauthorized";
  if (status === 403) return "Forbidden";
  if (status === 404 && message.startsWith("namespaces ")) return "NamespaceMissing";
  if (status === 400 || status === 422) return "LeaseInvalid";
  return "ApiServerUnreachable";
}

/** Whether a body is a `Status`, as every refusal of an API server is. */
export function isStatus(body: string): boolean {
  return statusMessage(body) !== null;
}

/** The message of a `Status` object; null when the body is none. */
function statusMessage(body: string): string | null {
  try {
    const status = JSON.parse(body) as { kind?: unknown; message?: unknown } | null;
    return status?.kind === "Status" && typeof status.message === "string" ? status.message : null;
  } catch {
    return null; // a page of HTML from a proxy, say: the caller names the status code instead
  }
}
