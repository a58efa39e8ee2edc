// The pod of a Bind9Instance: named and, beside it, the agent that brings it its zones. They share a directory for
// the zones, a directory for the pid file, and their process namespace, by which the agent tells named to load.
import { claimOfZones, type Bind9Instance } from "../resources/bind9-instance.ts";
import { tokenName, workVolume, zonesVolume } from "../resources/pod.ts";
import {
  configurationHash,
  configurationMounts,
  configurationVolume,
  isBrought,
  scratch,
  scratchMounts,
  workingDirectory,
} from "./pod-configuration.ts";
import { podPlace } from "./pod-place.ts";
import { canonicalQuantity } from "./quantity.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";
import { canonicalEmptyDir, canonicalVolume, withoutUnset } from "./written-as-stored.ts";

/** Where the images of an instance's pods come from. */
export interface InstanceImages {
  /** Of BIND, without tag: the instance's version becomes the tag. */
  readonly bind9Image: string;
  readonly agentImage: string;
  readonly agentCommand: readonly string[];
}

// The user of distroless images. Both containers run as it, or the agent could not signal named.
const user = 65_532;

const restricted = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** The pod template of an instance; `configMapName` is that of its own ConfigMap. A change of what the pods read of it rolls them. */
export function podTemplate(
  instance: ResolvedInstance,
  labels: Readonly<Record<string, string>>,
  configMapName: string,
  images: InstanceImages,
): Record<string, unknown> {
  const { image = {}, volumes = [] } = instance.spec;
  const pullSecrets = (image.imagePullSecrets ?? []).map((name) => ({ name }));
  return {
    metadata: {
      labels,
      annotations: { "bindy.firestoned.io/configuration": configurationHash(instance) },
    },
    spec: {
      serviceAccountName: instance.metadata.name,
      // The token goes to the agent alone, by a volume of its own: named, which faces the network, gets none.
      automountServiceAccountToken: false,
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: 30,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        seccompProfile: { type: "RuntimeDefault" },
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: labels },
        },
      ],
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets }),
      initContainers: [prepare(instance, images)],
      containers: [named(instance, images), agent(instance, images)],
      volumes: [
        configurationVolume(instance, configMapName),
        { name: zonesMount.name, ...zonesSource(instance) },
        { name: workVolume, emptyDir: {} },
        scratch,
        tokenVolume,
        ...volumes.map(canonicalVolume),
      ],
    },
  };
}

const zonesMount = { name: zonesVolume, mountPath: podPlace.zonesDirectory };

function fieldOf(name: string, fieldPath: string): Record<string, unknown> {
  return { name, valueFrom: { fieldRef: { fieldPath } } };
}

// Zones in a claim that another instance has had before are not this one's.
function ownerOf({ metadata }: Bind9Instance): Record<string, unknown>[] {
  return [
    fieldOf("INSTANCE_NAMESPACE", "metadata.namespace"),
    { name: "INSTANCE_NAME", value: metadata.name },
  ];
}

// named does not start without the file that lists its zones, and the agent may come up after it.
function prepare(instance: Bind9Instance, images: InstanceImages): Record<string, unknown> {
  return {
    name: "prepare",
    image: images.agentImage,
    command: [...images.agentCommand, "--prepare"],
    env: [...ownerOf(instance), { name: "ZONES_DIRECTORY", value: podPlace.zonesDirectory }],
    resources: { requests: { cpu: "10m", memory: "64Mi" } },
    securityContext: restricted,
    volumeMounts: [zonesMount],
  };
}

function named(instance: ResolvedInstance, images: InstanceImages): Record<string, unknown> {
  const { image = {}, version = "9.20", volumeMounts = [] } = instance.spec;
  const alive = { tcpSocket: { port: podPlace.namedPort } };
  return {
    name: "named",
    image: image.image ?? `${images.bind9Image}:${version}`,
    ...(image.imagePullPolicy === undefined ? {} : { imagePullPolicy: image.imagePullPolicy }),
    // The port is for options that somebody brings and that name none: whom named asks or transfers from, it reaches at 53 all the same.
    command: [
      "/usr/sbin/named",
      "-g",
      "-p",
      String(podPlace.namedPort),
      "-c",
      `${podPlace.configurationDirectory}/named.conf`,
    ],
    ...workingDirectory(instance),
    ports: [
      { name: "dns-udp", containerPort: podPlace.namedPort, protocol: "UDP" },
      { name: "dns-tcp", containerPort: podPlace.namedPort, protocol: "TCP" },
    ],
    // Resolvers that have not yet heard that the pod leaves go on asking it for a moment.
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
    readinessProbe: { ...alive, periodSeconds: 5 },
    livenessProbe: { ...alive, periodSeconds: 10, failureThreshold: 6 },
    resources: { requests: { cpu: "50m", memory: "64Mi" } },
    // What it says of a configuration that it does not take is its last words, which the pod's status has then.
    terminationMessagePolicy: "FallbackToLogsOnError",
    securityContext: restricted,
    volumeMounts: [
      ...configurationMounts(instance),
      { ...zonesMount, readOnly: true },
      { name: workVolume, mountPath: podPlace.workDirectory },
      ...scratchMounts(instance),
      ...volumeMounts.map(({ name, mountPath, subPath, readOnly }) =>
        withoutUnset({ name, mountPath, subPath, readOnly }),
      ),
    ],
  };
}

function agent(instance: ResolvedInstance, images: InstanceImages): Record<string, unknown> {
  return {
    name: "agent",
    image: images.agentImage,
    command: images.agentCommand,
    env: [
      fieldOf("POD_NAME", "metadata.name"),
      ...ownerOf(instance),
      { name: "NAMED_ADDRESS", value: "127.0.0.1" },
      { name: "NAMED_PORT", value: String(podPlace.namedPort) },
      { name: "NAMED_CONTROL_PORT", value: String(podPlace.controlPort) },
      { name: "NAMED_PID_FILE", value: podPlace.pidFile },
      ...(isBrought(instance) ? [{ name: "NAMED_FILES_BROUGHT", value: "true" }] : []),
      { name: "ZONES_DIRECTORY", value: podPlace.zonesDirectory },
      { name: "AGENT_PORT", value: String(podPlace.agentPort) },
    ],
    ports: [{ name: "agent-metrics", containerPort: podPlace.agentPort, protocol: "TCP" }],
    readinessProbe: {
      httpGet: { path: "/readyz", port: podPlace.agentPort },
      periodSeconds: 2,
      timeoutSeconds: 2,
    },
    livenessProbe: {
      httpGet: { path: "/livez", port: podPlace.agentPort },
      periodSeconds: 10,
      failureThreshold: 6,
    },
    resources: { requests: { cpu: "20m", memory: "64Mi" } },
    securityContext: restricted,
    volumeMounts: [
      zonesMount,
      { name: workVolume, mountPath: podPlace.workDirectory, readOnly: true },
      { name: tokenName, mountPath: "/var/run/secrets/kubernetes.io/serviceaccount", readOnly: true },
    ],
  };
}

/** Where the zone files lie: in a claim that somebody made, in one of the pod's own, or in a folder that goes with the pod. */
function zonesSource({ spec }: Bind9Instance): Record<string, unknown> {
  const { storageType, emptyDir = {}, persistentVolumeClaim = {} } = spec.storage ?? {};
  if (storageType !== "persistentVolumeClaim") return { emptyDir: canonicalEmptyDir(emptyDir) };
  const claimName = claimOfZones(spec);
  if (claimName !== null) return { persistentVolumeClaim: { claimName } };
  const { storageClassName, size = "1Gi", accessModes = [] } = persistentVolumeClaim;
  const claim = {
    accessModes: accessModes.length === 0 ? ["ReadWriteOnce"] : accessModes,
    resources: { requests: { storage: canonicalQuantity(size) } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
  };
  return { ephemeral: { volumeClaimTemplate: { spec: claim } } };
}

// What the kubelet would mount of itself: a token that it renews, and the authority to know the API server by.
const tokenVolume = {
  name: tokenName,
  projected: {
    sources: [
      { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
      { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
      {
        downwardAPI: {
          items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }],
        },
      },
    ],
  },
};
