import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { atOnce, itemsPerStep, sorted } from "./sorted.ts";

test("any list is sorted as by toSorted, equal items as they stood", () => {
  const items = fc.array(fc.nat({ max: 50 }), { maxLength: 5 * itemsPerStep, size: "max" });
  fc.assert(
    fc.property(items, (keys) => {
      const list = keys.map((key, index) => ({ key, index }));
      const compare = (left: { key: number }, right: { key: number }): number => left.key - right.key;
      assert.deepEqual(atOnce(sorted(list, compare)), list.toSorted(compare));
    }),
    { numRuns: 50 },
  );
});

test("a long list is sorted in many steps", () => {
  const steps = sorted(
    Array.from({ length: 10_000 }, (_, index) => (index * 7919) % 10_007),
    (left, right) => left - right,
  );
  let count = 0;
  while (steps.next().done !== true) count += 1;
  assert.ok(count > 100, `${count} steps`);
});
