// What the server knows of built-in types beyond names and types of fields, as data: how lists and maps merge, what
// is filled in, what must be there. Keyed by the model's name and then the field's.
import type { Schema } from "./schema.ts";

interface Overlay {
  /** Keys of the type itself. */
  readonly self?: Schema;
  readonly fields?: Readonly<Record<string, Schema>>;
}

/** A list whose items are told apart by `keys`; strategic patches go by the first of them unless told otherwise. */
function keyed(...keys: [string, ...string[]]): Schema {
  return {
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": keys,
    "x-kubernetes-patch-merge-key": keys[0],
    "x-kubernetes-patch-strategy": "merge",
  };
}

/** A list that strategic patches merge by a key but server-side apply replaces as a whole. */
function patchedBy(key: string): Schema {
  return { "x-kubernetes-patch-merge-key": key, "x-kubernetes-patch-strategy": "merge" };
}

const set: Schema = { "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge" };
const atomicMap: Schema = { "x-kubernetes-map-type": "atomic" };
const atomic: Overlay = { self: atomicMap };
const conditions: Overlay = { fields: { conditions: keyed("type") } };

function filled(value: unknown): Schema {
  return { default: value };
}

const containers: Overlay = {
  self: { required: ["name"] },
  fields: {
    env: keyed("name"),
    ports: keyed("containerPort", "protocol"),
    volumeMounts: keyed("mountPath"),
    volumeDevices: keyed("devicePath"),
    resources: filled({}),
    terminationMessagePath: filled("/dev/termination-log"),
    terminationMessagePolicy: filled("File"),
    imagePullPolicy: filled("IfNotPresent"),
  },
};

const probe: Overlay = {
  fields: {
    timeoutSeconds: filled(1),
    periodSeconds: filled(10),
    successThreshold: filled(1),
    failureThreshold: filled(3),
  },
};

export const overlays: Readonly<Record<string, Overlay>> = {
  V1ObjectMeta: { fields: { ownerReferences: keyed("uid"), finalizers: set } },
  V1LabelSelector: atomic,
  V1LocalObjectReference: atomic,
  V1ObjectReference: atomic,
  V1OwnerReference: { self: { ...atomicMap, required: ["apiVersion", "kind", "name", "uid"] } },
  V1TypedLocalObjectReference: atomic,
  V1NodeSelector: atomic,
  V1NodeSelectorTerm: atomic,
  V1ObjectFieldSelector: { self: atomicMap, fields: { apiVersion: filled("v1") } },
  V1ResourceFieldSelector: atomic,
  V1ConfigMapKeySelector: atomic,
  V1SecretKeySelector: atomic,
  V1RoleRef: { self: { ...atomicMap, required: ["kind", "name"] } },
  RbacV1Subject: { self: { ...atomicMap, required: ["kind", "name"] } },
  V1PodSpec: {
    self: { required: ["containers"] },
    fields: {
      containers: { ...keyed("name"), minItems: 1 },
      initContainers: keyed("name"),
      ephemeralContainers: keyed("name"),
      volumes: { ...keyed("name"), "x-kubernetes-patch-strategy": "merge,retainKeys" },
      imagePullSecrets: keyed("name"),
      hostAliases: keyed("ip"),
      topologySpreadConstraints: keyed("topologyKey", "whenUnsatisfiable"),
      resourceClaims: keyed("name"),
      schedulingGates: keyed("name"),
      nodeSelector: atomicMap,
      restartPolicy: { default: "Always", enum: ["Always", "OnFailure", "Never"] },
      dnsPolicy: filled("ClusterFirst"),
      terminationGracePeriodSeconds: filled(30),
      securityContext: filled({}),
      schedulerName: filled("default-scheduler"),
    },
  },
  V1Container: containers,
  V1EphemeralContainer: containers,
  V1ContainerPort: { self: { required: ["containerPort"] }, fields: { protocol: filled("TCP") } },
  V1Probe: probe,
  V1HTTPGetAction: { fields: { scheme: filled("HTTP"), path: filled("/") } },
  V1ResourceRequirements: { fields: { claims: keyed("name") } },
  V1ConfigMapVolumeSource: { fields: { defaultMode: filled(420) } },
  V1SecretVolumeSource: { fields: { defaultMode: filled(420) } },
  V1ProjectedVolumeSource: { fields: { defaultMode: filled(420) } },
  V1DownwardAPIVolumeSource: { fields: { defaultMode: filled(420) } },
  V1PodStatus: {
    fields: {
      conditions: keyed("type"),
      podIPs: keyed("ip"),
      hostIPs: patchedBy("ip"),
    },
  },
  V1NamespaceStatus: conditions,
  V1NodeSpec: { fields: { taints: patchedBy("key"), podCIDRs: set } },
  V1NodeStatus: { fields: { conditions: keyed("type"), addresses: keyed("type") } },
  V1Service: { fields: { spec: filled({}) } },
  V1ServiceSpec: {
    fields: {
      ports: keyed("port", "protocol"),
      selector: atomicMap,
      type: { default: "ClusterIP", enum: ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"] },
      sessionAffinity: filled("None"),
    },
  },
  V1ServicePort: { self: { required: ["port"] }, fields: { protocol: filled("TCP") } },
  V1ServiceStatus: conditions,
  V1ServiceAccount: { fields: { secrets: keyed("name") } },
  V1Secret: { fields: { type: filled("Opaque") } },
  V1Deployment: { self: { required: ["spec"] } },
  V1DeploymentSpec: {
    self: { required: ["selector", "template"] },
    fields: {
      replicas: { default: 1, minimum: 0 },
      revisionHistoryLimit: filled(10),
      progressDeadlineSeconds: filled(600),
      strategy: filled({
        type: "RollingUpdate",
        rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" },
      }),
    },
  },
  V1DeploymentStatus: conditions,
  V1ReplicaSetSpec: { self: { required: ["selector"] }, fields: { replicas: { default: 1, minimum: 0 } } },
  V1ReplicaSetStatus: conditions,
  V1RoleBinding: { self: { required: ["roleRef"] } },
  V1ClusterRoleBinding: { self: { required: ["roleRef"] } },
  V1PolicyRule: { self: { required: ["verbs"] } },
  V1PodDisruptionBudgetSpec: { fields: { selector: { "x-kubernetes-patch-strategy": "replace" } } },
  V1PodDisruptionBudgetStatus: conditions,
  V1CustomResourceDefinitionSpec: {
    self: { required: ["group", "names", "scope", "versions"] },
    fields: {
      scope: { enum: ["Cluster", "Namespaced"] },
      conversion: filled({ strategy: "None" }),
    },
  },
  V1CustomResourceDefinitionNames: { self: { required: ["kind", "plural"] } },
  V1CustomResourceDefinitionVersion: { self: { required: ["name", "served", "storage"] } },
  V1CustomResourceDefinitionStatus: { fields: { conditions: keyed("type") } },
};
