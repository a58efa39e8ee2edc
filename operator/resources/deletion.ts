// What is being deleted and is still there, since somebody's finalizer holds it: the condition that says so. Nothing is made for it any more, and
// what it said of itself before holds no longer.
import { withFindings, type Condition, type Finding } from "./conditions.ts";
import type { KubernetesObject } from "./kubernetes-object.ts";

const mostNamed = 5;
/** Kubernetes' own bound of such a name: a domain, a slash and a name. */
const longestName = 253 + 1 + 63;

/** What is kept of an object's finalizers: those that are named, and one more where there are others. */
export function keptFinalizers(finalizers: readonly string[]): readonly string[] {
  return finalizers.slice(0, mostNamed + 1).map((name) => name.slice(0, longestName));
}

/** That an object is being deleted, and what holds it. */
export function deletingFinding(object: KubernetesObject): Finding {
  const { finalizers = [], generation = 0 } = object.metadata;
  const named = finalizers.slice(0, mostNamed).join(", ");
  const held =
    finalizers.length === 0
      ? ""
      : `, and held by finalizers: ${named}${finalizers.length > mostNamed ? " and others" : ""}`;
  return {
    type: "Ready",
    status: "False",
    reason: "Deleting",
    message: `it is being deleted${held}`,
    observedGeneration: generation,
  };
}

interface WithConditions {
  readonly conditions?: readonly Condition[];
}

/** The status of an object that is being deleted: as it was, but that it is not Ready. */
export function deletingStatus<S extends WithConditions>(
  object: KubernetesObject & { readonly status?: S },
  now: string,
): S & { readonly observedGeneration: number } {
  const finding = deletingFinding(object);
  const { observedGeneration } = finding;
  const conditions = withFindings(object.status?.conditions ?? [], [finding], now);
  return { ...(object.status as S), conditions, observedGeneration };
}
