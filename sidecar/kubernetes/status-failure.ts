// Turns what an API server (or what stands in front of it) answered into the election's words for failure.
import { AccessError } from "../../kubernetes/access-error.ts";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import { retryAfterMsOf } from "../../kubernetes/retry-after.ts";
import { explainFailure } from "../../kubernetes/connection-failure.ts";
import type { Failure, TroubleKind } from "../election/election.ts";

/** A failure from an HTTP answer that was not a success. `body` may be anything. */
export function failureOf(
  status: number,
  body: string,
  retryAfter: string | readonly string[] | undefined,
): Failure {
  const said = statusOf(body);
  const text = said?.message ?? `the API server answered ${status}`;
  return {
    kind: kindOf(status, text, said?.details?.causes ?? []),
    message: text,
    retryAfterMs: retryAfterMsOf(retryAfter),
  };
}

/** A failure from a request that got no answer, or could not even be sent. */
export function failureOfError(error: unknown, what: string, access: ClusterAccess): Failure {
  // A plugin that fails, or a file that is gone: there is nothing to show to the server, as good as a 401.
  const kind = error instanceof AccessError ? "Unauthorized" : "ApiServerUnreachable";
  const message = `${what}: ${explainFailure(error, access.server(), access.sources())}`;
  return { kind, message, retryAfterMs: 0 };
}

function kindOf(status: number, message: string, causes: readonly Cause[]): TroubleKind {
  if (status === 401) return "Unauthorized";
  // It is being deleted: no permission would help.
  if (status === 403 && causes.some(({ reason }) => reason === "NamespaceTerminating"))
    return "NamespaceMissing";
  if (status === 403) return "Forbidden";
  if (status === 404 && message.startsWith("namespaces ")) return "NamespaceMissing";
  if (status === 400 || status === 422) return "LeaseInvalid";
  return "ApiServerUnreachable";
}

/** Whether a body is a `Status`, as every refusal of an API server is. */
export function isStatus(body: string): boolean {
  return statusOf(body) !== null;
}

interface Cause {
  readonly reason?: unknown;
}

interface Status {
  readonly message: string;
  readonly details?: { readonly causes?: readonly Cause[] };
}

/** A `Status` object; null when the body is none. */
function statusOf(body: string): Status | null {
  try {
    const status = JSON.parse(body) as (Partial<Status> & { readonly kind?: unknown }) | null;
    if (status?.kind !== "Status" || typeof status.message !== "string") return null;
    const causes = status.details?.causes;
    return {
      message: status.message,
      details: { causes: Array.isArray(causes) ? causes.filter(isObject) : [] },
    };
  } catch {
    return null; // a page of HTML from a proxy, say: the caller names the status code instead
  }
}

function isObject(value: unknown): value is Cause {
  return typeof value === "object" && value !== null;
}
