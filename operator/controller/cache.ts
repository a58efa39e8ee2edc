// What the API server is known to hold of one kind: filled by a watcher and by the answers to our own writes, asked
// by reconcilers. Every change is told to listeners, so that nobody has to look twice.
import { isSameContent } from "../kubernetes/difference.ts";
import { keyOf } from "../resources/kubernetes-object.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";

export interface Change<T> {
  readonly key: string;
  /** null for an object that is new. */
  readonly previous: T | null;
  /** null for an object that is gone. */
  readonly current: T | null;
}

/** Reading a cache. The objects in it are shared: nobody may change one. */
export interface Cache<T extends KubernetesObject> {
  get(key: string): T | null;
  list(): readonly T[];
  /** The keys of all objects, also while they come and go: one at a time, since there may be hundreds of thousands. */
  keys(): Iterable<string>;
  /** True once a complete list has been received; it stays true while a watch is being mended. */
  isSynced(): boolean;
  /** Resolves when isSynced() becomes true. */
  readonly synced: Promise<void>;
  onChange(listener: (change: Change<T>) => void): () => void;
}

export interface FilledCache<T extends KubernetesObject> extends Cache<T> {
  /** Makes the cache hold exactly `objects`, and tells what that changes. */
  replace(objects: readonly T[]): void;
  /** Begins to do so with objects that come bit by bit. One that is begun and not finished has changed what it took, and removed nothing else. */
  refill(): Refill<T>;
  /** Takes up an object from a watch event or an answer, unless a newer one is known already, or that it is gone. */
  put(object: T): void;
  /** Takes an object out, unless one newer than `object` is known. */
  remove(object: T): void;
  /** Takes note that the watch has told everything up to this version. */
  reached(resourceVersion: string): void;
}

/** Each object is a step, to which listeners may have much to do. Between two of them answers and reads may come. */
export interface Refill<T> {
  /** Takes up a part of the list, which is of `resourceVersion`, but for what is older than an answer that came meanwhile. */
  take(objects: readonly T[], resourceVersion: string): Generator<void, void>;
  /** Takes out whatever was not among them, unless it is newer than the list, which is of `resourceVersion`. */
  finish(resourceVersion: string): Generator<void, void>;
}

/** Creates an empty cache. Of each object it has what `keep` makes of it: the object, where that is not said. */
export function createCache<T extends KubernetesObject>(
  keep: (object: T) => T = (object) => object,
): FilledCache<T> {
  const objects = new Map<string, T>();
  const listeners = new Set<(change: Change<T>) => void>();
  const { promise: synced, resolve: markSynced } = Promise.withResolvers<void>();
  let isSynced = false;
  /** How far the watch has come. What is not here and not newer has been deleted, however late an answer to its writing comes. */
  let reachedVersion = 0n;
  /** While the cache is refilled: of what was put or removed since that began, the version of which it was. */
  let since: Map<string, bigint> | null = null;

  function set(key: string, object: T | null): void {
    const previous = objects.get(key) ?? null;
    if (previous === null && object === null) return;
    const current = object === null ? null : keep(object);
    if (previous !== null && current !== null) {
      shareEqual(previous, current);
      shareEqual(previous.metadata, current.metadata);
    }
    if (current === null) objects.delete(key);
    else objects.set(key, current);
    for (const listener of listeners) listener({ key, previous, current });
  }

  function refill(): Refill<T> {
    const listed = new Set<string>();
    const answers = new Map<string, bigint>();
    const reachedBefore = reachedVersion;
    since = answers;
    return {
      *take(page, resourceVersion) {
        // A server that was set back, or that lags: its versions and those of before cannot be compared, and its watch tells what follows.
        const isComparable = numbered(resourceVersion) >= reachedBefore;
        for (const object of page) {
          const key = keyOf(object);
          listed.add(key);
          const answered = answers.get(key);
          const isOutdated = isComparable && answered !== undefined && revision(object) <= answered;
          if (!isOutdated && !isSame(objects.get(key), object)) set(key, object);
          yield;
        }
      },
      *finish(resourceVersion) {
        const last = numbered(resourceVersion);
        for (const key of objects.keys()) {
          const isNewer = (answers.get(key) ?? 0n) > last;
          if (!listed.has(key) && !isNewer) set(key, null);
          yield;
        }
        since = null;
        reachedVersion = last;
        isSynced = true;
        markSynced();
      },
    };
  }

  function replace(list: readonly T[]): void {
    const { take, finish } = refill();
    for (const steps of [take(list, ""), finish("")]) while (steps.next().done !== true);
  }

  function noteAnswer(key: string, object: T): void {
    const version = revision(object);
    if (since !== null && version > (since.get(key) ?? -1n)) since.set(key, version);
  }

  function put(object: T): void {
    const key = keyOf(object);
    noteAnswer(key, object);
    const known = objects.get(key);
    const isGone = known === undefined && revision(object) > 0n && revision(object) <= reachedVersion;
    if (!isGone && (known === undefined || revision(object) > revision(known))) set(key, object);
  }

  function remove(object: T): void {
    const key = keyOf(object);
    noteAnswer(key, object);
    const known = objects.get(key);
    if (known !== undefined && revision(known) <= revision(object)) set(key, null);
  }

  return {
    get: (key) => objects.get(key) ?? null,
    list: () => [...objects.values()],
    keys: () => objects.keys(),
    isSynced: () => isSynced,
    synced,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace,
    refill,
    put,
    remove,
    reached: (resourceVersion) => {
      const version = numbered(resourceVersion);
      if (version > reachedVersion) reachedVersion = version;
    },
  };
}

/**
 * Has an object go on with what it said before, wherever it says the same: nearly always a status or a version is all that is new. What
 * was there before stays where it is in memory, which else has holes all over, and who holds on to a part of it does not have it twice.
 */
function shareEqual(previous: object, current: object): void {
  const [were, are] = [previous as Record<string, unknown>, current as Record<string, unknown>];
  for (const name of Object.keys(are)) if (isSameContent(were[name], are[name])) are[name] = were[name];
}

function isSame(known: KubernetesObject | undefined, object: KubernetesObject): boolean {
  const { uid, resourceVersion } = object.metadata;
  return known?.metadata.uid === uid && known?.metadata.resourceVersion === resourceVersion;
}

// Since Kubernetes 1.35 resource versions are documented to be numbers that grow, also across re-creation.
function revision(object: KubernetesObject): bigint {
  return numbered(object.metadata.resourceVersion ?? "");
}

function numbered(version: string): bigint {
  return /^\d+$/.test(version) ? BigInt(version) : 0n;
}
