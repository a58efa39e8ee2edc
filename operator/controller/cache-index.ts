// Finds the objects of a cache by something other than their key, without looking at all of them.
import { keyOf } from "../resources/kubernetes-object.ts";
import type { KubernetesObject } from "../resources/kubernetes-object.ts";
import type { Cache } from "./cache.ts";

export interface CacheIndex<T> {
  /** The objects filed under `value`, in no order. */
  get(value: string): readonly T[];
  /** Whether any object is filed under `value`. */
  has(value: string): boolean;
  values(): Iterable<string>;
}

/** Files every object of `cache` under each of `valuesOf(object)`, now and whenever it changes. */
export function createCacheIndex<T extends KubernetesObject>(
  cache: Cache<T>,
  valuesOf: (object: T) => Iterable<string>,
): CacheIndex<T> {
  const filed = new Map<string, Map<string, T>>();

  function takeOut(key: string, object: T): void {
    for (const value of valuesOf(object)) {
      const together = filed.get(value);
      together?.delete(key);
      if (together?.size === 0) filed.delete(value);
    }
  }

  function putIn(key: string, object: T): void {
    for (const value of valuesOf(object)) {
      const together = filed.get(value);
      if (together === undefined) filed.set(value, new Map([[key, object]]));
      else together.set(key, object);
    }
  }

  for (const object of cache.list()) putIn(keyOf(object), object);
  cache.onChange(({ key, previous, current }) => {
    if (previous !== null) takeOut(key, previous);
    if (current !== null) putIn(key, current);
  });
  return {
    get: (value) => [...(filed.get(value)?.values() ?? [])],
    has: (value) => filed.has(value),
    values: () => filed.keys(),
  };
}
