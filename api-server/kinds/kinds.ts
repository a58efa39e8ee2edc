// The kinds that the server has from its start, as data. A new kind is a line here (and, where the table shows more
// than its name and age, its columns in table-columns.ts). Where a kind behaves unlike the others, it names a behaviour,
// and behaviours.ts holds the code.
import { columnsOf } from "../kubectl/table-columns.ts";
import type { Column } from "../kubectl/table-columns.ts";
import type { RuleTree } from "../cel/schema-rules.ts";
import type { Schema } from "../schema/schema.ts";
import type { SchemasByModel } from "../schema/built-in-schemas.ts";

export type BehaviourName =
  | "namespace"
  | "pod"
  | "service"
  | "secret"
  | "lease"
  | "workload"
  | "customResourceDefinition"
  | "review";

/** Where a scale subresource finds its numbers, as paths of field names. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** A label selector: an object with matchLabels, or text. Empty when there is none. */
  readonly selector: readonly string[];
}

export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  readonly hasStatus: boolean;
  readonly scale: ScalePaths | null;
  /** Whether `metadata.generation` counts the changes of what is not metadata or status. */
  readonly hasGeneration: boolean;
  /** Whether a PUT to a name that is free creates. */
  readonly createsOnUpdate: boolean;
  /** Whether a PUT may leave out the resourceVersion. */
  readonly updatesUnconditionally: boolean;
  /** Whether a deletion may take time (`deletionGracePeriodSeconds`). */
  readonly deletesGracefully: boolean;
  readonly isCustom: boolean;
  /** How long an object is kept after its last change, in ms; null for good. */
  readonly lifetimeMs: number | null;
  /** Field labels that a field selector may name, beside name and namespace. */
  readonly selectable: readonly string[];
  readonly behaviour: BehaviourName | null;
  readonly columns: readonly Column[];
  readonly schema: Schema;
  /** The rules in CEL of its definition; null when it has none. */
  readonly rules: RuleTree | null;
  /** Name of the type among the built-in schemas, "" for a custom one. */
  readonly model: string;
}

interface KindRow {
  readonly kind: string;
  readonly plural: string;
  readonly model?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly isClusterScoped?: true;
  readonly hasStatus?: true;
  readonly isScalable?: true;
  readonly hasGeneration?: true;
  readonly createsOnUpdate?: true;
  readonly needsVersion?: true;
  readonly deletesGracefully?: true;
  readonly lifetimeMs?: number;
  readonly selectable?: readonly string[];
  readonly behaviour?: BehaviourName;
}

const all = ["all"];
// The real server's default for --event-ttl.
const eventLifetimeMs = 3_600_000;
const eventFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];
const podFields = ["spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName"];

const workload = {
  categories: all,
  hasStatus: true,
  isScalable: true,
  hasGeneration: true,
  behaviour: "workload",
} as const;

const groups: Readonly<Record<string, readonly KindRow[]>> = {
  "/v1": [
    {
      kind: "Namespace",
      plural: "namespaces",
      shortNames: ["ns"],
      isClusterScoped: true,
      hasStatus: true,
      selectable: ["status.phase"],
      behaviour: "namespace",
    },
    { kind: "Node", plural: "nodes", shortNames: ["no"], isClusterScoped: true, hasStatus: true },
    {
      kind: "Pod",
      plural: "pods",
      shortNames: ["po"],
      categories: all,
      hasStatus: true,
      hasGeneration: true,
      deletesGracefully: true,
      selectable: [...podFields, "status.phase", "status.podIP", "status.nominatedNodeName"],
      behaviour: "pod",
    },
    {
      kind: "Service",
      plural: "services",
      shortNames: ["svc"],
      categories: all,
      hasStatus: true,
      createsOnUpdate: true,
      behaviour: "service",
    },
    { kind: "ConfigMap", plural: "configmaps", shortNames: ["cm"] },
    { kind: "Secret", plural: "secrets", selectable: ["type"], behaviour: "secret" },
    { kind: "ServiceAccount", plural: "serviceaccounts", shortNames: ["sa"] },
    {
      kind: "Event",
      plural: "events",
      model: "CoreV1Event",
      shortNames: ["ev"],
      createsOnUpdate: true,
      lifetimeMs: eventLifetimeMs,
      selectable: [...eventFields.map((field) => `involvedObject.${field}`), "reason", "type", "source"],
    },
  ],
  "apps/v1": [
    { kind: "Deployment", plural: "deployments", shortNames: ["deploy"], ...workload },
    // There is no controller that makes any; Helm lists them to see whether a Deployment is ready (--wait).
    { kind: "ReplicaSet", plural: "replicasets", shortNames: ["rs"], ...workload },
  ],
  "authentication.k8s.io/v1": [
    { kind: "TokenReview", plural: "tokenreviews", isClusterScoped: true, behaviour: "review" },
    { kind: "SelfSubjectReview", plural: "selfsubjectreviews", isClusterScoped: true, behaviour: "review" },
  ],
  "authorization.k8s.io/v1": [
    {
      kind: "SelfSubjectAccessReview",
      plural: "selfsubjectaccessreviews",
      isClusterScoped: true,
      behaviour: "review",
    },
  ],
  "apiextensions.k8s.io/v1": [
    {
      kind: "CustomResourceDefinition",
      plural: "customresourcedefinitions",
      shortNames: ["crd", "crds"],
      categories: ["api-extensions"],
      isClusterScoped: true,
      hasStatus: true,
      hasGeneration: true,
      behaviour: "customResourceDefinition",
    },
  ],
  "coordination.k8s.io/v1": [
    { kind: "Lease", plural: "leases", createsOnUpdate: true, needsVersion: true, behaviour: "lease" },
  ],
  "events.k8s.io/v1": [
    {
      kind: "Event",
      plural: "events",
      model: "EventsV1Event",
      shortNames: ["ev"],
      createsOnUpdate: true,
      lifetimeMs: eventLifetimeMs,
      selectable: [...eventFields.map((field) => `regarding.${field}`), "reason", "type"],
    },
  ],
  "networking.k8s.io/v1": [
    { kind: "NetworkPolicy", plural: "networkpolicies", shortNames: ["netpol"], hasGeneration: true },
  ],
  "policy/v1": [
    {
      kind: "PodDisruptionBudget",
      plural: "poddisruptionbudgets",
      shortNames: ["pdb"],
      hasStatus: true,
      hasGeneration: true,
    },
  ],
  "rbac.authorization.k8s.io/v1": [
    { kind: "Role", plural: "roles", createsOnUpdate: true },
    { kind: "RoleBinding", plural: "rolebindings", createsOnUpdate: true },
    { kind: "ClusterRole", plural: "clusterroles", isClusterScoped: true, createsOnUpdate: true },
    {
      kind: "ClusterRoleBinding",
      plural: "clusterrolebindings",
      isClusterScoped: true,
      createsOnUpdate: true,
    },
  ],
};

const replicaPaths: ScalePaths = {
  specReplicas: ["spec", "replicas"],
  statusReplicas: ["status", "replicas"],
  selector: ["spec", "selector"],
};

/** Models that the built-in kinds need, for `loadBuiltInSchemas`. */
export const builtInModels: readonly string[] = Object.values(groups).flatMap((rows) => rows.map(modelOf));

function modelOf(row: KindRow): string {
  return row.model ?? `V1${row.kind}`;
}

/** All built-in kinds with their schemas. */
export function builtInKinds(schemas: SchemasByModel): readonly Kind[] {
  return Object.entries(groups).flatMap(([groupVersion, rows]) => {
    const [group = "", version = ""] = groupVersion.split("/");
    return rows.map((row) => builtInKind(group, version, row, schemas));
  });
}

function builtInKind(group: string, version: string, row: KindRow, schemas: SchemasByModel): Kind {
  const model = modelOf(row);
  return {
    group,
    version,
    kind: row.kind,
    plural: row.plural,
    singular: row.kind.toLowerCase(),
    shortNames: row.shortNames ?? [],
    categories: row.categories ?? [],
    namespaced: row.isClusterScoped !== true,
    hasStatus: row.hasStatus === true,
    scale: row.isScalable === true ? replicaPaths : null,
    hasGeneration: row.hasGeneration === true,
    createsOnUpdate: row.createsOnUpdate === true,
    updatesUnconditionally: row.needsVersion !== true,
    deletesGracefully: row.deletesGracefully === true,
    isCustom: false,
    lifetimeMs: row.lifetimeMs ?? null,
    selectable: row.selectable ?? [],
    behaviour: row.behaviour ?? null,
    columns: columnsOf(group, row.kind),
    rules: null,
    schema: schemas.get(model) ?? { type: "object", "x-kubernetes-preserve-unknown-fields": true },
    model,
  };
}

/** `apps/v1`, or `v1` in the core group. */
export function apiVersionOf(kind: Pick<Kind, "group" | "version">): string {
  return kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
}

/** Where objects of the kind are kept: all versions of a resource share one place. */
export function storageOf(kind: Pick<Kind, "group" | "plural">): string {
  return `${kind.group}/${kind.plural}`;
}
