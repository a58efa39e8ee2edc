import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareFields, difference, fieldsOf, intersection, pathsOf, union } from "./field-set.ts";
import type { FieldSet } from "./field-set.ts";
import type { Schema } from "../schema/schema.ts";

const schema: Schema = {
  type: "object",
  properties: {
    replicas: { type: "integer" },
    labels: { type: "object", additionalProperties: { type: "string" } },
    selector: { type: "object", "x-kubernetes-map-type": "atomic", additionalProperties: { type: "string" } },
    finalizers: { type: "array", items: { type: "string" }, "x-kubernetes-list-type": "set" },
    args: { type: "array", items: { type: "string" } },
    ports: {
      type: "array",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": ["port", "protocol"],
      items: {
        type: "object",
        properties: {
          port: { type: "integer" },
          protocol: { type: "string", default: "TCP" },
          name: { type: "string" },
        },
      },
    },
  },
};

const object = {
  replicas: 1,
  labels: { a: "1" },
  selector: { a: "1" },
  finalizers: ["x"],
  args: ["1", "2"],
  ports: [{ port: 80, name: "http" }],
};

test("fields are written as managedFields writes them", () => {
  assert.deepEqual(fieldsOf(schema, object), {
    "f:replicas": {},
    "f:labels": { "f:a": {} },
    "f:selector": {},
    "f:finalizers": { 'v:"x"': {} },
    "f:args": {},
    "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {}, "f:name": {} } },
  });
  assert.ok(pathsOf(fieldsOf(schema, object)).includes('.ports[port=80,protocol="TCP"].name'));
});

test("a comparison names what changed and what went", () => {
  const next = {
    ...object,
    replicas: 2,
    labels: { b: "1" },
    ports: [{ port: 80, name: "web" }],
    finalizers: ["x", "y"],
  };
  const { changed, removed } = compareFields(schema, object, next);
  assert.deepEqual(changed, {
    "f:replicas": {},
    "f:labels": { "f:b": {} },
    "f:finalizers": { 'v:"y"': {} },
    "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { "f:name": {} } },
  });
  assert.deepEqual(removed, { "f:labels": { "f:a": {} } });
  assert.deepEqual(compareFields(schema, object, structuredClone(object)), { changed: {}, removed: {} });
});

const leaf = fc.constant<FieldSet>({});
const sets: fc.Arbitrary<FieldSet> = fc.letrec<{ set: FieldSet }>((tie) => ({
  set: fc.dictionary(fc.constantFrom("f:a", "f:b", "f:c"), fc.oneof({ maxDepth: 3 }, leaf, tie("set")), {
    maxKeys: 3,
  }),
})).set;

test("sets obey the laws of sets", () => {
  fc.assert(
    fc.property(sets, sets, (one, two) => {
      const left = new Set(pathsOf(one));
      const right = new Set(pathsOf(two));
      const both = [...left].filter((path) => right.has(path));
      const sorted = (paths: Iterable<string>): string[] => [...new Set(paths)].toSorted();
      assert.deepEqual(sorted(pathsOf(union(one, two))), sorted([...left, ...right]));
      assert.deepEqual(sorted(pathsOf(intersection(one, two))), sorted(both));
      assert.deepEqual(
        sorted(pathsOf(difference(one, two))),
        sorted([...left].filter((path) => !right.has(path))),
      );
    }),
  );
});
