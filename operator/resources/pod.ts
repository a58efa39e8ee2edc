// What is read of the pods of an instance: whether they are there to stay, and whether a Service sends anybody to them.
import type { KubernetesObject } from "./kubernetes-object.ts";

/** The volume of an instance's pods that the zone files lie in. */
export const zonesVolume = "bindy-zones";
export const workVolume = "bindy-work";
export const scratchVolume = "bindy-scratch";
export const configurationName = "bindy-configuration";
export const tokenName = "bindy-token";
/** The names that no volume of an instance's spec may have. */
export const ownVolumes = [zonesVolume, workVolume, scratchVolume, configurationName, tokenName] as const;

export interface Pod extends KubernetesObject {
  readonly spec?: {
    readonly volumes?: readonly {
      readonly name: string;
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    /** The first of its addresses, where the kubelet asks its containers. */
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    /** Why it does not start, where that is told; of what the API server has, this is made when it arrives. */
    readonly waits?: string;
  };
}

/** The claim that its zone files lie in; null where they lie elsewhere. */
export function claimOfPod({ spec }: Pod): string | null {
  const volume = spec?.volumes?.find(({ name }) => name === zonesVolume);
  return volume?.persistentVolumeClaim?.claimName ?? null;
}

/** Whether its containers have ended for good, as those of an evicted pod have: it serves nothing, and nobody need wait for it. */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

/** Whether it is said to be ready, so that a Service sends questions to it. */
export function isReadyPod({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");
}

/** Whether it is said not to be ready, so that a Service sends nobody to it. Before anything is said it is not. */
export function isUnready({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is !== "True");
}
