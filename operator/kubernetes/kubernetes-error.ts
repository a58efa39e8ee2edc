// What can go wrong between here and the API server, as errors with a stable code.

export type KubernetesErrorCode =
  /** No answer: refused, reset, unknown host, bad certificate. */
  | "API_UNREACHABLE"
  /** No answer, or no event, in the time allowed. */
  | "API_TIMEOUT"
  /** 401: the token is missing, unknown or expired. */
  | "API_UNAUTHORIZED"
  /** 403: a permission is missing, or a policy refused; the message says which. */
  | "API_FORBIDDEN"
  /** 429 or 5xx: come again, after `retryAfterMs` if that is given. */
  | "API_UNAVAILABLE"
  /** An answer that cannot be read, or that was not to be expected. */
  | "API_PROTOCOL";

const serverWide: readonly KubernetesErrorCode[] = [
  "API_UNREACHABLE",
  "API_TIMEOUT",
  "API_UNAUTHORIZED",
  "API_UNAVAILABLE",
];

/**
 * The code of an error that the server does to every request alike, whatever object it is about; null for one that is this
 * request's own. To the log, all that meet such a code have one trouble.
 */
export function serverWideCodeOf(error: unknown): KubernetesErrorCode | null {
  const { code } = error as { readonly code?: unknown };
  return serverWide.find((one) => one === code) ?? null;
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
