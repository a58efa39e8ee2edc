// What is kept of a status that we write: enough to know whether another one is to be written, and what of it was told since when. There
// is a status of every record, larger than the record itself, and nobody reads it here but to compare it.
import { contentDigest, isSameContent } from "../kubernetes/difference.ts";
import type { Condition, KeptStatus } from "../resources/conditions.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";

export interface WithStatus extends KubernetesObject {
  readonly status?: KeptStatus;
}

/** Makes the status of an object short, one that is short already as little as one that is not there. */
export type KeepStatus = <T extends WithStatus>(object: T) => T;

// Thousands of objects are told the same in the same second.
const mostShared = 1024;
// Conditions of others are kept whole, and may be long.
const longestShared = 1024;

/** `ownTypes` are the conditions that we write of every such object: what they say is made anew each time. */
export function createStatusKeeper(ownTypes: readonly string[]): KeepStatus {
  const shared = new Map<string, readonly Condition[]>();

  /** One array for all that say the same. */
  function sharedConditions(conditions: readonly Condition[]): readonly Condition[] {
    const short = conditions.map((condition) =>
      ownTypes.includes(condition?.type) ? { ...condition, message: "", observedGeneration: 0 } : condition,
    );
    const text = JSON.stringify(short);
    if (text.length > longestShared) return short;
    const known = shared.get(text);
    if (known !== undefined) return known;
    if (shared.size >= mostShared) shared.clear();
    shared.set(text, short);
    return short;
  }

  return (object) => {
    const { status } = object;
    if (!status || status.digest !== undefined) return object;
    const { conditions, serial } = status;
    const kept: KeptStatus = {
      digest: contentDigest(status),
      ...(Array.isArray(conditions) ? { conditions: sharedConditions(conditions) } : {}),
      ...(serial === undefined ? {} : { serial }),
    };
    return { ...object, status: kept };
  };
}

/** Whether an object that has, or had, `kept` as its status would have the same with `status`. */
export function isSameStatus(kept: KeptStatus | undefined, status: object): boolean {
  if (kept?.digest === undefined) return isSameContent(kept, status);
  return kept.digest === contentDigest(status);
}
