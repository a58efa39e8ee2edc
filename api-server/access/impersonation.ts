// Acting as somebody else (`kubectl --as`): for whoever may `impersonate` that user, or that service account, and each of
// the groups that are asked for. What is done then counts as done by the one who is acted as.
import type { IncomingMessage } from "node:http";
import type { AccessAttributes } from "../kinds/reviews.ts";
import { badRequest } from "../objects/status.ts";
import { refusalOf, type Authorize } from "./access.ts";
import type { User } from "./authentication.ts";

const serviceAccountPattern = /^system:serviceaccount:([^:]+):([^:]+)$/;
const authenticated = "system:authenticated";
const nobody = "system:anonymous";

/** The user in whose name a request of `user` is; `user` where nobody else is named. Throws a 403, or a 400. */
export function actingUser(
  user: User,
  { headers, headersDistinct }: IncomingMessage,
  authorize: Authorize,
): User {
  const name = String(headers["impersonate-user"] ?? "");
  const groups = headersDistinct["impersonate-group"] ?? [];
  const others = Object.keys(headers).filter((header) => /^impersonate-(?:uid|extra-)/.test(header));
  if (name === "") {
    if (groups.length + others.length === 0) return user;
    throw badRequest(`requested ${[...groups, ...others].join(", ")} without impersonating a user name`);
  }
  if (others.length > 0) throw badRequest(`this server knows no ${others.join(", ")}`);
  const [, namespace = "", account = ""] = serviceAccountPattern.exec(name) ?? [];
  const asked = [
    namespace === ""
      ? { resource: "users", namespace: "", name }
      : { resource: "serviceaccounts", namespace, name: account },
    ...groups.map((group) => ({ resource: "groups", namespace: "", name: group })),
  ];
  for (const what of asked) {
    const attributes = {
      ...what,
      user: user.name,
      groups: user.groups,
      verb: "impersonate",
      group: "",
      subresource: "",
    };
    const refusal = refusalOf(attributes satisfies AccessAttributes, authorize(attributes));
    if (refusal !== null) throw refusal;
  }
  return { name, groups: groupsOf(name, namespace, groups), podName: "", podUid: "" };
}

/** Those that are named, or those that a service account has anyway; and who is somebody is authenticated. */
function groupsOf(name: string, namespace: string, named: readonly string[]): readonly string[] {
  const own = namespace === "" ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  const groups = named.length > 0 ? named : own;
  if (name === nobody) return [...new Set([...groups, "system:unauthenticated"])];
  const isSaid = groups.includes(authenticated) || groups.includes("system:unauthenticated");
  return isSaid ? groups : [...groups, authenticated];
}
