// What the API server made of what we wrote, where that is not what we wrote: it writes some values in its own way, admission may change
// them, and what somebody else has added to a list stays beside ours, since a server-side apply takes away only what is the applier's.
// To write the same once more would come to the same, at each reconcile and without an end. So the answer is remembered, and what
// is still as it was answered stands.
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import type { Applied } from "./client.ts";
import { contentDigest, holds } from "./difference.ts";

// One that is forgotten costs one write.
const mostAnswers = 1000;

export interface Answers {
  /** Keeps `object` as what came of writing `wanted`. */
  note(object: KubernetesObject, wanted: Applied): void;
  /** Whether `existing` is what came of writing `wanted`. */
  has(existing: KubernetesObject, wanted: Applied): boolean;
}

export function createAnswers(): Answers {
  // By uid.
  const answers = new Map<string, string>();

  return {
    note(object, wanted) {
      const { uid = "" } = object.metadata;
      answers.delete(uid);
      if (uid === "" || holds(object, wanted)) return;
      for (const [oldest] of answers) {
        if (answers.size < mostAnswers) break;
        answers.delete(oldest);
      }
      answers.set(uid, digestOf(object, wanted));
    },
    has(existing, wanted) {
      const answer = answers.get(existing.metadata.uid ?? "");
      return answer !== undefined && answer === digestOf(existing, wanted);
    },
  };
}

/** Of both, without what changes of itself: the status, versions, and annotations that are not ours. */
function digestOf(object: KubernetesObject, wanted: Applied): string {
  const { metadata, status: _, ...content } = object as KubernetesObject & { readonly status?: unknown };
  const { labels, ownerReferences, annotations = {} } = metadata;
  const own = Object.keys(wanted.metadata.annotations ?? {}).map((name) => annotations[name]);
  return contentDigest([wanted, content, labels, ownerReferences, own]);
}
