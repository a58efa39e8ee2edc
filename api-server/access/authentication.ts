// Who is asking. Tokens of service accounts are signed by a key made at start and carry the claims of a bound token
// (namespace, service account, pod), so nothing has to be remembered of them; one more token is the administrator's.
// As in a cluster, the token of a pod is worth nothing once the pod is gone.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import { isObject, numberAt, textAt } from "../objects/json.ts";
import type { JsonObject } from "../objects/json.ts";
import type { ObjectStore } from "../objects/object-store.ts";

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** Pod that the token is bound to, "" when it is bound to none. */
  readonly podName: string;
  readonly podUid: string;
}

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly pod?: { readonly name: string; readonly uid: string };
  /** How long the token is good for, in seconds; an hour unless given. */
  readonly expirationSeconds?: number;
}

export interface Authentication {
  readonly adminToken: string;
  issueToken(request: TokenRequest): string;
  /** The user whom an `Authorization` header names, null when it names nobody. */
  userOf(authorization: string | undefined): User | null;
  /** The user of a bare token, null when it is not good. */
  userOfToken(token: string): User | null;
}

const issuer = "https://kubernetes.default.svc.cluster.local";
const defaultExpirationSeconds = 3600;
const administrator: User = {
  name: "kubernetes-admin",
  groups: ["system:masters", "system:authenticated"],
  podName: "",
  podUid: "",
};

export function createAuthentication(store: ObjectStore, clock: Clock, random: Random): Authentication {
  const secret = Buffer.from(random.name(32), "hex");
  const adminToken = `admin-${random.name(24)}`;
  const signatureOf = (text: string): string => createHmac("sha256", secret).update(text).digest("base64url");
  const nowSeconds = (): number => Math.floor(clock.now().wallMs / 1000);

  function issueToken({ namespace, serviceAccount, pod, expirationSeconds }: TokenRequest): string {
    const now = nowSeconds();
    const account = store.get("/serviceaccounts", namespace, serviceAccount);
    const claims = {
      aud: [issuer],
      exp: now + (expirationSeconds ?? defaultExpirationSeconds),
      iat: now,
      iss: issuer,
      jti: random.name(16),
      "kubernetes.io": {
        namespace,
        ...(pod === undefined ? {} : { pod }),
        serviceaccount: { name: serviceAccount, uid: account?.metadata.uid ?? "" },
      },
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${serviceAccount}`,
    };
    const text = [{ alg: "HS256", typ: "JWT" }, claims].map(encoded).join(".");
    return `${text}.${signatureOf(text)}`;
  }

  function userOfToken(token: string): User | null {
    if (sameText(token, adminToken)) return administrator;
    const [header = "", payload = "", signature = ""] = token.split(".");
    if (!sameText(signature, signatureOf(`${header}.${payload}`))) return null;
    const claims = decodedClaims(payload);
    if (numberAt(claims, "exp") <= nowSeconds()) return null;
    const namespace = textAt(claims, "kubernetes.io", "namespace");
    const podName = textAt(claims, "kubernetes.io", "pod", "name");
    const podUid = textAt(claims, "kubernetes.io", "pod", "uid");
    if (podName !== "" && store.get("/pods", namespace, podName)?.metadata.uid !== podUid) return null;
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
    return { name: textAt(claims, "sub"), groups, podName, podUid };
  }

  function userOf(authorization: string | undefined): User | null {
    const found = /^Bearer\s+(\S+)$/i.exec(authorization ?? "");
    return found === null ? null : userOfToken(found[1] ?? "");
  }

  return { adminToken, issueToken, userOf, userOfToken };
}

function encoded(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** The claims of a payload whose signature has been found good, so that it is one that we wrote. */
function decodedClaims(payload: string): JsonObject {
  const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
  return isObject(claims) ? claims : {};
}

function sameText(one: string, two: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(two)];
  return left.length === right.length && timingSafeEqual(left, right);
}
