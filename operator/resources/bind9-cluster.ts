// Bind9Cluster: instances by the number, primary and secondary, with one configuration; and ClusterBind9Provider, which makes one of them
// for all namespaces.
import {
  aclsSchema,
  configurationSchema,
  serviceSchema,
  settingsSchemas,
  transferSchema,
  type Bind9Configuration,
  type Bind9Settings,
  type ServiceSettings,
} from "./bind9-settings.ts";
import type { Condition } from "./conditions.ts";
import {
  customResource,
  integerSchema,
  labelsSchema,
  matching,
  orEmpty,
  readyColumn,
  rulesKey,
  statusSchema,
  type Schema,
} from "./custom-resource.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";
import { keySecretSchema, rndcSchemas } from "./unused-schemas.ts";

/** The instances of one role. */
export interface RoleSettings {
  /** How many instances, each of one pod. */
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly service?: ServiceSettings;
  readonly allowTransfer?: readonly string[];
  readonly rndcSecretRef?: object;
  readonly rndcKey?: object;
}

export interface Bind9ClusterSpec extends Bind9Settings {
  readonly primary?: RoleSettings;
  readonly secondary?: RoleSettings;
  readonly global?: Bind9Configuration;
  /** Address match lists by name, for the lists of `global`. */
  readonly acls?: Readonly<Record<string, readonly string[]>>;
  readonly rndcSecretRefs?: readonly object[];
}

export interface Bind9ClusterStatus {
  readonly conditions?: readonly Condition[];
  readonly observedGeneration?: number;
  readonly instanceCount?: number;
  readonly readyInstances?: number;
  readonly instances?: readonly string[];
}

export interface Bind9Cluster extends KubernetesObject {
  readonly spec: Bind9ClusterSpec;
  readonly status?: Bind9ClusterStatus;
}

export interface ClusterBind9Provider extends KubernetesObject {
  readonly spec: Bind9ClusterSpec & { readonly namespace?: string };
  readonly status?: Bind9ClusterStatus;
}

/** What the names of a cluster's instances leave room for: `CLUSTER-secondary-99`. */
export const clusterNamePattern = /^[a-z]([-a-z0-9]{0,35}[a-z0-9])?$/;

/** Labels of what a cluster makes, by which zones select instances. */
export const clusterLabels = {
  cluster: "bindy.firestoned.io/cluster",
  role: "bindy.firestoned.io/role",
  managedBy: "bindy.firestoned.io/managed-by",
} as const;

const nameRule = {
  rule: `self.metadata.name.matches('${clusterNamePattern.source}')`,
  message: "the name must be a DNS label of at most 37 characters that begins with a letter",
};

function roleSchema(role: string): Schema {
  return {
    type: "object",
    description: `The ${role} instances.`,
    properties: {
      replicas: integerSchema(0, 100, "How many instances, each of one pod; none if it is not set."),
      labels: labelsSchema(32, "Labels of these instances, for the selectors of zones."),
      service: serviceSchema,
      allowTransfer: transferSchema,
      ...rndcSchemas,
    },
  };
}

const clusterSchemas: Schema = {
  primary: roleSchema("primary"),
  secondary: roleSchema("secondary"),
  ...settingsSchemas,
  global: configurationSchema,
  acls: aclsSchema,
  rndcSecretRefs: {
    type: "array",
    maxItems: 64,
    description: "Accepted, and not acted on: a condition says so.",
    items: keySecretSchema("A Secret."),
  },
};

const status = statusSchema({
  instanceCount: { type: "integer", format: "int32", description: "How many instances there are." },
  readyInstances: { type: "integer", format: "int32", description: "How many of them are ready." },
  instances: {
    type: "array",
    maxItems: 100,
    description: "The first hundred of their names.",
    items: { type: "string", maxLength: 253 },
  },
});

const columns = [
  { name: "Version", type: "string", jsonPath: ".spec.version" },
  { name: "Primary", type: "integer", jsonPath: ".spec.primary.replicas" },
  { name: "Secondary", type: "integer", jsonPath: ".spec.secondary.replicas" },
  readyColumn,
] as const;

export const bind9Cluster = customResource({
  kind: "Bind9Cluster",
  plural: "bind9clusters",
  singular: "bind9cluster",
  shortNames: ["b9c", "b9cs"],
  description: "BIND 9 instances by the number, with one configuration.",
  rules: [nameRule],
  spec: { type: "object", description: "What is to run.", properties: clusterSchemas },
  status,
  columns,
});

export const clusterBind9Provider = customResource({
  kind: "ClusterBind9Provider",
  plural: "clusterbind9providers",
  singular: "clusterbind9provider",
  shortNames: ["cb9p", "cb9ps"],
  scope: "Cluster",
  description: "A Bind9Cluster for the zones of all namespaces.",
  rules: [nameRule],
  spec: {
    type: "object",
    description: "What is to run, and where.",
    properties: {
      namespace: orEmpty(
        matching(
          63,
          "^[a-z0-9]([a-z0-9-]*[a-z0-9])?$",
          "write the name of a namespace: letters in lower case, digits and hyphens",
          "Where its Bind9Cluster is made; the operator's own namespace if it is not set. It cannot be changed.",
        ),
      ),
      ...clusterSchemas,
    },
    // Its zones would be taken off the instances there are before there is one that could serve them in their place.
    [rulesKey]: [
      {
        // The name is a word of CEL, and escaped for that: what an API server reckons of it as it is has no bound.
        rule: "has(self.__namespace__) == has(oldSelf.__namespace__) && (!has(self.__namespace__) || self.__namespace__ == oldSelf.__namespace__)",
        message:
          "namespace cannot be changed: make a second ClusterBind9Provider there, name it in clusterProviderRef of the zones when its instances are ready, and delete this one then",
      },
    ],
  },
  status,
  columns,
});
