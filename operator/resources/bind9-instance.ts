// Bind9Instance: a set of equal named processes behind one Service.
import { conditionsSchema } from "./conditions.ts";
import type { Condition } from "./conditions.ts";
import { customResource, readyColumn } from "./custom-resource.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

export interface Bind9Configuration {
  readonly recursion?: boolean;
  readonly allowQuery?: readonly string[];
  readonly allowTransfer?: readonly string[];
  readonly forwarders?: readonly string[];
  readonly listenOn?: readonly string[];
  readonly listenOnV6?: readonly string[];
  readonly dnssec?: { readonly validation?: boolean };
}

export interface Bind9Image {
  readonly image?: string;
  readonly imagePullPolicy?: string;
  readonly imagePullSecrets?: readonly string[];
}

export interface Bind9InstanceSpec {
  readonly role?: "primary" | "secondary";
  readonly replicas?: number;
  /** Of BIND, as "9.20". */
  readonly version?: string;
  readonly image?: Bind9Image;
  readonly config?: Bind9Configuration;
  /** ConfigMaps that replace what the operator would write. */
  readonly configMapRefs?: {
    readonly namedConf?: string;
    readonly namedConfOptions?: string;
    readonly namedConfZones?: string;
  };
  readonly clusterRef?: string;
  readonly volumes?: readonly Volume[];
  readonly volumeMounts?: readonly VolumeMount[];
}

/** A volume of Kubernetes: its name, and one field by the name of where it comes from. */
export interface Volume {
  readonly name: string;
  readonly [source: string]: unknown;
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

/** What a volume may come from: nothing that holds a Secret, or belongs to the node. */
export const volumeSources = ["configMap", "emptyDir", "persistentVolumeClaim"] as const;

/** Where volumes may be mounted. */
export const mountFolders = ["/data", "/var/cache/bind", "/var/log/bind"] as const;

export interface Bind9InstanceStatus {
  readonly conditions?: readonly Condition[];
  readonly observedGeneration?: number;
  readonly serviceAddress?: string;
  /** The first hundred of the zones it serves; `zonesCount` counts them all. */
  readonly zones?: readonly string[];
  readonly zonesCount?: number;
  readonly readyReplicas?: number;
}

export interface Bind9Instance extends KubernetesObject {
  readonly spec: Bind9InstanceSpec;
  readonly status?: Bind9InstanceStatus;
}

/** The annotation of an instance that names the other namespaces whose zones it serves: a list, or `*`. */
export const allowedNamespacesAnnotation = "bindy.firestoned.io/allow-zone-namespaces";

/** What an instance may be called: its Service takes the name, and a ZoneFile's name begins with it. */
export const instanceNamePattern = /^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/;

const text = { type: "string" };
// An address, a network, or a word that named knows (any, none, localhost, localnets), perhaps negated.
const addressMatch = { type: "string", maxLength: 64, pattern: "^!?\\s*[A-Za-z0-9.:/-]+$" };
const addressMatches = { type: "array", maxItems: 256, items: addressMatch };
const anyObject = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
const volumesSchema = {
  type: "array",
  maxItems: 32,
  description: "Volumes for named, beside those that it has of itself.",
  items: {
    type: "object",
    required: ["name"],
    properties: {
      name: { ...text, minLength: 1, maxLength: 63, description: "What volumeMounts know it by." },
      configMap: { ...anyObject, description: "A ConfigMap of the namespace." },
      emptyDir: { ...anyObject, description: "A folder that goes with the pod." },
      persistentVolumeClaim: { ...anyObject, description: "A claim of the namespace." },
    },
    "x-kubernetes-validations": [
      {
        rule: "[has(self.configMap), has(self.emptyDir), has(self.persistentVolumeClaim)].filter(x, x).size() == 1",
        message: `a volume is one of ${volumeSources.join(", ")}: pods of an instance get no Secret and no folder of the node`,
      },
    ],
  },
};
const volumeMountsSchema = {
  type: "array",
  maxItems: 32,
  description: "Where named finds its volumes.",
  items: {
    type: "object",
    required: ["name", "mountPath"],
    properties: {
      name: { ...text, minLength: 1, maxLength: 63, description: "Of the volume." },
      mountPath: { ...text, maxLength: 256, description: `In one of ${mountFolders.join(", ")}.` },
      subPath: {
        ...text,
        maxLength: 256,
        description: "A folder or file in the volume, in place of all of it.",
      },
      readOnly: { type: "boolean", description: "Whether named may not write there." },
    },
    "x-kubernetes-validations": [
      {
        rule: "self.mountPath.matches('^(/data|/var/cache/bind|/var/log/bind)(/|$)')",
        message: `mountPath must lie in one of ${mountFolders.join(", ")}`,
      },
      {
        rule: "!self.mountPath.contains('..') && !(has(self.subPath) && self.subPath.contains('..'))",
        message: "write the path without ..",
      },
    ],
  },
};
const configMapName = { type: "string", maxLength: 253 };

export const bind9Instance = customResource({
  kind: "Bind9Instance",
  plural: "bind9instances",
  singular: "bind9instance",
  shortNames: ["b9", "b9s"],
  description: "A set of equal BIND 9 servers behind one Service.",
  rules: [
    {
      rule: `self.metadata.name.matches('${instanceNamePattern.source}')`,
      message: "the name must be a DNS label of at most 50 characters that begins with a letter",
    },
  ],
  spec: {
    type: "object",
    properties: {
      role: { ...text, enum: ["primary", "secondary"], default: "primary" },
      replicas: { type: "integer", format: "int32", minimum: 0, maximum: 100, default: 1 },
      version: { ...text, pattern: "^9\\.[0-9]{1,3}(\\.[0-9]{1,3})?$", default: "9.20" },
      image: {
        type: "object",
        properties: {
          image: { ...text, maxLength: 512 },
          imagePullPolicy: { ...text, enum: ["Always", "IfNotPresent", "Never"] },
          imagePullSecrets: { type: "array", maxItems: 16, items: text },
        },
      },
      config: {
        type: "object",
        properties: {
          recursion: { type: "boolean", default: false },
          allowQuery: addressMatches,
          allowTransfer: addressMatches,
          forwarders: addressMatches,
          listenOn: addressMatches,
          listenOnV6: addressMatches,
          dnssec: { type: "object", properties: { validation: { type: "boolean" } } },
        },
      },
      configMapRefs: {
        type: "object",
        properties: {
          namedConf: configMapName,
          namedConfOptions: configMapName,
          namedConfZones: configMapName,
        },
      },
      clusterRef: text,
      volumes: volumesSchema,
      volumeMounts: volumeMountsSchema,
    },
  },
  status: {
    type: "object",
    properties: {
      conditions: conditionsSchema,
      observedGeneration: { type: "integer", format: "int64" },
      serviceAddress: text,
      zones: { type: "array", items: text },
      zonesCount: { type: "integer", format: "int32" },
      readyReplicas: { type: "integer", format: "int32" },
    },
  },
  columns: [
    { name: "Cluster", type: "string", jsonPath: ".spec.clusterRef" },
    { name: "Role", type: "string", jsonPath: ".spec.role" },
    { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
    { name: "Zones", type: "integer", jsonPath: ".status.zonesCount" },
    readyColumn,
  ],
});
