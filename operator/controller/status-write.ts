// What a reconcile makes of the answer to a write of a status, which is the last thing that it does.
import { done } from "./controller.ts";
import type { ReconcileOutcome } from "./controller.ts";
import type { FilledCache } from "./cache.ts";
import type { WriteOutcome } from "../kubernetes/client.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";

/** The outcome of the reconcile; the object as written is put into its cache, so that nobody computes from the old one. */
export function afterStatusWrite<T extends KubernetesObject>(
  cache: FilledCache<T>,
  outcome: WriteOutcome<T>,
): ReconcileOutcome {
  switch (outcome.kind) {
    case "written":
      cache.put(outcome.object);
      return done;
    case "conflict":
      return { kind: "conflict", message: outcome.message };
    case "missing":
      return done; // it was deleted meanwhile, and its status with it
    case "invalid":
      return { kind: "terminal", message: outcome.message };
  }
}
