// For the tests of fencing by annotations: a namespace with an account that may write, pods with tokens of their own, and a Lease that a
// test hands to one of them, as a sidecar would.
import assert from "node:assert/strict";
import type { ContractAnswer, ContractClient } from "../contract/target.ts";
import { renderChart, type RenderedObject } from "../kit/chart.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { Pod } from "./policies.ts";

export const optedIn = { "bindy.firestoned.io/sidecar-injection": "enabled" };
export const mergePatch = "application/merge-patch+json";
const said = (name: string): string => `bindy.firestoned.io/${name}`;

/** What the injector's chart makes with fencing switched on. */
export const renderFencing = (...settings: readonly string[]): Promise<readonly RenderedObject[]> =>
  renderChart("leader-sidecar-injector", {
    name: "injector",
    namespace: "leader-sidecar",
    template: "fencing.yaml",
    settings: ["fencing.enabled=true", ...settings],
  });

/** Makes an object, which must go well. */
export async function make(api: ContractClient, path: string, body: unknown): Promise<ContractAnswer> {
  const answer = await api.call("POST", path, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer;
}

/** A namespace, unless it is there, with these labels. */
export async function makeNamespace(
  api: ContractClient,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  const body = { metadata: { name, labels } };
  if ((await api.call("POST", "/api/v1/namespaces", body)).status === 201) return;
  const patched = await api.call("PATCH", `/api/v1/namespaces/${name}`, body, { contentType: mergePatch });
  assert.equal(patched.status, 200);
}

/** An account that may write some resources there, and in `alsoIn`. */
export async function makeAccount(
  api: ContractClient,
  namespace: string,
  name: string,
  alsoIn: readonly string[] = [],
): Promise<void> {
  await make(api, `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name } });
  const verbs = ["get", "create", "update", "patch", "delete", "watch"];
  for (const at of [namespace, ...alsoIn]) {
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${at}`;
    const metadata = { name: `${namespace}-${name}` };
    await make(api, `${rbac}/roles`, {
      metadata,
      rules: [
        { apiGroups: [""], resources: ["configmaps", "secrets", "pods", "events"], verbs },
        { apiGroups: ["apps"], resources: ["deployments", "deployments/status"], verbs },
        { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs },
        // What an operator may that only reports, and one that only makes.
        { apiGroups: ["example.com"], resources: ["widgets"], verbs: ["get"] },
        { apiGroups: ["example.com"], resources: ["widgets/status"], verbs: ["patch"] },
        { apiGroups: ["example.com"], resources: ["gadgets"], verbs: ["create"] },
      ],
    });
    await make(api, `${rbac}/rolebindings`, {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
  }
}

export const leases = (namespace: string): string =>
  `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** A Lease that asks for fencing: of this account, for these resources. */
export function fencingLease(name: string, account: string, resources: string): unknown {
  const annotations = {
    [said("created-empty")]: "true",
    [said("fencing.account")]: account,
    [said("fencing.resources")]: resources,
  };
  return { metadata: { name, labels: { [said("fencing")]: "enabled" }, annotations } };
}

/** Makes the pod the holder, as its sidecar would. */
export async function handTo(
  controlPlane: ControlPlane,
  namespace: string,
  name: string,
  { name: holderIdentity, uid }: Pick<Pod, "name" | "uid">,
): Promise<void> {
  const body = {
    metadata: { annotations: { [said("holder-uid")]: uid } },
    spec: { holderIdentity },
  };
  const path = `${leases(namespace)}/${name}`;
  const { status } = await controlPlane.call("PATCH", path, body, mergePatch);
  assert.equal(status, 200);
}
