// What every Kubernetes object looks like from here: the few fields of it that this operator reads or writes.

export const group = "bindy.firestoned.io";
export const version = "v1beta1";
export const apiVersion = `${group}/${version}`;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  /** Kept of what is being deleted alone (resources/deletion.ts). */
  readonly finalizers?: readonly string[];
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
}

/** Where objects of a kind live in the API. */
export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** Absent: each in a namespace. */
  readonly scope?: "Cluster";
}

/** A reference to an object by name, as statuses and specs carry it. */
export interface ObjectReference {
  readonly namespace: string;
  readonly name: string;
}

/** The label selector of Kubernetes (meta/v1), both of its halves. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly LabelRequirement[];
}

export interface LabelRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/** "namespace/name": how objects of one kind are told apart everywhere in the operator. */
export function keyOf(object: { readonly metadata: ObjectMetadata }): string {
  return asOneText(object.metadata.namespace ?? "", object.metadata.name);
}

/** Two names with a slash between. Hundreds of thousands of them are kept, and what a template makes of them goes on holding its parts. */
export function asOneText(first: string, second: string): string {
  return [first, second].join("/");
}

/** The two halves of a key. */
export function splitKey(key: string): ObjectReference {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** An owner reference by which garbage collection removes the object together with `owner`. */
export function ownedBy(owner: KubernetesObject): OwnerReference {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Whether `object` names `owner`, by uid, among its owners. */
export function isOwnedBy(object: { readonly metadata: ObjectMetadata }, owner: KubernetesObject): boolean {
  return (object.metadata.ownerReferences ?? []).some((reference) => reference.uid === owner.metadata.uid);
}

/** Whether somebody has asked for the object to be deleted. */
export function isLeaving(object: KubernetesObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}

/** An object as the statuses of others name it. */
export interface FullReference extends ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
}

export function referenceOf({ apiVersion: version_, kind, metadata }: KubernetesObject): FullReference {
  const { namespace = "", name } = metadata;
  return { apiVersion: version_, kind, namespace, name };
}

/** The key of the object that a reference names. */
export function keyOfReference({ namespace, name }: { namespace: string; name: string }): string {
  return `${namespace}/${name}`;
}

/**
 * Sorts as text, oldest first. Objects of one second, as one `kubectl create` makes them, go by namespace and name, so that the
 * same files give the same zones in every cluster.
 */
export function age(object: KubernetesObject): string {
  const { creationTimestamp = "", namespace = "", name } = object.metadata;
  // A space sorts before all that a namespace may hold. Kept of hundreds of thousands, as keys are.
  return [creationTimestamp, namespace, name].join(" ");
}

/** Whether a reference names something: an empty one is as good as none. */
export function isNamed(reference: string | undefined): reference is string {
  return reference !== undefined && reference !== "";
}
