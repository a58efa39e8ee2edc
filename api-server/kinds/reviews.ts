// Kinds that are questions: posted, answered, never stored.
import type { Authentication, User } from "../access/authentication.ts";
import { isObject, objectAt, textAt } from "../objects/json.ts";
import type { JsonObject } from "../objects/json.ts";

/** What an authorizer is asked: one user, one verb, one resource. */
export interface AccessAttributes {
  readonly user: string;
  readonly groups: readonly string[];
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export interface AccessDecision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Answers a posted review in the user's name. */
export function answeredReview(
  kind: string,
  body: unknown,
  user: User,
  authentication: Authentication,
  authorize: (attributes: AccessAttributes) => AccessDecision,
): JsonObject {
  const review = isObject(body) ? body : {};
  const metadata = { creationTimestamp: null };
  switch (kind) {
    case "TokenReview": {
      const found = authentication.userOfToken(textAt(review, "spec", "token"));
      const status = found === null ? { user: {} } : { authenticated: true, user: userInfo(found) };
      return { ...review, metadata, status };
    }
    case "SelfSubjectReview":
      return { ...review, metadata, status: { userInfo: userInfo(user) } };
    default: {
      const asked = objectAt(review, "spec", "resourceAttributes");
      const decision = authorize({
        user: user.name,
        groups: user.groups,
        verb: textAt(asked, "verb"),
        group: textAt(asked, "group"),
        resource: textAt(asked, "resource"),
        subresource: textAt(asked, "subresource"),
        namespace: textAt(asked, "namespace"),
        name: textAt(asked, "name"),
      });
      return { ...review, metadata, status: { allowed: decision.allowed, reason: decision.reason } };
    }
  }
}

function userInfo(user: User): JsonObject {
  const pod = {
    "authentication.kubernetes.io/pod-name": [user.podName],
    "authentication.kubernetes.io/pod-uid": [user.podUid],
  };
  return { username: user.name, groups: user.groups, ...(user.podName === "" ? {} : { extra: pod }) };
}
