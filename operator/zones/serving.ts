// Which instances serve which zones. A zone selects instances by their labels, or names a cluster of its namespace, or a provider that
// is there for all namespaces. Where it selects those of other namespaces both owners have to say so, each by an annotation: a zone takes no place where it is
// not wanted, and goes to nobody who only gave himself its labels.
import type { ClusterBind9Provider } from "../resources/bind9-cluster.ts";
import { instanceNamespacesAnnotation, letsIn, namesNamespace } from "../resources/allowed-namespaces.ts";
import type { Bind9Instance } from "../resources/bind9-instance.ts";
import type { DnsZone, SelectorSource } from "../resources/dns-zone.ts";
import { isNamed, type KubernetesObject } from "../resources/kubernetes-object.ts";
import { selects } from "../resources/label-selector.ts";

/** A provider, and the namespace that its instances are in. */
export interface PlacedProvider {
  readonly provider: ClusterBind9Provider;
  readonly namespace: string;
}

/** Whether `zone` goes to `instance`; `providerOf` finds the one that a zone names, if there is one of that name. */
export function isServedBy(
  zone: DnsZone,
  instance: Bind9Instance,
  providerOf: (zone: DnsZone) => PlacedProvider | null,
): boolean {
  if (mayGo(zone, instance) && asksFor(zone.spec.bind9InstancesFrom, instance)) return true;
  const { clusterRef } = instance.spec;
  const { namespace } = instance.metadata;
  if (!isNamed(clusterRef)) return false;
  if (clusterRef === zone.spec.clusterRef && namespace === zone.metadata.namespace) return true;
  const provider = providerOf(zone);
  // By the namespace too: a cluster of that name that somebody else made elsewhere is not the provider's.
  return (
    provider !== null &&
    clusterRef === provider.provider.metadata.name &&
    namespace === provider.namespace &&
    admits(provider.provider, zone, "*")
  );
}

/** Whether both owners have said that the zone may be served by the instance, where the zone selects that. */
export function mayGo(zone: DnsZone, instance: Bind9Instance): boolean {
  return goesInto(zone, instance) && admits(instance, zone, "");
}

/**
 * Whether the zone selects the instance, and names its namespace, and the instance does not admit it. One that would go into any namespace is not told who there is in those
 * that are not its own.
 */
export function isTurnedAway(zone: DnsZone, instance: Bind9Instance): boolean {
  const { namespace = "" } = instance.metadata;
  if (!namesNamespace(zone.metadata, namespace, instanceNamespacesAnnotation) || admits(instance, zone, ""))
    return false;
  return asksFor(zone.spec.bind9InstancesFrom, instance);
}

/** Whether the zone goes to instances of that namespace that it selects. */
function goesInto({ metadata }: DnsZone, { metadata: { namespace = "" } }: Bind9Instance): boolean {
  return metadata.namespace === namespace || letsIn(metadata, namespace, "", instanceNamespacesAnnotation);
}

/**
 * Whether an instance or a provider lets in a zone of that namespace, or a zone one below it; `usual` is what holds without the annotation.
 */
export function admits(owner: KubernetesObject, zone: DnsZone, usual: string): boolean {
  const { namespace = "" } = zone.metadata;
  return owner.metadata.namespace === namespace || letsIn(owner.metadata, namespace, usual);
}

/** By the labels of instances, what sources that take long to ask have answered. Both stay the same objects while they say the same. */
const answers = new WeakMap<object, WeakMap<readonly SelectorSource[], boolean>>();

/**
 * Whether one of the sources selects the instance. All zones of a name are asked whenever one of it, or below it, is looked at, and many owners
 * may have made them.
 */
function asksFor(sources: readonly SelectorSource[] = [], instance: Bind9Instance): boolean {
  const { labels } = instance.metadata;
  if (labels === undefined || !takesLong(sources)) return isSelectedBy(sources, instance);
  let known = answers.get(labels);
  if (known === undefined) {
    known = new WeakMap();
    answers.set(labels, known);
  }
  let found = known.get(sources);
  if (found === undefined) {
    found = isSelectedBy(sources, instance);
    known.set(sources, found);
  }
  return found;
}

/** Most zones ask for one label or two; to remember what these said would take longer than to ask them. */
function takesLong(sources: readonly SelectorSource[]): boolean {
  if (sources.length > 2) return true;
  return sources.some(({ selector: { matchLabels = {}, matchExpressions = [] } }) => {
    return matchExpressions.length > 0 || Object.keys(matchLabels).length > 4;
  });
}

/** Whether one of the sources selects `object` by its labels. */
export function isSelectedBy(
  sources: readonly SelectorSource[] | undefined,
  object: KubernetesObject,
): boolean {
  return (sources ?? []).some(({ selector }) => selects(selector, object.metadata.labels));
}
