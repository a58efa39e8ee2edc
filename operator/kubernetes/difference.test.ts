import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { contentDigest, isSameContent } from "./difference.ts";

test("fields have no order, lists have one, and a field that is undefined is not there", () => {
  assert.ok(isSameContent({ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1, d: undefined }));
  assert.ok(isSameContent({ d: undefined }, {}));
  assert.ok(!isSameContent([1, 2], [2, 1]));
  assert.ok(!isSameContent([], {}));
  assert.ok(!isSameContent({ a: undefined }, { b: 1 }));
  assert.ok(!isSameContent({ a: null }, {}));
  assert.ok(!isSameContent({}, { a: 1 }));
  assert.ok(!isSameContent("1", 1));
  assert.equal(
    contentDigest({ a: 1, b: [{ d: 1, c: null }] }),
    contentDigest({ b: [{ c: null, d: 1 }], a: 1, e: undefined }),
  );
  assert.notEqual(contentDigest({ a: null }), contentDigest({}));
});

test("it says of any JSON what JSON says of it, its fields sorted", () => {
  const inOrder = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inOrder);
    if (typeof value !== "object" || value === null) return value;
    const fields = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
    return fields.map(([key, field]) => [key, inOrder(field)]);
  };
  const text = (value: unknown): string => JSON.stringify([Array.isArray(value), inOrder(value)]);
  const small = fc.jsonValue({ maxDepth: 2, stringUnit: fc.constantFrom("a", "b") }).map((value) => {
    return JSON.parse(JSON.stringify(value)) as unknown;
  });
  fc.assert(
    fc.property(small, small, (left, right) => {
      assert.ok(isSameContent(left, structuredClone(left)));
      assert.equal(isSameContent(left, right), contentDigest(left) === contentDigest(right));
      if (isSameContent(left, right)) assert.equal(text(left), text(right));
      else assert.notDeepEqual(left, right);
    }),
    { numRuns: 500 },
  );
});
