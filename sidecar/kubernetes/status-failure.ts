// Turns what an API server (or what stands in front of it) answered into the election's words for failure.
import { AccessError } from "../../kubernetes/access-error.ts";
import type { ClusterAccess } from "../../kubernetes/access.ts";
import { explainFailure } from "../../kubernetes/connection-failure.ts";
import type { Reply } from "../../kubernetes/exchange.ts";
import { statusOf } from "../../kubernetes/status.ts";
import type { Failure, TroubleKind } from "../election/election.ts";

/** A failure from an answer that was not a success; its text may be anything. */
export function failureOf({ status, text, retryAfterMs }: Reply): Failure {
  const said = statusOf(text);
  const message = said?.message ?? `the API server answered ${status}`;
  return { kind: kindOf(status, message, said?.causes ?? []), message, retryAfterMs };
}

/** A failure from a request that got no answer, or could not even be sent. */
export function failureOfError(error: unknown, what: string, access: ClusterAccess): Failure {
  // A plugin that fails, or a file that is gone: there is nothing to show to the server, as good as a 401.
  const kind = error instanceof AccessError ? "Unauthorized" : "ApiServerUnreachable";
  const message = `${what}: ${explainFailure(error, access.server(), access.sources())}`;
  return { kind, message, retryAfterMs: 0 };
}

function kindOf(status: number, message: string, causes: readonly string[]): TroubleKind {
  if (status === 401) return "Unauthorized";
  // It is being deleted: no permission would help.
  if (status === 403 && causes.includes("NamespaceTerminating")) return "NamespaceMissing";
  if (status === 403) return "Forbidden";
  if (status === 404 && message.startsWith("namespaces ")) return "NamespaceMissing";
  if (status === 400 || status === 422) return "LeaseInvalid";
  return "ApiServerUnreachable";
}
