// Sets of keys, of which there are as many as there are objects, nearly all of a few keys: a Set of ten takes seven times what an array of ten
// takes, and one of a single key many times the key. Pure, but for what is large.

/** None, one, a few, many. */
export type PackedKeys = undefined | string | readonly string[] | Set<string>;

// To copy so many is no more work than to hash a few.
const mostInArray = 32;

/** `keys` and `key`; a large set is changed itself. */
export function withKey(keys: PackedKeys, key: string): PackedKeys {
  if (keys === undefined) return key;
  if (keys instanceof Set) return keys.add(key);
  if (typeof keys === "string") return keys === key ? keys : [keys, key];
  if (keys.includes(key)) return keys;
  // A spread would leave room for more.
  return keys.length < mostInArray ? keys.concat(key) : new Set([...keys, key]);
}

/** `keys` but for `key`; a large set is changed itself. */
export function withoutKey(keys: PackedKeys, key: string): PackedKeys {
  if (keys === undefined || typeof keys === "string") return keys === key ? undefined : keys;
  if (keys instanceof Set) {
    keys.delete(key);
    // Far fewer than would make it one again, so that none goes back and forth.
    return keys.size > mostInArray / 2 ? keys : packed([...keys]);
  }
  return packed(keys.filter((other) => other !== key));
}

/** Each of the keys. Where some come or go meanwhile in a large set, those may be among them or not. */
export function keysIn(keys: PackedKeys): Iterable<string> {
  if (keys === undefined) return [];
  return typeof keys === "string" ? [keys] : keys;
}

function packed(keys: readonly string[]): PackedKeys {
  return keys.length > 1 ? keys : keys[0];
}
