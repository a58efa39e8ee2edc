// Pods whose named listens at no address that the kubelet asks at: it is ended there over and over, and says nothing of why.
import { isOwnAddressIn, knownAcls } from "../bind9/address-match-list.ts";
import { isIpv4 } from "../bind9/address.ts";
import { isLeaving, isNamed } from "../resources/kubernetes-object.ts";
import { isFinished, isReadyPod, type Pod } from "../resources/pod.ts";
import { broughtFiles } from "./pod-configuration.ts";
import { podPlace } from "./pod-place.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

const longestValue = 200;
/** As pods say it whose named was told to end, and did. */
const endsAsTold = "named: CrashLoopBackOff (Completed)";

/** Of pods that are not ready, each with field, value, address and remedy. Whatever their number, one address of each family is told. */
export function unheardPods(instance: ResolvedInstance, pods: readonly Pod[]): string[] {
  const waiting = pods.filter((pod) => !isLeaving(pod) && !isFinished(pod) && !isReadyPod(pod));
  const { configMapRefs = {} } = instance.spec;
  if (isNamed(configMapRefs.namedConfOptions) || isNamed(configMapRefs.namedConf))
    return unheardByFile(instance, waiting);
  const addresses = addressesOf(waiting);
  return [
    ...unheardByList(instance, "listenOn", addresses.filter(isIpv4)),
    ...unheardByList(
      instance,
      "listenOnV6",
      addresses.filter((address) => !isIpv4(address)),
    ),
  ];
}

function addressesOf(pods: readonly Pod[]): string[] {
  return pods
    .map(({ status }) => status?.podIP)
    .filter((address) => address !== undefined)
    .toSorted();
}

function unheardByList(
  { spec }: ResolvedInstance,
  field: "listenOn" | "listenOnV6",
  addresses: readonly string[],
): string[] {
  const list = spec.config?.[field];
  const acls = knownAcls(spec.acls ?? {});
  const unheard = addresses.find((address) => !isOwnAddressIn(list, address, acls));
  if (list === undefined || unheard === undefined) return [];
  const text = JSON.stringify(list);
  const value = text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
  return [
    `config.${field}: ${value} leaves out ${unheard}, the address of a pod, where the kubelet asks named, and ends it: name the network of the pods or any, or take the field away`,
  ];
}

/** Nobody reads what somebody brings; that named is told to end over and over has that reason first of all. */
function unheardByFile({ spec }: ResolvedInstance, waiting: readonly Pod[]): string[] {
  const ended = waiting.filter(({ status }) => status?.waits === endsAsTold);
  const [address] = addressesOf(ended);
  const names = broughtFiles.filter(
    ({ field }) => field !== "namedConfZones" && isNamed(spec.configMapRefs?.[field]),
  );
  if (address === undefined) return [];
  return names.map(
    ({ field }) =>
      `configMapRefs.${field}: ${spec.configMapRefs?.[field]}: where its listen-on leaves out ${address}, the address of a pod, or names another port than ${podPlace.namedPort}, the kubelet, which asks there, ends named: write listen-on { any; };`,
  );
}
