// What a bearer token says of itself. It need not be a JWT, and its claims are shown, never trusted.

export interface TokenClaims {
  readonly namespace: string | null;
  readonly pod: { readonly name: string | null; readonly uid: string | null };
  /** For whom it was made, and until when (seconds since the epoch); none and null when it does not say. */
  readonly audiences: readonly string[];
  readonly expiresAtSeconds: number | null;
}

const noClaims: TokenClaims = {
  namespace: null,
  pod: { name: null, uid: null },
  audiences: [],
  expiresAtSeconds: null,
};

/** The claims of a bound service account token, as far as there are any. Never throws. */
export function claimsOf(token: string): TokenClaims {
  const payload = token.split(".")[1];
  if (!payload) return noClaims;
  let claims: unknown;
  try {
    claims = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  } catch {
    return noClaims; // not a JWT, which a token need not be
  }
  const kubernetes = field(claims, "kubernetes.io");
  const pod = field(kubernetes, "pod");
  const audience = field(claims, "aud");
  const expiry = field(claims, "exp");
  return {
    namespace: textOrNull(field(kubernetes, "namespace")),
    pod: { name: textOrNull(field(pod, "name")), uid: textOrNull(field(pod, "uid")) },
    audiences: (Array.isArray(audience) ? audience : [audience]).filter((name) => typeof name === "string"),
    expiresAtSeconds: typeof expiry === "number" && Number.isFinite(expiry) ? expiry : null,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
