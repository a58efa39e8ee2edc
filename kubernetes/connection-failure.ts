// Why the API server could not be reached or does not accept us, as sentences for people who have to mend it: they name the
// server, the file in question and what to look at. One catalogue for all programs.
import { AccessError } from "./access-error.ts";
import type { AccessSources } from "./access.ts";
import { claimsOf } from "./bearer-token.ts";

interface Place {
  readonly server: URL;
  readonly sources: AccessSources;
}

const againHint = "It is read again for every connection";

/** By the code of the error; the first pattern that fits. */
const causes: readonly (readonly [RegExp, (place: Place, message: string) => string])[] = [
  [
    /^(UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_SIGNATURE_FAILURE|CERT_UNTRUSTED|INVALID_CA)$/,
    ({ server, sources }) =>
      `the certificate of ${placeOf(server)} is not signed by an authority in ${sources.authority}: has the cluster's CA ` +
      `been rotated, or is it another cluster's? ${againHint}`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    ({ server, sources }) =>
      `the certificate of ${placeOf(server)}, or its authority in ${sources.authority}, has expired: renew it, or set ` +
      "this machine's clock right",
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    ({ server }) => `the certificate of ${placeOf(server)} is not valid yet: set this machine's clock right`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    ({ server }, message) =>
      `the certificate of the server is not made for ${server.hostname} ` +
      `(${message.replace(/^.*altnames: /, "").slice(0, 200)}): use a name it has, or set tls-server-name`,
  ],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/,
    ({ server }) => `${placeOf(server)} does not speak TLS: is it an http:// server, or another port?`,
  ],
  [
    /^HPE_/,
    ({ server }) => `${placeOf(server)} does not answer in HTTP: is it an https:// server, or another port?`,
  ],
  [
    /ALERT|HANDSHAKE_FAILURE/,
    ({ server, sources }, message) =>
      `${placeOf(server)} refuses the handshake (${message.slice(0, 120)}): look at the client certificate, ` +
      `${sources.credential}: its expiry, and which CA has signed it`,
  ],
  [
    /^ERR_OSSL/,
    ({ sources }, message) =>
      `a certificate or key cannot be used (${message.slice(0, 120)}): look at ${sources.credential} and ` +
      sources.authority,
  ],
  [/^ECONNREFUSED$/, ({ server }) => `nothing listens at ${placeOf(server)}`],
  [
    /^(ENOTFOUND|EAI_AGAIN|EAI_\w+)$/,
    ({ server }) =>
      `the name ${server.hostname} cannot be resolved: look at the cluster's DNS and at dnsPolicy`,
  ],
  [
    /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/,
    ({ server }) =>
      `${placeOf(server)} accepts no connection in time: is there a NetworkPolicy or a firewall in between?`,
  ],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, ({ server }) => `there is no route to ${placeOf(server)}`],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
    ({ server }) => `the connection was ended by ${placeOf(server)}, or by something in between`,
  ],
];

/** Host and port, the port also where a URL leaves it out. */
function placeOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "http:" ? "80" : "443")}`;
}

/** The innermost error that has something to say: undici and node wrap. */
function rootOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message, cause, errors } = error as {
    code?: unknown;
    message?: string;
    cause?: unknown;
    errors?: readonly unknown[];
  };
  const inner = errors?.[0] ?? cause;
  if (typeof code === "string" && causes.some(([pattern]) => pattern.test(code))) {
    return { code, message: message ?? "" };
  }
  if (inner !== undefined && inner !== null) return rootOf(inner);
  return { code: typeof code === "string" ? code : "", message: message || String(error) };
}

/** Whether a handshake failed for what either side shows of itself: then it is to be read anew. */
export function isAboutTls(error: unknown): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO|_TLS_|_SSL_|OSSL|ALERT/.test(rootOf(error).code);
}

/** A request that got no answer: why, in one sentence. Never throws. */
export function explainFailure(error: unknown, server: URL, sources: AccessSources): string {
  if (error instanceof AccessError) return error.message;
  const { code, message } = rootOf(error);
  const found = causes.find(([pattern]) => pattern.test(code));
  if (found !== undefined) return found[1]({ server, sources }, message);
  // Node ends some of its messages with advice about its own command line, which nobody here has.
  return message.replace(/;? if the root CA is installed locally.*$/, "") || code;
}

/** A 401: what to look at. `authorization` is the header that was refused; `wallMs` the time it is. */
export function explainRefusal(authorization: unknown, sources: AccessSources, wallMs: number): string {
  const token = typeof authorization === "string" ? authorization.replace(/^Bearer /, "") : "";
  const { audiences, expiresAtSeconds } = claimsOf(token);
  const facts = [
    audiences.length > 0 ? `audience ${audiences.join(", ")}` : "",
    expiresAtSeconds === null
      ? ""
      : `${expiresAtSeconds * 1000 < wallMs ? "expired" : "expires"} ${new Date(expiresAtSeconds * 1000).toISOString()}`,
  ].filter(Boolean);
  return (
    `the API server does not accept ${sources.credential}${facts.length > 0 ? ` (${facts.join("; ")})` : ""}: look at ` +
    "its audience, its expiry, and whether it is this cluster's and its service account still exists. " +
    "It is read again for every request"
  );
}
