// What can go wrong between here and the API server, as errors with a stable code.

interface KubernetesErrorKind {
  readonly meaning: string;
  readonly remedy: string;
  /** The server does it to every request alike, whatever object it is about. */
  readonly isServerWide: boolean;
}

export const kubernetesErrors = {
  API_UNREACHABLE: {
    meaning: "No answer: refused, reset, an unknown host, a certificate that does not fit.",
    remedy: "The message says which of them it is, and which file to look at.",
    isServerWide: true,
  },
  API_TIMEOUT: {
    meaning: "No answer, or no event of a watch, in the time allowed.",
    remedy: "Is the API server overloaded, or the network slow? Calls follow `LEASE_RENEW_DEADLINE_SECONDS`.",
    isServerWide: true,
  },
  API_UNAUTHORIZED: {
    meaning: "401: the credentials are missing, unknown or expired.",
    remedy: "The token's audience and expiry, which the message gives.",
    isServerWide: true,
  },
  API_FORBIDDEN: {
    meaning: "403: a permission is missing, or a policy has refused.",
    remedy: "The message names the verb, the resource and the account; compare with the chart's roles.",
    isServerWide: false,
  },
  API_FENCED: {
    meaning:
      "403 by the fencing policy: as far as the API server knows this pod does not hold the lease, or the object has a later token.",
    remedy:
      "After an acquisition the server knows a moment later, and it is tried again by itself. Where it lasts: docs/fencing.md.",
    isServerWide: false,
  },
  API_UNAVAILABLE: {
    meaning: "429 or 5xx: the server asks to come again.",
    remedy: "It is tried again by itself; look at the API server where it lasts.",
    isServerWide: true,
  },
  API_PROTOCOL: {
    meaning: "An answer that cannot be read, or that was not to be expected.",
    remedy: "Is a proxy answering in place of the API server?",
    isServerWide: false,
  },
} as const satisfies Readonly<Record<string, KubernetesErrorKind>>;

export type KubernetesErrorCode = keyof typeof kubernetesErrors;

/**
 * The code of an error that the server does to every request alike, whatever object it is about; null for one that is this
 * request's own. To the log, all that meet such a code have one trouble.
 */
export function serverWideCodeOf(error: unknown): KubernetesErrorCode | null {
  const { code } = error as { readonly code?: unknown };
  const isKnown = typeof code === "string" && Object.hasOwn(kubernetesErrors, code);
  if (!isKnown) return null;
  const known = code as KubernetesErrorCode;
  return kubernetesErrors[known].isServerWide ? known : null;
}

/**
 * Whether the API server refuses this very request, by a permission, a quota or a rule of admission: to ask again comes to the same until
 * somebody has changed that. Fencing is none of these: it refuses whoever does not lead.
 */
export function isRefusal(error: unknown): error is KubernetesError {
  if (!(error instanceof KubernetesError)) return false;
  const isOtherRefusal = error.code === "API_PROTOCOL" && error.status >= 400 && error.status < 500;
  return error.code === "API_FORBIDDEN" || isOtherRefusal;
}

// However long a server asks to be left alone, a leader that works for nobody is looked for again after this.
const longestWaitMs = 30_000;

/** How long, in ms, an error asks to be waited for, whatever else it is: a server that is overloaded says when to come again. */
export function waitAskedMs(error: unknown): number {
  return error instanceof KubernetesError ? Math.min(error.retryAfterMs, longestWaitMs) : 0;
}

/** What a log says when troubles with the API server are over. */
export const apiWellMessage = "The API server answers as it should again";

export class KubernetesError extends Error {
  readonly code: KubernetesErrorCode;
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  /** How long the server asked to be left alone, in ms; 0 if it did not. */
  readonly retryAfterMs: number;

  constructor(
    code: KubernetesErrorCode,
    message: string,
    details: { readonly status?: number; readonly retryAfterMs?: number; readonly cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = "KubernetesError";
    this.code = code;
    this.status = details.status ?? 0;
    this.retryAfterMs = details.retryAfterMs ?? 0;
  }
}
