// Role-based access control as the real authorizer does it: only what a Role or ClusterRole, bound to the user or one
// of its groups, allows. Reads the roles from the store at every request, so a change counts at once.
import type { Authorize } from "./access.ts";
import { arrayAt, textAt } from "../objects/json.ts";
import type { KubernetesObject } from "../objects/json.ts";
import type { ObjectStore } from "../objects/object-store.ts";
import type { AccessAttributes } from "../kinds/reviews.ts";

const group = "rbac.authorization.k8s.io";
const administrators = "system:masters";

/** The authorizer over the roles and bindings of a store. */
export function createRoleBasedAccess(store: ObjectStore): Authorize {
  return (attributes) => {
    const allowed = attributes.groups.includes(administrators) || isAllowed(store, attributes);
    return { allowed, reason: "" };
  };
}

function isAllowed(store: ObjectStore, attributes: AccessAttributes): boolean {
  const bindings = [
    ...store.list(`${group}/clusterrolebindings`),
    ...(attributes.namespace === "" ? [] : store.list(`${group}/rolebindings`, attributes.namespace)),
  ];
  return bindings.some((binding) => {
    if (!arrayAt(binding, "subjects").some((subject) => isSubject(subject, attributes))) return false;
    return arrayAt(roleOf(store, binding), "rules").some((rule) => allows(rule, attributes));
  });
}

function isSubject(subject: unknown, { user, groups }: AccessAttributes): boolean {
  const name = textAt(subject, "name");
  switch (textAt(subject, "kind")) {
    case "User":
      return user === name;
    case "Group":
      return groups.includes(name);
    case "ServiceAccount":
      return user === `system:serviceaccount:${textAt(subject, "namespace")}:${name}`;
    default:
      return false;
  }
}

function roleOf(store: ObjectStore, binding: KubernetesObject): KubernetesObject | null {
  const name = textAt(binding, "roleRef", "name");
  const isCluster = textAt(binding, "roleRef", "kind") === "ClusterRole";
  if (isCluster) return store.get(`${group}/clusterroles`, "", name);
  return store.get(`${group}/roles`, binding.metadata.namespace ?? "", name);
}

function allows(
  rule: unknown,
  { verb, group: asked, resource, subresource, name }: AccessAttributes,
): boolean {
  const lists = (field: string, ...values: readonly string[]): boolean => {
    const listed = arrayAt(rule, field);
    return listed.includes("*") || values.some((value) => listed.includes(value));
  };
  const names = arrayAt(rule, "resourceNames");
  const wanted = subresource === "" ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`];
  const isNamed = names.length === 0 || (name !== "" && names.includes(name));
  return lists("verbs", verb) && lists("apiGroups", asked) && lists("resources", ...wanted) && isNamed;
}
