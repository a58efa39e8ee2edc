// May this user do this? Everything is allowed unless a hook says otherwise; a refusal is worded as the real
// authorizer words it, because clients print it and ours reads the four things that it names.
import type { User } from "./authentication.ts";
import type { RequestTarget, Verb } from "../wire/request-target.ts";
import type { AccessAttributes, AccessDecision } from "../kinds/reviews.ts";
import { forbidden } from "../objects/status.ts";
import type { ApiError } from "../objects/status.ts";

export type Authorize = (attributes: AccessAttributes) => AccessDecision;

/** Allows what every given authorizer allows; refuses with the reason of the first that does not. */
export function bothAllow(...authorizers: readonly (Authorize | undefined)[]): Authorize {
  return (attributes) => {
    const decisions = authorizers.map((authorize) => authorize?.(attributes));
    return decisions.find((decision) => decision?.allowed === false) ?? { allowed: true, reason: "" };
  };
}

/** The attributes of a request about objects. */
export function attributesOf(user: User, verb: Verb, target: RequestTarget): AccessAttributes {
  const { group, resource, subresource, namespace, name } = target;
  return { user: user.name, groups: user.groups, verb, group, resource, subresource, namespace, name };
}

/** The 403 of a decision, null when it allows. */
export function refusalOf(
  attributes: AccessAttributes,
  { allowed, reason }: AccessDecision,
): ApiError | null {
  if (allowed) return null;
  const { user, verb, group, resource, subresource, namespace, name } = attributes;
  const full = subresource === "" ? resource : `${resource}/${subresource}`;
  const scope = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = `User "${user}" cannot ${verb} resource "${full}" in API group "${group}" ${scope}`;
  return forbidden({ group, plural: resource }, name, reason === "" ? what : `${what}: ${reason}`);
}
