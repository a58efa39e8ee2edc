// Who has which claim for its zones. Two that write into one folder would each take the other's files away, so that a claim is one instance's at a
// time, and the next one's when the pods of the last have ended.
import { createCacheIndex } from "../controller/cache-index.ts";
import type { Cache } from "../controller/cache.ts";
import { claimOfZones, type Bind9Instance } from "../resources/bind9-instance.ts";
import { age, type KubernetesObject } from "../resources/kubernetes-object.ts";
import { claimOfPod, isFinished, type Pod } from "../resources/pod.ts";
import { instanceLabel } from "../resources/zone-file.ts";

/** Who has the claim that an instance names. */
export interface ClaimUse {
  /** The instances that name it, the oldest first. */
  readonly claimants: readonly Bind9Instance[];
  /** Pods that have their zones in it and are of another instance, which may be gone itself. */
  readonly podsOfOthers: readonly Pod[];
}

export interface Claims {
  /** Nobody where the instance names no claim. */
  useOf(instance: Bind9Instance): ClaimUse;
  /** The instances that name the claim in which the pod has its zones. */
  claimantsOf(pod: Pod): readonly Bind9Instance[];
}

export function createClaims(instances: Cache<Bind9Instance>, pods: Cache<Pod>): Claims {
  const claimants = createCacheIndex(instances, keysOf);
  const users = createCacheIndex(pods, keysOfPod);
  return {
    useOf: (instance) => ({
      claimants: keysOf(instance)
        .flatMap((claim) => claimants.get(claim))
        .toSorted((left, right) => (age(left) < age(right) ? -1 : 1)),
      podsOfOthers: keysOf(instance)
        .flatMap((claim) => users.get(claim))
        .filter((pod) => !isFinished(pod) && pod.metadata.labels?.[instanceLabel] !== instance.metadata.name),
    }),
    claimantsOf: (pod) => keysOfPod(pod).flatMap((claim) => claimants.get(claim)),
  };
}

function keysOf(instance: Bind9Instance): string[] {
  return keysIn(instance, claimOfZones(instance.spec));
}

function keysOfPod(pod: Pod): string[] {
  return keysIn(pod, claimOfPod(pod));
}

function keysIn({ metadata }: KubernetesObject, claim: string | null): string[] {
  return claim === null ? [] : [`${metadata.namespace ?? ""}/${claim}`];
}
