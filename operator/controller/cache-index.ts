// Finds the objects of a cache by something other than their key, without looking at all of them.
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
  const filed = new Map<string, Set<T>>();

  function takeOut(object: T): void {
    for (const value of valuesOf(object)) {
      const together = filed.get(value);
      together?.delete(object);
      if (together?.size === 0) filed.delete(value);
    }
  }

  function putIn(object: T): void {
    for (const value of valuesOf(object)) {
      const together = filed.get(value);
      if (together === undefined) filed.set(value, new Set([object]));
      else together.add(object);
    }
  }

  for (const object of cache.list()) putIn(object);
  cache.onChange(({ previous, current }) => {
    if (previous !== null) takeOut(previous);
    if (current !== null) putIn(current);
  });
  return {
    get: (value) => [...(filed.get(value) ?? [])],
    has: (value) => filed.has(value),
    values: () => filed.keys(),
  };
}
