import assert from "node:assert/strict";
import { test } from "node:test";
import { compilePath } from "./json-path.ts";

const object = {
  spec: { list: [{ n: 1 }, { n: 2 }], "odd.name": "x" },
  status: {
    conditions: [
      { type: "Other", status: "False" },
      { type: "Ready", status: "True" },
    ],
  },
};

test("the paths that printer columns use find what they name", () => {
  const cases: readonly (readonly [string, readonly unknown[]])[] = [
    [".spec.list[1].n", [2]],
    [".spec.list[*].n", [1, 2]],
    ["{.spec.list[0].n}", [1]],
    [".spec['odd.name']", ["x"]],
    [".spec.odd\\.name", ["x"]],
    ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
    [".spec.none.deeper", []],
  ];
  for (const [path, values] of cases) assert.deepEqual(compilePath(path)?.(object), values, path);
  assert.equal(compilePath(".spec[?(@.n>1)]"), null);
});
