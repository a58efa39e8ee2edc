// Which instances serve which zones: a zone selects instances by their labels, and an instance admits zones of its own
// namespace, and of those that its annotation names.
import { allowedNamespacesAnnotation, type Bind9Instance } from "../resources/bind9-instance.ts";
import type { DnsZone, SelectorSource } from "../resources/dns-zone.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import { selects } from "../resources/label-selector.ts";

/** Whether `zone` selects `instance` and `instance` admits zones of that namespace. */
export function isServedBy(zone: DnsZone, instance: Bind9Instance): boolean {
  return isSelectedBy(zone.spec.bind9InstancesFrom, instance) && admits(instance, zone);
}

function admits(instance: Bind9Instance, zone: DnsZone): boolean {
  const { namespace = "" } = zone.metadata;
  if (instance.metadata.namespace === namespace) return true;
  const allowed = instance.metadata.annotations?.[allowedNamespacesAnnotation] ?? "";
  const names = allowed.split(",").map((name) => name.trim());
  return names.includes("*") || (namespace !== "" && names.includes(namespace));
}

/** Whether one of the sources selects `object` by its labels. */
export function isSelectedBy(
  sources: readonly SelectorSource[] | undefined,
  object: KubernetesObject,
): boolean {
  return (sources ?? []).some(({ selector }) => selects(selector, object.metadata.labels));
}
