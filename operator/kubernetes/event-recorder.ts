// Events: what `kubectl describe` shows of the changes to an object. They are news and no state: what cannot be written soon is dropped, and
// said so once, and none is written after the term that it belongs to. Of one object there are only so many, namespaces take turns, and what
// is said again soon is the same Event, with a higher count.
import { createHash } from "node:crypto";
import { GateClosedError, type Term } from "../../gate/leadership.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Troubles } from "../../platform/troubles.ts";
import type { Condition } from "../resources/conditions.ts";
import type { KubernetesObject, ResourceType } from "../resources/kubernetes-object.ts";
import { reasons, type ReasonEntry } from "../resources/reasons.ts";
import { timestamp } from "../resources/timestamp.ts";
import type { Applied } from "./client.ts";
import { createEventAllowance, createShortMemory } from "./event-memory.ts";
import { createEventQueue } from "./event-queue.ts";
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
const mostRemembered = 1000;
// As long as client-go counts on. The API server keeps an Event for an hour.
const repeatMs = 600_000;
const source = "events";
const pauseMs = 1000;

/** An object as an Event names it: what waits does not hold on to the object itself. */
interface Involved {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What is to be told of an object. */
interface News {
  /** The same for all that says the same of the same object. */
  readonly key: string;
  readonly term: Term;
  readonly involved: Involved;
  readonly condition: Condition;
  readonly type: "Normal" | "Warning";
  readonly first: string;
  last: string;
  count: number;
}

/** An Event that stands, and may be told again. */
interface Told {
  readonly event: KubernetesObject;
  readonly first: string;
  readonly count: number;
}

export function createEventRecorder(writer: GuardedWriter, clock: Clock, troubles: Troubles): EventRecorder {
  const waiting = createEventQueue<News>(mostWaiting);
  const allowance = createEventAllowance(mostRemembered);
  const told = createShortMemory<Told>(mostRemembered, repeatMs);
  let isWriting = false;

  async function write(news: News): Promise<void> {
    const before = told.get(news.key, clock.now().waitMs);
    if (before !== undefined) {
      const { event, first } = before;
      const again = { ...news, first, count: before.count + news.count };
      const outcome = await writer.replace(news.term, eventType, eventOf(again, event.metadata.name), event);
      if (outcome.kind === "written") return remember(again, outcome.object);
      // Somebody has taken it away.
      told.delete(news.key);
    }
    const outcome = await writer.create(news.term, eventType, eventOf(news, nameOf(news)));
    if (outcome.kind === "written") remember(news, outcome.object);
  }

  /** Not what it says: whoever tells it again knows that. */
  function remember({ key, first, count }: News, { apiVersion, kind, metadata }: KubernetesObject): void {
    const { namespace = "default", name, uid = "", resourceVersion = "" } = metadata;
    const event = { apiVersion, kind, metadata: { namespace, name, uid, resourceVersion } };
    told.set(key, { event, first, count }, clock.now().waitMs);
  }

  async function writeAll(): Promise<void> {
    isWriting = true;
    for (let next = waiting.next(); next !== undefined; next = waiting.next()) {
      if (next.term.signal.aborted) continue;
      try {
        await write(next);
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
      const { waitMs, wallMs } = clock.now();
      const involved = involvedOf(object);
      const { namespace = "", uid } = involved;
      const now = timestamp(wallMs);
      const key = digestOf([uid, condition.type, condition.status, condition.reason, condition.message]);
      const same = waiting.of(namespace).find((news) => news.key === key && news.term === term);
      if (same !== undefined) {
        same.last = now;
        same.count += 1;
        return;
      }
      if (!allowance.take(uid, waitMs)) return;
      const news = { key, term, involved, condition, type: entry.event, first: now, last: now, count: 1 };
      if (!waiting.push(namespace, news))
        troubles.met(source, "event-flood", `More than ${mostWaiting} Events wait; some are left out`);
      if (!isWriting) void writeAll();
    },
  };
}

function digestOf(texts: readonly string[]): string {
  return createHash("sha256").update(texts.join("\n")).digest("hex").slice(0, 16);
}

function involvedOf({ apiVersion, kind, metadata }: KubernetesObject): Involved {
  const { namespace, name, uid = "", resourceVersion = "" } = metadata;
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name, uid, resourceVersion };
}

/** One for each version of an object that has had the news. */
function nameOf({ involved: { name, uid, resourceVersion }, condition: { type, reason } }: News): string {
  return `${name.slice(0, 200).replace(/[-.]+$/, "")}.${digestOf([uid, resourceVersion, type, reason])}`;
}

function eventOf({ involved, condition, type, first, last, count }: News, name: string): Applied {
  return {
    apiVersion: eventType.apiVersion,
    kind: eventType.kind,
    metadata: { namespace: involved.namespace ?? "default", name },
    involvedObject: involved,
    type,
    reason: condition.reason,
    message: condition.message,
    source: { component: "bindy" },
    firstTimestamp: first,
    lastTimestamp: last,
    count,
  };
}
