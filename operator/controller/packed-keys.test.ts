import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keysIn, withKey, withoutKey, type PackedKeys } from "./packed-keys.ts";

test("they hold what a Set holds, whatever comes and goes", () => {
  const step = fc.record({ isAdded: fc.boolean(), key: fc.integer({ min: 0, max: 60 }).map(String) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let keys: PackedKeys;
      const oracle = new Set<string>();
      for (const { isAdded, key } of steps) {
        keys = isAdded ? withKey(keys, key) : withoutKey(keys, key);
        if (isAdded) oracle.add(key);
        else oracle.delete(key);
        assert.deepEqual([...keysIn(keys)].toSorted(), [...oracle].toSorted());
        assert.equal(keys === undefined, oracle.size === 0);
      }
    }),
    { numRuns: 200 },
  );
});

test("one is itself, a few are an array, and many a Set", () => {
  let keys: PackedKeys = withKey(undefined, "0");
  assert.equal(keys, "0");
  for (let index = 1; index < 10; index += 1) keys = withKey(keys, String(index));
  assert.ok(Array.isArray(keys));
  for (let index = 10; index < 100; index += 1) keys = withKey(keys, String(index));
  assert.ok(keys instanceof Set);
  for (let index = 1; index < 100; index += 1) keys = withoutKey(keys, String(index));
  assert.equal(keys, "0");
});
