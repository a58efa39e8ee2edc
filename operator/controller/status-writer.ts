// The last thing that a reconcile does: it writes the status, if that is another one, and tells of what changed in it by an Event.
import type { Term } from "../../gate/leadership.ts";
import type { ConditionChange, EventRecorder } from "../kubernetes/event-recorder.ts";
import type { GuardedWriter } from "../kubernetes/guarded-writer.ts";
import type { Condition } from "../resources/conditions.ts";
import type { ResourceType } from "../resources/kubernetes-object.ts";
import type { FilledCache } from "./cache.ts";
import { done } from "./controller.ts";
import type { ReconcileOutcome } from "./controller.ts";
import { isSameStatus, type WithStatus } from "./kept-status.ts";

export interface WrittenStatus {
  readonly conditions?: readonly Condition[];
}

export interface StatusWriter {
  /** Writes `status` of `over`, which is in `cache`, so that nobody computes from the old one; says what the reconcile came to. */
  write<T extends WithStatus>(
    term: Term,
    type: ResourceType,
    cache: FilledCache<T>,
    over: T,
    status: WrittenStatus,
  ): Promise<ReconcileOutcome>;
}

export function createStatusWriter(writer: GuardedWriter, events: EventRecorder): StatusWriter {
  return {
    async write(term, type, cache, over, status) {
      if (isSameStatus(over.status, status)) return done;
      const outcome = await writer.replaceStatus(term, type, over, status);
      switch (outcome.kind) {
        case "written":
          cache.put(outcome.object);
          for (const change of changes(over.status?.conditions, status.conditions))
            events.record(term, over, change);
          return done;
        case "conflict":
          return { kind: "conflict", message: outcome.message };
        case "missing":
          return done; // it was deleted meanwhile, and its status with it
        case "invalid":
          return { kind: "terminal", message: outcome.message };
      }
    },
  };
}

function changes(before: readonly Condition[] = [], after: readonly Condition[] = []): ConditionChange[] {
  return after.flatMap((condition) => {
    const earlier = before.find(({ type }) => type === condition.type);
    const isSame = earlier?.status === condition.status && earlier.reason === condition.reason;
    return isSame ? [] : [{ condition, isNew: earlier === undefined }];
  });
}
