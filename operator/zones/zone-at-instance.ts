// How an instance stands to a zone: what its pods say that they have loaded of the ZoneFile it has, and whether they are asked. Only reads.
import { precedes } from "../bind9/serial.ts";
import { isScaledToZero, type Bind9Instance } from "../resources/bind9-instance.ts";
import type { ZoneInstanceStatus } from "../resources/dns-zone.ts";
import { isLeaving, referenceOf } from "../resources/kubernetes-object.ts";
import { isReadyPod, isUnready, type Pod } from "../resources/pod.ts";
import type { ZoneFile } from "../resources/zone-file.ts";
import type { World } from "../world.ts";

/** Of what a pod says of a failure. */
const longestWords = 200;

/** What an instance serves of a zone, of which it has `file` and may be meant to have a later serial, `published`. */
export function instanceStatus(
  world: World,
  instance: Bind9Instance,
  file: ZoneFile | null,
  published: number | null = null,
): ZoneInstanceStatus {
  const named = referenceOf(instance);
  // No pod has anything to load, and none that comes or goes makes a difference.
  if (file === null) return { ...named, status: "Pending" };
  const pods = podsThatStay(world, instance);
  const { loaded = {}, failed = {} } = file.status ?? {};
  // What a pod has loaded that is not ready nobody is sent to.
  const isRefusing = world.answersNobody(instance);
  const isAnswering = !isRefusing && !pods.every(isUnready);
  const serials = pods.flatMap(({ metadata }) => loaded[metadata.name] ?? []);
  const [first, ...others] = serials;
  const serving = isAnswering ? { ...named, ...lowest(first, others) } : named;
  if (pods.length === 0) {
    return { ...named, status: isScaledToZero(instance) ? "ScaledToZero" : "NoPods" };
  }
  if (pods.some((pod) => failed[pod.metadata.name] !== undefined)) return { ...serving, status: "Failed" };
  if (!isAnswering && !isRefusing && serials.length > 0) return { ...named, status: "PodsNotReady" };
  const last = published ?? file.spec.serial;
  const isComplete = serials.length === pods.length && serials.every((serial) => serial === last);
  return { ...serving, status: isComplete ? (isRefusing ? "Refusing" : "Loaded") : "Pending" };
}

function podsThatStay(world: World, instance: Bind9Instance): readonly Pod[] {
  return world.podsOf(instance).filter((pod) => !isLeaving(pod));
}

/** What a pod of the instance says of its failure to load the zone, if one does. */
export function failuresAt(world: World, instance: Bind9Instance, file: ZoneFile | null): string[] {
  const failed = file?.status?.failed ?? {};
  const pod = podsThatStay(world, instance).find(({ metadata }) => failed[metadata.name] !== undefined);
  if (pod === undefined) return [];
  const words = failed[pod.metadata.name] ?? "";
  return [`${instance.metadata.name} (${pod.metadata.name}: ${words.slice(0, longestWords)})`];
}

/** Whether each pod to which questions go has loaded some version. */
export function isLoadedWhereAsked(world: World, instance: Bind9Instance, file: ZoneFile | null): boolean {
  const loaded = file?.status?.loaded ?? {};
  return podsThatStay(world, instance).every(
    (pod) => !isReadyPod(pod) || loaded[pod.metadata.name] !== undefined,
  );
}

/** The lowest of serials, as they go round (RFC 1982). */
export function lowest(first: number | undefined, others: readonly number[]): { serial?: number } {
  if (first === undefined) return {};
  return { serial: others.reduce((least, serial) => (precedes(serial, least) ? serial : least), first) };
}
