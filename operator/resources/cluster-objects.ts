// The kinds of Kubernetes itself that the operator makes or looks at, and the few fields that it reads of them.
import type { KubernetesObject, ResourceType } from "./kubernetes-object.ts";

export interface Service extends KubernetesObject {
  readonly spec?: { readonly clusterIP?: string };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

export interface Deployment extends KubernetesObject {
  readonly status?: {
    readonly readyReplicas?: number;
    /** How many of those that there should be are not there yet, beside those of before a change that they are to take the place of. */
    readonly unavailableReplicas?: number;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
  };
}

export const configMapType: ResourceType = { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" };
export const serviceType: ResourceType = { apiVersion: "v1", kind: "Service", plural: "services" };
export const podType: ResourceType = { apiVersion: "v1", kind: "Pod", plural: "pods" };
export const serviceAccountType: ResourceType = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
};
export const deploymentType: ResourceType = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  plural: "deployments",
};
export const roleType: ResourceType = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "Role",
  plural: "roles",
};
export const roleBindingType: ResourceType = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "RoleBinding",
  plural: "rolebindings",
};
export const disruptionBudgetType: ResourceType = {
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  plural: "poddisruptionbudgets",
};

/** The kinds that an instance owns besides its ZoneFiles. */
export const ownedTypes: readonly ResourceType[] = [
  serviceAccountType,
  roleType,
  roleBindingType,
  configMapType,
  serviceType,
  deploymentType,
  disruptionBudgetType,
];

/** The label that all objects of the operator carry, and by which it watches them. */
export const managedByLabel = { "app.kubernetes.io/managed-by": "bindy" } as const;
