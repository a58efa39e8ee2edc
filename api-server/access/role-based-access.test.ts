import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubernetesObject } from "../objects/json.ts";
import { createObjectStore } from "../objects/object-store.ts";
import type { AccessAttributes } from "../kinds/reviews.ts";
import { createRoleBasedAccess } from "./role-based-access.ts";

const group = "rbac.authorization.k8s.io";

function object(kind: string, namespace: string, fields: object): KubernetesObject {
  const place = namespace === "" ? {} : { namespace };
  return { apiVersion: `${group}/v1`, kind, metadata: { name: "bindy", ...place }, ...fields };
}

test("only what is bound is allowed, by verb, group, resource and name", () => {
  const store = createObjectStore(10);
  const rules = [
    { verbs: ["get", "create"], apiGroups: ["coordination.k8s.io"], resources: ["leases"] },
    { verbs: ["watch"], apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: ["one"] },
    { verbs: ["patch"], apiGroups: ["example.org"], resources: ["zones/status"] },
  ];
  store.put(`${group}/roles`, object("Role", "dns", { rules }));
  const subjects = [{ kind: "ServiceAccount", namespace: "dns", name: "bindy" }];
  store.put(
    `${group}/rolebindings`,
    object("RoleBinding", "dns", { subjects, roleRef: { kind: "Role", name: "bindy" } }),
  );
  const authorize = createRoleBasedAccess(store);
  const asks = (change: Partial<AccessAttributes>): boolean =>
    authorize({
      user: "system:serviceaccount:dns:bindy",
      groups: [],
      verb: "get",
      group: "coordination.k8s.io",
      resource: "leases",
      subresource: "",
      namespace: "dns",
      name: "one",
      ...change,
    }).allowed;
  assert.equal(asks({}), true);
  assert.equal(asks({ verb: "watch" }), true);
  assert.equal(asks({ verb: "watch", name: "two" }), false);
  assert.equal(asks({ verb: "watch", name: "" }), false);
  assert.equal(asks({ verb: "delete" }), false);
  assert.equal(asks({ group: "" }), false);
  assert.equal(asks({ namespace: "other" }), false);
  assert.equal(asks({ namespace: "" }), false);
  assert.equal(asks({ user: "system:serviceaccount:other:bindy" }), false);
  const zone = { verb: "patch", group: "example.org", resource: "zones", name: "z" };
  assert.equal(asks({ ...zone, subresource: "status" }), true);
  assert.equal(asks(zone), false);
  assert.equal(asks({ verb: "delete", groups: ["system:masters"], namespace: "" }), true);
});

test("a cluster-wide binding counts everywhere, a group binds its members, a missing role nobody", () => {
  const store = createObjectStore(10);
  const authorize = createRoleBasedAccess(store);
  const ask = {
    user: "u",
    groups: ["g"],
    verb: "list",
    group: "",
    resource: "pods",
    subresource: "",
    namespace: "x",
    name: "",
  };
  const subjects = [{ kind: "Group", name: "g" }];
  const roleRef = { kind: "ClusterRole", name: "bindy" };
  store.put(`${group}/clusterrolebindings`, object("ClusterRoleBinding", "", { subjects, roleRef }));
  assert.equal(authorize(ask).allowed, false);
  store.put(
    `${group}/clusterroles`,
    object("ClusterRole", "", { rules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }] }),
  );
  assert.equal(authorize(ask).allowed, true);
  assert.equal(authorize({ ...ask, groups: [] }).allowed, false);
});
