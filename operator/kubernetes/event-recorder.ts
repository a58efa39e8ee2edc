// Events: what `kubectl describe` shows of the changes to an object. They are news and no state: what cannot be written soon is dropped, and
// said so once, and none is written after the term that it belongs to.
import { createHash } from "node:crypto";
import { GateClosedError, type Term } from "../../gate/leadership.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Troubles } from "../../platform/troubles.ts";
import type { Condition } from "../resources/conditions.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import { reasons, type ReasonEntry } from "../resources/reasons.ts";
import { timestamp } from "../resources/timestamp.ts";
import type { Applied } from "./client.ts";
import { serverWideCodeOf, waitAskedMs } from "./kubernetes-error.ts";
import type { GuardedWriter } from "./guarded-writer.ts";

export interface ConditionChange {
  readonly condition: Condition;
  /** Whether the object did not have it before. */
  readonly isNew: boolean;
}

export interface EventRecorder {
  /** Tells of a condition that has changed, if its reason is one that Events tell of. Returns at once. */
  record(term: Term, object: KubernetesObject, change: ConditionChange): void;
}

const eventType: ResourceType = { apiVersion: "v1", kind: "Event", plural: "events" };
// A cluster that is brought up in one go has news of every object; the API server has more important things to do.
const mostWaiting = 200;
const source = "events";
const pauseMs = 1000;

export function createEventRecorder(writer: GuardedWriter, clock: Clock, troubles: Troubles): EventRecorder {
  const waiting: { readonly term: Term; readonly event: Applied }[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (next.term.signal.aborted) continue;
      try {
        await writer.create(next.term, eventType, next.event);
        troubles.over(source);
      } catch (error) {
        if (error instanceof GateClosedError) continue;
        troubles.met(source, "events", "Events are not written", { error });
        // News is what is given up first where a server has too much to do.
        if (serverWideCodeOf(error) === null) continue;
        await clock.sleep(Math.max(pauseMs, waitAskedMs(error)), next.term.signal);
      }
    }
    isWriting = false;
  }

  return {
    record(term, object, { condition, isNew }) {
      const entry: ReasonEntry | undefined = (reasons as Readonly<Record<string, ReasonEntry>>)[
        condition.reason
      ];
      if (entry?.event === undefined || (isNew && entry.isUsualAtFirst === true)) return;
      if (waiting.length >= mostWaiting) {
        troubles.met(source, "event-flood", `More than ${mostWaiting} Events wait; some are left out`);
        return;
      }
      waiting.push({ term, event: eventOf(object, condition, entry.event, timestamp(clock.now().wallMs)) });
      if (!isWriting) void writeAll();
    },
  };
}

function eventOf(
  object: KubernetesObject,
  { type, reason, message }: Condition,
  kind: "Normal" | "Warning",
  now: string,
): Applied {
  const { namespace, name, uid = "", resourceVersion = "" } = object.metadata;
  const digest = createHash("sha256")
    .update([uid, resourceVersion, type, reason].join("\n"))
    .digest("hex")
    .slice(0, 16);
  return {
    apiVersion: eventType.apiVersion,
    kind: eventType.kind,
    metadata: {
      namespace: namespace ?? "default",
      name: `${name.slice(0, 200).replace(/[-.]+$/, "")}.${digest}`,
    },
    involvedObject: {
      apiVersion: object.apiVersion,
      kind: object.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      uid,
      resourceVersion,
    },
    type: kind,
    reason,
    message,
    source: { component: "bindy" },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}
