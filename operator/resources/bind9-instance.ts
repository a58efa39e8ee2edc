// Bind9Instance: a set of equal named processes behind one Service.
import {
  configurationSchema,
  serviceSchema,
  settingsSchemas,
  type Bind9Configuration,
  type Bind9Settings,
  type ServiceSettings,
} from "./bind9-settings.ts";
import type { Condition } from "./conditions.ts";
import {
  customResource,
  integerSchema,
  objectName,
  orEmpty,
  readyColumn,
  referenceSchemas,
  statusSchema,
  textSchema,
} from "./custom-resource.ts";
import type { Schema } from "./custom-resource.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { bindcarSchema, primaryServersSchema, rndcSchemas } from "./unused-schemas.ts";
import { emptyDirSchema, sizeSchema } from "./volumes.ts";

export type Role = "primary" | "secondary";

export interface Bind9InstanceSpec extends Bind9Settings {
  readonly role?: Role;
  readonly replicas?: number;
  readonly config?: Bind9Configuration;
  /** A Bind9Cluster of this namespace, which says what this does not. */
  readonly clusterRef?: string;
  readonly service?: ServiceSettings;
  readonly storage?: Storage;
  readonly primaryServers?: readonly string[];
  readonly rndcSecretRef?: object;
  readonly rndcKey?: object;
  readonly bindcarConfig?: object;
}

/** Where named's zones lie, which come anew from the API in any case. */
export interface Storage {
  readonly storageType?: "emptyDir" | "persistentVolumeClaim";
  readonly emptyDir?: object;
  readonly persistentVolumeClaim?: ZonesClaim;
}

/** A claim that is there, by its name; or what the claim of each pod is made by. */
export interface ZonesClaim {
  readonly claimName?: string;
  readonly storageClassName?: string;
  /** A quantity of Kubernetes, as "10Gi". */
  readonly size?: string;
  readonly accessModes?: readonly string[];
}

/** The name of the claim that all pods of an instance have their zones in; null if there is none. */
export function claimOfZones({ storage }: Pick<Bind9InstanceSpec, "storage">): string | null {
  const isClaim = storage?.storageType === "persistentVolumeClaim";
  return (isClaim ? storage.persistentVolumeClaim?.claimName : null) ?? null;
}

/** A zone that an instance serves. */
export interface ServedZone {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly zoneName: string;
}

export interface Bind9InstanceStatus {
  readonly conditions?: readonly Condition[];
  readonly observedGeneration?: number;
  readonly serviceAddress?: string;
  readonly clusterRef?: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
  };
  /** The first hundred of the zones it serves; `zonesCount` counts them all. */
  readonly zones?: readonly ServedZone[];
  readonly zonesCount?: number;
  readonly readyReplicas?: number;
}

export interface Bind9Instance extends KubernetesObject {
  readonly spec: Bind9InstanceSpec;
  readonly status?: Bind9InstanceStatus;
}

/** Whether no pod of it is asked for. */
export function isScaledToZero({ spec }: Bind9Instance): boolean {
  return spec.replicas === 0;
}

/** The annotation of an instance that names the other namespaces whose zones it serves: a list, or `*`. */
export const allowedNamespacesAnnotation = "bindy.firestoned.io/allow-zone-namespaces";

/** What an instance may be called: its Service takes the name, and a ZoneFile's name begins with it. */
export const instanceNamePattern = /^[a-z]([-a-z0-9]{0,48}[a-z0-9])?$/;

const text = { type: "string" };
/** The access modes of a claim that zones can be written to. */
export const writableModes: readonly string[] = ["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"];

const claimSchema: Schema = {
  type: "object",
  description:
    "A claim that is there already, by claimName; without it each pod has one of its own, which goes with it.",
  properties: {
    claimName: objectName(
      "PersistentVolumeClaim",
      "Of a claim of the namespace, for one instance of one pod.",
    ),
    storageClassName: orEmpty(
      objectName(
        "StorageClass",
        "Of the claims that are made; the cluster's usual class if it is not set, and none if it is empty.",
      ),
    ),
    size: sizeSchema("Of each claim that is made; 1Gi if it is not set."),
    accessModes: {
      type: "array",
      maxItems: 4,
      description: "Of the claims that are made; ReadWriteOnce if it is not set.",
      items: { ...text, enum: [...writableModes, "ReadOnlyMany"] },
      "x-kubernetes-validations": [
        {
          rule: `self.size() == 0 || self.exists(mode, mode in ${JSON.stringify(writableModes)})`,
          message: "the zones are written there: name one of " + writableModes.join(", ") + " too",
        },
        {
          rule: "self.size() <= 1 || !('ReadWriteOncePod' in self)",
          message: "ReadWriteOncePod stands alone: take the others away, or write ReadWriteOnce in its place",
        },
      ],
    },
  },
};

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
    description: "What is to run.",
    properties: {
      clusterRef: orEmpty(
        objectName(
          "Bind9Cluster",
          "A Bind9Cluster of this namespace: each field that is not set here is taken from it, also those inside of image, configMapRefs, service and config.dnssec. Of volumes those of other names are taken too, and of volumeMounts those at other paths; every other list is one field. That of a ClusterBind9Provider is one too, in the provider's namespace.",
        ),
      ),
      role: {
        ...text,
        enum: ["primary", "secondary"],
        default: "primary",
        description: "For people and selectors: all instances serve what is compiled.",
      },
      replicas: { ...integerSchema(0, 100, "Number of pods."), default: 1 },
      ...settingsSchemas,
      config: configurationSchema,
      service: serviceSchema,
      storage: {
        type: "object",
        description: "Where the zone files lie. They come anew from the API in any case.",
        properties: {
          storageType: {
            ...text,
            enum: ["emptyDir", "persistentVolumeClaim"],
            default: "emptyDir",
            description: "Which of the two below.",
          },
          emptyDir: emptyDirSchema("A folder that goes with the pod, as in a pod's volumes."),
          persistentVolumeClaim: claimSchema,
        },
      },
      primaryServers: primaryServersSchema,
      ...rndcSchemas,
      bindcarConfig: bindcarSchema,
    },
  },
  status: statusSchema({
    serviceAddress: textSchema(253, "Where it is reached: of a load balancer, or else the Service's own."),
    clusterRef: {
      type: "object",
      description: "The cluster that it takes from what it does not say itself.",
      properties: referenceSchemas("the cluster"),
    },
    zones: {
      type: "array",
      maxItems: 100,
      description: "The first hundred of the zones that it serves.",
      items: {
        type: "object",
        properties: {
          ...referenceSchemas("the zone's object"),
          zoneName: textSchema(253, "Of the zone itself."),
        },
      },
    },
    zonesCount: { type: "integer", format: "int32", description: "How many zones it serves." },
    readyReplicas: { type: "integer", format: "int32", description: "How many of its pods are ready." },
  }),
  columns: [
    { name: "Cluster", type: "string", jsonPath: ".spec.clusterRef" },
    { name: "Role", type: "string", jsonPath: ".spec.role" },
    { name: "Replicas", type: "integer", jsonPath: ".spec.replicas" },
    { name: "Zones", type: "integer", jsonPath: ".status.zonesCount" },
    { name: "Address", type: "string", jsonPath: ".status.serviceAddress" },
    readyColumn,
  ],
});
