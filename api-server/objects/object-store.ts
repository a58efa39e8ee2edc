// Where objects are: one map per resource, one resourceVersion over all of them that only grows, a bounded history per
// resource from which a watch can begin, and listeners that are told of every change in its order.
import { deepFreeze } from "./json.ts";
import type { KubernetesObject } from "./json.ts";

/** One change. `previous` is what was there before, so that a selector can tell who enters and who leaves its view. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly storage: string;
  readonly object: KubernetesObject;
  readonly previous: KubernetesObject | null;
  readonly version: number;
}

export type StoreListener = (event: StoreEvent) => void;

export interface ObjectStore {
  /** The resourceVersion of the last change. */
  version(): number;
  get(storage: string, namespace: string, name: string): KubernetesObject | null;
  /** All objects of a resource, or of one namespace, in order of namespace and name. */
  list(storage: string, namespace?: string): readonly KubernetesObject[];
  /** Names of all resources of which there ever was an object. */
  storages(): readonly string[];
  /** Adds or replaces, gives the object its resourceVersion, and returns it as stored. */
  put(storage: string, object: KubernetesObject): KubernetesObject;
  /** Removes; returns the object as of its deletion, with the resourceVersion of that. */
  remove(storage: string, object: KubernetesObject): KubernetesObject;
  /** Changes of a resource after `version`, or the oldest version one can still ask for. */
  since(
    storage: string,
    version: number,
  ): { readonly events: readonly StoreEvent[] } | { readonly oldest: number };
  /** Tells `listener` of every change of a resource ("*": of all) until the returned function is called. */
  subscribe(storage: string, listener: StoreListener): () => void;
}

interface Shelf {
  readonly objects: Map<string, KubernetesObject>;
  history: StoreEvent[];
  /** Version of the last change that fell out of the history; 0 while it is complete. */
  compactedVersion: number;
}

/** A store that remembers `historyLimit` changes per resource. */
export function createObjectStore(historyLimit: number): ObjectStore {
  const shelves = new Map<string, Shelf>();
  const listeners = new Map<string, Set<StoreListener>>();
  const undelivered: StoreEvent[] = [];
  let delivering = false;
  let version = 1;

  function shelfOf(storage: string): Shelf {
    const found = shelves.get(storage);
    if (found !== undefined) return found;
    const shelf: Shelf = { objects: new Map(), history: [], compactedVersion: 0 };
    shelves.set(storage, shelf);
    return shelf;
  }

  // A listener may write in turn: its change waits here until everybody has been told of this one.
  function deliver(event: StoreEvent): void {
    undelivered.push(event);
    if (delivering) return;
    delivering = true;
    try {
      for (let next = undelivered.shift(); next !== undefined; next = undelivered.shift()) {
        for (const listener of listeners.get(next.storage) ?? []) listener(next);
        for (const listener of listeners.get("*") ?? []) listener(next);
      }
    } finally {
      delivering = false;
    }
  }

  function record(shelf: Shelf, event: StoreEvent): void {
    shelf.history.push(event);
    // Trimmed in blocks, so that a change does not move the whole history each time.
    if (shelf.history.length >= historyLimit * 2) {
      const dropped = shelf.history.length - historyLimit;
      shelf.compactedVersion = shelf.history[dropped - 1]?.version ?? shelf.compactedVersion;
      shelf.history = shelf.history.slice(dropped);
    }
    deliver(event);
  }

  function stamped(object: KubernetesObject): KubernetesObject {
    version += 1;
    return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
  }

  function put(storage: string, object: KubernetesObject): KubernetesObject {
    const shelf = shelfOf(storage);
    const key = keyOf(object.metadata.namespace ?? "", object.metadata.name);
    const previous = shelf.objects.get(key) ?? null;
    const stored = stamped(object);
    shelf.objects.set(key, stored);
    record(shelf, {
      type: previous === null ? "ADDED" : "MODIFIED",
      storage,
      object: stored,
      previous,
      version,
    });
    return stored;
  }

  function remove(storage: string, object: KubernetesObject): KubernetesObject {
    const shelf = shelfOf(storage);
    const key = keyOf(object.metadata.namespace ?? "", object.metadata.name);
    const previous = shelf.objects.get(key) ?? null;
    const last = stamped(object);
    shelf.objects.delete(key);
    record(shelf, { type: "DELETED", storage, object: last, previous, version });
    return last;
  }

  function since(storage: string, after: number): ReturnType<ObjectStore["since"]> {
    const shelf = shelfOf(storage);
    if (after < shelf.compactedVersion) return { oldest: shelf.compactedVersion };
    return { events: shelf.history.filter((event) => event.version > after) };
  }

  function subscribe(storage: string, listener: StoreListener): () => void {
    const set = listeners.get(storage) ?? new Set();
    listeners.set(storage, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  return {
    version: () => version,
    get: (storage, namespace, name) => shelves.get(storage)?.objects.get(keyOf(namespace, name)) ?? null,
    list: (storage, namespace) => listed(shelves.get(storage)?.objects, namespace),
    storages: () => [...shelves.keys()],
    put,
    remove,
    since,
    subscribe,
  };
}

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function listed(
  objects: ReadonlyMap<string, KubernetesObject> | undefined,
  namespace?: string,
): KubernetesObject[] {
  const entries = [...(objects ?? [])];
  const prefix = `${namespace ?? ""}/`;
  const chosen = namespace === undefined ? entries : entries.filter(([key]) => key.startsWith(prefix));
  return chosen.toSorted(([one], [two]) => (one < two ? -1 : 1)).map(([, object]) => object);
}
