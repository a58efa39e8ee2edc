// Whether a change of an object bears on where zones go, and on who serves which of one name.
import { isSameContent } from "../kubernetes/difference.ts";
import { namespaceLists } from "../resources/allowed-namespaces.ts";
import {
  allowedNamespacesAnnotation,
  isScaledToZero,
  type Bind9Instance,
} from "../resources/bind9-instance.ts";
import type { DnsZone } from "../resources/dns-zone.ts";
import { age, isLeaving } from "../resources/kubernetes-object.ts";
import { instanceLabel, type ZoneFile } from "../resources/zone-file.ts";
import type { World } from "../world.ts";

/**
 * Whether zones go to an instance that did, and are answered if they were: by its labels, its cluster and its annotation; and its uid owns their files.
 */
export function servesAsBefore(world: World, previous: Bind9Instance, current: Bind9Instance): boolean {
  const placing = (instance: Bind9Instance): object => ({
    clusterRef: instance.spec.clusterRef,
    labels: instance.metadata.labels,
    uid: instance.metadata.uid,
    isLeaving: isLeaving(instance),
    isScaledToZero: isScaledToZero(instance),
    allowed: instance.metadata.annotations?.[allowedNamespacesAnnotation],
  });
  if (!isSameContent(placing(previous), placing(current))) return false;
  return world.answersNobody(previous) === world.answersNobody(current);
}

/** Whether a zone goes where it went, and lets in whom it let in. */
export function isServedAsBefore(previous: DnsZone, current: DnsZone): boolean {
  const placing = (zone: DnsZone): object => ({
    zoneName: zone.spec.zoneName,
    bind9InstancesFrom: zone.spec.bind9InstancesFrom,
    clusterRef: zone.spec.clusterRef,
    clusterProviderRef: zone.spec.clusterProviderRef,
    age: age(zone),
    uid: zone.metadata.uid,
    isLeaving: isLeaving(zone),
    lists: namespaceLists.map((annotation) => zone.metadata.annotations?.[annotation]),
  });
  return isSameContent(placing(previous), placing(current));
}

/** Whether the file is of the same zone at the same instance: another zone of its name may have taken it over. */
export function isOfSameZone(previous: ZoneFile, current: ZoneFile): boolean {
  const placing = ({ spec: { zoneName, zoneRef } }: ZoneFile): object => ({ zoneName, zoneRef });
  return (
    previous.metadata.labels?.[instanceLabel] === current.metadata.labels?.[instanceLabel] &&
    isSameContent(placing(previous), placing(current))
  );
}
