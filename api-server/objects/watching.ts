// Watching a part of the store: what a watcher sees of each change, given its namespace and selectors. An object that
// comes into the view is ADDED for this watcher, one that leaves it is DELETED, whatever happened to it.
import type { KubernetesObject } from "./json.ts";
import { storageOf } from "../kinds/kinds.ts";
import type { Kind } from "../kinds/kinds.ts";
import type { ObjectStore, StoreEvent } from "./object-store.ts";
import type { ObjectTest } from "./selectors.ts";

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: KubernetesObject;
  /** resourceVersion of the change; 0 for what was there when the watch began. */
  readonly version: number;
}

/** The part of a resource that is watched or listed; `namespace` undefined for all of them. */
export interface View {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly test: ObjectTest;
}

/** Objects in a view, in order of their names. */
export function listView(store: ObjectStore, { kind, namespace, test }: View): readonly KubernetesObject[] {
  return store.list(storageOf(kind), namespace).filter(test);
}

/**
 * Calls `emit` for everything that happens in a view after `version`, or, where that is null, for everything that is
 * there and then for what happens. Returns a function that ends the watch, or the oldest version that can be asked
 * for when the history does not reach back to `version`.
 */
export function watchView(
  store: ObjectStore,
  view: View,
  version: number | null,
  emit: (event: WatchEvent) => void,
): { readonly stop: () => void } | { readonly oldest: number } {
  const storage = storageOf(view.kind);
  const past = version === null ? { events: [] } : store.since(storage, version);
  if ("oldest" in past) return past;
  const begin = version ?? store.version();
  const follow = (event: StoreEvent): void => {
    if (event.version <= begin) return;
    const seen = seenEvent(view, event);
    if (seen !== null) emit(seen);
  };
  // Subscribed first: what a slow listener's own write adds meanwhile comes after what is already there.
  const stop = store.subscribe(storage, follow);
  if (version === null) {
    for (const object of listView(store, view)) emit({ type: "ADDED", object, version: 0 });
  }
  for (const event of past.events) follow(event);
  return { stop };
}

function seenEvent(view: View, { type, object, previous, version }: StoreEvent): WatchEvent | null {
  const isSeen = (candidate: KubernetesObject): boolean => {
    const isInNamespace = view.namespace === undefined || candidate.metadata.namespace === view.namespace;
    return isInNamespace && view.test(candidate);
  };
  const isThere = type !== "DELETED" && isSeen(object);
  const wasThere = previous !== null && isSeen(previous);
  if (isThere) return { type: wasThere ? "MODIFIED" : "ADDED", object, version };
  if (!wasThere) return null;
  if (type === "DELETED") return { type, object, version };
  const { resourceVersion } = object.metadata;
  const left = {
    ...previous,
    metadata: { ...previous.metadata, ...(resourceVersion ? { resourceVersion } : {}) },
  };
  return { type: "DELETED", object: left, version };
}
