// Finds the objects of a cache by something other than their key, without looking at all of them. It holds keys alone: a change that
// moves an object nowhere, as nearly all do, costs it nothing.
import { keyOf } from "../resources/kubernetes-object.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import type { Cache } from "./cache.ts";
import { keysIn, withKey, withoutKey, type PackedKeys } from "./packed-keys.ts";

export interface CacheIndex<T> {
  /** The objects filed under `value`, in no order. */
  get(value: string): readonly T[];
  /** The same, one at a time, also while they come and go: of what does so meanwhile some may be among them, or twice. */
  each(value: string): Iterable<T>;
  /** Whether any object is filed under `value`. */
  has(value: string): boolean;
  values(): Iterable<string>;
}

/** Files every object of `cache` under each of `valuesOf(object)`, now and whenever it changes. */
export function createCacheIndex<T extends KubernetesObject>(
  cache: Cache<T>,
  valuesOf: (object: T) => Iterable<string>,
): CacheIndex<T> {
  const filed = new Map<string, PackedKeys>();

  function file(value: string, keys: PackedKeys): void {
    if (keys === undefined) filed.delete(value);
    else filed.set(value, keys);
  }

  function move(key: string, previous: T | null, current: T | null): void {
    const before = new Set(previous === null ? [] : valuesOf(previous));
    const now = new Set(current === null ? [] : valuesOf(current));
    for (const value of before) if (!now.has(value)) file(value, withoutKey(filed.get(value), key));
    for (const value of now) if (!before.has(value)) file(value, withKey(filed.get(value), key));
  }

  function* each(value: string): Generator<T, void> {
    for (const key of keysIn(filed.get(value))) {
      // Whoever is told of a change before this index finds a key whose object has gone.
      const object = cache.get(key);
      if (object !== null) yield object;
    }
  }

  for (const object of cache.list()) move(keyOf(object), null, object);
  cache.onChange(({ key, previous, current }) => move(key, previous, current));
  return {
    get: (value) => [...each(value)],
    each,
    has: (value) => filed.has(value),
    values: () => filed.keys(),
  };
}
