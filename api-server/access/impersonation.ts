// Acting as somebody else (`kubectl --as`). The authorizer is asked for the verb `impersonate`: on the user or the service
// account that is named, and on each of the groups. The request then counts as that user's own.
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

/** The groups that are named, else those of a service account; and `system:authenticated`, unless one of them says who. */
function groupsOf(name: string, namespace: string, named: readonly string[]): readonly string[] {
  const own = namespace === "" ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
  const groups = named.length > 0 ? named : own;
  if (name === nobody) return [...new Set([...groups, "system:unauthenticated"])];
  const isSaid = groups.includes(authenticated) || groups.includes("system:unauthenticated");
  return isSaid ? groups : [...groups, authenticated];
}
