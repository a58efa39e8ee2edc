// What the tests of the charts' admission policies need on a real kube-apiserver: their objects, and pods with tokens of their own.
import assert from "node:assert/strict";
import type { RenderedObject } from "../kit/chart.ts";
import type { ControlPlane } from "./control-plane.ts";

const collections: Readonly<Record<string, string>> = {
  ConfigMap: "configmaps",
  MutatingAdmissionPolicy: "mutatingadmissionpolicies",
  MutatingAdmissionPolicyBinding: "mutatingadmissionpolicybindings",
  Role: "roles",
  RoleBinding: "rolebindings",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
};

export async function applyObjects(
  controlPlane: ControlPlane,
  objects: readonly RenderedObject[],
): Promise<void> {
  for (const object of objects) {
    const made = await controlPlane.call("POST", collectionOf(object), object);
    // What a release leaves for all is there already, for the second one.
    const isShared =
      object.metadata.annotations?.["helm.sh/resource-policy"] === "keep" && made.status === 409;
    assert.ok(made.status === 201 || isShared, JSON.stringify(made.body));
  }
}

/** Deletes them again, but for what a release leaves. */
export async function removeObjects(
  controlPlane: ControlPlane,
  objects: readonly RenderedObject[],
): Promise<void> {
  for (const object of objects) {
    if (object.metadata.annotations?.["helm.sh/resource-policy"] === "keep") continue;
    const { status } = await controlPlane.call("DELETE", `${collectionOf(object)}/${object.metadata.name}`);
    assert.equal(status, 200);
  }
}

function collectionOf({ apiVersion, kind, metadata: { namespace } }: RenderedObject): string {
  const plural = collections[kind];
  assert.ok(plural, kind);
  return `/${apiVersion === "v1" ? "api" : "apis"}/${apiVersion}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural}`;
}

export interface Pod {
  readonly name: string;
  readonly uid: string;
  /** Of its account, bound to it. */
  readonly token: string;
}

/** A pod as the API knows it; nothing runs in it. */
export async function createPod(
  controlPlane: ControlPlane,
  namespace: string,
  account: string,
  name: string,
): Promise<Pod> {
  const spec = { serviceAccountName: account, containers: [{ name: "operator", image: "none" }] };
  const metadata = { name, labels: { app: "bindy" } };
  const made = await controlPlane.call("POST", `/api/v1/namespaces/${namespace}/pods`, { metadata, spec });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { uid } = (made.body as { metadata: { uid: string } }).metadata;
  const token = await controlPlane.issueToken({ namespace, name: account, pod: { name, uid } });
  return { name, uid, token };
}
