// What of an object is ever read, by its kind: the rest is taken out when it arrives. Whoever may edit a namespace may have put up to a megabyte
// into each, as annotations say, and a few hundred of those would end the operator for all others.
import { isIpv4, isIpv6 } from "../bind9/address.ts";
import { keptList, namespaceLists } from "../resources/allowed-namespaces.ts";
import { bind9Instance } from "../resources/bind9-instance.ts";
import { bind9Cluster, clusterBind9Provider, clusterLabels } from "../resources/bind9-cluster.ts";
import { managedByLabel, ownedTypes, podType } from "../resources/cluster-objects.ts";
import { keptFinalizers } from "../resources/deletion.ts";
import { dnsZone } from "../resources/dns-zone.ts";
import { apiVersion, type KubernetesObject, type OwnerReference } from "../resources/kubernetes-object.ts";
import { mostLabels, withoutLabels } from "../resources/label-selector.ts";
import { zonesVolume, type Pod } from "../resources/pod.ts";
import { waitsOf } from "../resources/pod-waits.ts";
import { instanceLabel, zoneFile } from "../resources/zone-file.ts";
import { contentAnnotation } from "./difference.ts";

/** An object that nobody else has seen yet. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] | undefined };
type Annotations = Readonly<Record<string, string>>;

/** Kinds whose owners let others in by an annotation, or may take it that they do. */
const letsOthersIn: readonly string[] = [
  dnsZone.kind,
  bind9Instance.kind,
  bind9Cluster.kind,
  clusterBind9Provider.kind,
];
/** Kinds that the operator makes itself, and compares with what it would make. */
const madeHere: readonly string[] = [bind9Instance.kind, bind9Cluster.kind, zoneFile.kind];

/** Those by which our own objects are found. */
const ourLabels: ReadonlySet<string> = new Set([
  instanceLabel,
  ...Object.values(clusterLabels),
  ...Object.keys(managedByLabel),
]);

/** Takes out of an object that has just arrived what nobody reads. */
export function keepWhatIsRead(object: KubernetesObject): void {
  if (object.apiVersion === apiVersion) keepOfCustomResource(object);
  else if (object.kind === podType.kind && object.apiVersion === podType.apiVersion) keepOfPod(object);
  else if (isOursByLabelAlone(object)) keepOfStranger(object);
}

function keepOfCustomResource({ kind, metadata }: KubernetesObject): void {
  const isMadeHere = madeHere.includes(kind);
  clearMetadata(metadata, isMadeHere);
  const { annotations } = metadata;
  if (annotations === undefined) return;
  const kept: Record<string, string> = {};
  for (const name of letsOthersIn.includes(kind) ? namespaceLists : []) {
    const list = annotations[name];
    if (list !== undefined) kept[name] = keptList(list);
  }
  const content = annotations[contentAnnotation];
  if (isMadeHere && content !== undefined) kept[contentAnnotation] = content;
  setAnnotations(metadata, kept);
}

function setAnnotations(metadata: Mutable<KubernetesObject["metadata"]>, kept: Annotations): void {
  metadata.annotations = Object.keys(kept).length === 0 ? undefined : kept;
}

function clearMetadata(metadata: KubernetesObject["metadata"], keepsOwners: boolean): void {
  const mutable = metadata as Mutable<typeof metadata>;
  const { labels, finalizers } = mutable;
  if (labels !== undefined && Object.keys(labels).length > mostLabels)
    mutable.labels = withoutLabels(labels, (name) => ourLabels.has(name));
  if (finalizers !== undefined)
    mutable.finalizers = mutable.deletionTimestamp === undefined ? undefined : keptFinalizers(finalizers);
  if (!keepsOwners && mutable.ownerReferences !== undefined) mutable.ownerReferences = undefined;
}

function keepOfPod(pod: Mutable<Pod>): void {
  const { metadata, spec, status } = pod;
  if (metadata !== undefined) {
    clearMetadata(metadata, true);
    if (metadata.annotations !== undefined) setAnnotations(metadata, {});
  }
  // A bookmark has neither.
  if (spec !== undefined) {
    const volumes = (spec.volumes ?? []).filter(({ name }) => name === zonesVolume);
    pod.spec = {
      volumes: volumes.map(({ name, persistentVolumeClaim: claim }) => ({
        name,
        ...(claim === undefined ? {} : { persistentVolumeClaim: { claimName: claim.claimName } }),
      })),
    };
  }
  if (status === undefined) return;
  const { phase, podIP = "", conditions = [] } = status;
  const waits = waitsOf(status);
  pod.status = {
    ...(phase === undefined ? {} : { phase }),
    ...(waits === undefined ? {} : { waits }),
    ...(isIpv4(podIP) || isIpv6(podIP) ? { podIP } : {}),
    conditions: conditions.map(({ type, status: is }) => ({ type, status: is })),
  };
}

/** Whether it carries the label by which our objects are watched, and is no instance's: anybody may have made it. */
function isOursByLabelAlone({ apiVersion: version, kind, metadata }: KubernetesObject): boolean {
  const [[label, value] = ["", ""]] = Object.entries(managedByLabel);
  if (metadata.labels?.[label] !== value) return false;
  if (!ownedTypes.some((type) => type.kind === kind && type.apiVersion === version)) return false;
  return !(metadata.ownerReferences ?? []).some(isOfInstance);
}

function isOfInstance(owner: OwnerReference): boolean {
  return owner.kind === bind9Instance.kind && owner.apiVersion === apiVersion;
}

/** That it is there, and whose it is not, is all that is asked of it. */
function keepOfStranger(object: KubernetesObject): void {
  const fields = object as unknown as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (name !== "apiVersion" && name !== "kind" && name !== "metadata") fields[name] = undefined;
  }
  clearMetadata(object.metadata, true);
  if (object.metadata.annotations !== undefined) setAnnotations(object.metadata, {});
}
