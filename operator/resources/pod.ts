// What is read of the pods of an instance: whether they are there to stay, and whether a Service sends anybody to them.
import type { KubernetesObject } from "./kubernetes-object.ts";

export interface Pod extends KubernetesObject {
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** Whether its containers have ended for good, as those of an evicted pod have: it serves nothing, and nobody need wait for it. */
export function isFinished({ status }: Pod): boolean {
  return status?.phase === "Failed" || status?.phase === "Succeeded";
}

/** Whether it is said not to be ready, so that a Service sends nobody to it. Before anything is said it is not. */
export function isUnready({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is !== "True");
}
