// What the soak puts into its namespace: three pods of the image under a tight limit on a read-only root, each with a gate that
// comes and goes, and the Lease with what it takes to hold it. The strictest of the Pod Security standards admits them.
import { namesOf } from "./soak-names.ts";

export interface SoakPlace {
  readonly namespace: string;
  readonly image: string;
  /** The bundle of pod-program.ts. */
  readonly program: string;
  readonly memoryLimit: string;
}

/** Marks the namespace as one that a soak made, and may remove. */
export const soakMark = "bindy.firestoned.io/soak";

const { lease, release } = namesOf;
const programFolder = "/soak";
const programFile = `${programFolder}/pod-program.mjs`;
const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
const podSecurity = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } };
const programVolume = { name: "program", configMap: { name: release } };
const programMount = { name: "program", mountPath: programFolder };

/** All of it, in the order in which it is to be made. */
export function soakObjects(place: SoakPlace): readonly object[] {
  const { namespace, program } = place;
  const metadata = { name: release, namespace };
  const labels = { [soakMark]: "true", "pod-security.kubernetes.io/enforce": "restricted" };
  const createdEmpty = { "bindy.firestoned.io/created-empty": "true" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata, rules },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: release },
      subjects: [{ kind: "ServiceAccount", name: release, namespace }],
    },
    {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name: lease, namespace, annotations: createdEmpty },
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { "pod-program.mjs": program } },
    deployment(place),
  ];
}

const rules = [
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create"] },
  {
    apiGroups: ["coordination.k8s.io"],
    resources: ["leases"],
    resourceNames: [lease],
    verbs: ["update", "patch", "watch"],
  },
  { apiGroups: ["", "events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
];

function deployment({ namespace, image, memoryLimit }: SoakPlace): object {
  const podName = { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } };
  const sidecar = {
    name: namesOf.sidecar,
    image,
    imagePullPolicy: "IfNotPresent",
    restartPolicy: "Always",
    env: [
      { name: "LEASE_NAME", value: lease },
      podName,
      { name: "POD_UID", valueFrom: { fieldRef: { fieldPath: "metadata.uid" } } },
    ],
    ports: [{ name: "health", containerPort: 4041 }],
    startupProbe: { httpGet: { path: "/livez", port: "health" }, periodSeconds: 1, failureThreshold: 120 },
    livenessProbe: { httpGet: { path: "/livez", port: "health" }, periodSeconds: 10, timeoutSeconds: 5 },
    readinessProbe: { httpGet: { path: "/readyz", port: "health" }, periodSeconds: 10, timeoutSeconds: 5 },
    resources: { requests: { cpu: "10m", memory: memoryLimit }, limits: { memory: memoryLimit } },
    securityContext: unprivileged,
  };
  const gate = {
    name: namesOf.gate,
    image,
    imagePullPolicy: "IfNotPresent",
    command: ["node", "--max-semi-space-size=1", programFile, "gate", "http://127.0.0.1:4040"],
    env: [podName],
    volumeMounts: [programMount],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    securityContext: unprivileged,
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: release, namespace },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: release } },
      template: {
        metadata: { labels: { app: release } },
        spec: {
          serviceAccountName: release,
          securityContext: podSecurity,
          initContainers: [sidecar],
          containers: [gate],
          volumes: [programVolume],
        },
      },
    },
  };
}

/** A pod that floods the health port of the pod at `address`, and ends. */
export function floodPod({ namespace, image }: SoakPlace, address: string, seconds: number): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: namesOf.flood, namespace },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      securityContext: podSecurity,
      volumes: [programVolume],
      containers: [
        {
          name: namesOf.flood,
          image,
          imagePullPolicy: "IfNotPresent",
          command: ["node", programFile, "flood", address, "4041", String(seconds)],
          volumeMounts: [programMount],
          securityContext: unprivileged,
        },
      ],
    },
  };
}

/** Keeps the pod from everything that it would say to anybody but the kubelet's node. */
export function blockingPolicy(namespace: string, pod: string): object {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: namesOf.block, namespace },
    spec: { podSelector: { matchLabels: { [soakMark]: pod } }, policyTypes: ["Egress"], egress: [] },
  };
}
