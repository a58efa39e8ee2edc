import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { loadBuiltInSchemas } from "../schema/built-in-schemas.ts";
import { deepFreeze } from "./json.ts";
import { jsonPatched, mergePatched, strategicPatched } from "./patching.ts";
import type { Schema } from "../schema/schema.ts";
import { ApiError } from "./status.ts";

describe("strategic merge patch", () => {
  let podSpec: Schema = {};
  before(async () => {
    podSpec = (await loadBuiltInSchemas(["V1PodSpec"])).get("V1PodSpec") ?? {};
  });

  const live = deepFreeze({
    containers: [
      { name: "a", image: "1", env: [{ name: "X", value: "1" }] },
      { name: "b", image: "1" },
    ],
    volumes: [{ name: "v", emptyDir: {} }],
    tolerations: [{ key: "k" }],
  });

  it("merges lists by key and replaces those without one", () => {
    const patch = {
      containers: [
        { name: "a", env: [{ name: "Y", value: "2" }] },
        { name: "c", image: "3" },
      ],
      tolerations: [{ key: "z" }],
    };
    assert.deepEqual(strategicPatched(podSpec, live, patch), {
      containers: [
        {
          name: "a",
          image: "1",
          env: [
            { name: "X", value: "1" },
            { name: "Y", value: "2" },
          ],
        },
        { name: "b", image: "1" },
        { name: "c", image: "3" },
      ],
      volumes: [{ name: "v", emptyDir: {} }],
      tolerations: [{ key: "z" }],
    });
  });

  it("follows its directives", () => {
    const removed = strategicPatched(podSpec, live, {
      containers: [{ name: "a", $patch: "delete" }],
      volumes: [{ name: "v", $retainKeys: ["name", "secret"], secret: { secretName: "s" } }],
      tolerations: null,
    });
    assert.deepEqual(removed, {
      containers: [{ name: "b", image: "1" }],
      volumes: [{ name: "v", secret: { secretName: "s" } }],
    });
    const ordered = strategicPatched(podSpec, live, {
      "$setElementOrder/containers": [{ name: "b" }, { name: "a" }],
    });
    assert.deepEqual(
      (ordered as typeof live).containers.map(({ name }) => name),
      ["b", "a"],
    );
    const replaced = strategicPatched(podSpec, live, {
      containers: [{ $patch: "replace" }, { name: "only" }],
    });
    assert.deepEqual((replaced as typeof live).containers, [{ name: "only" }]);
  });

  it("deletes from lists of plain values", () => {
    const schema: Schema = {
      type: "object",
      properties: { finalizers: { type: "array", "x-kubernetes-patch-strategy": "merge" } },
    };
    const patched = strategicPatched(
      schema,
      { finalizers: ["a", "b"] },
      {
        "$deleteFromPrimitiveList/finalizers": ["a"],
        finalizers: ["c"],
      },
    );
    assert.deepEqual(patched, { finalizers: ["b", "c"] });
  });
});

describe("the other patches", () => {
  it("merge, and null removes", () => {
    assert.deepEqual(mergePatched({ a: 1, b: { c: 1, d: 2 } }, { a: null, b: { d: null, e: [1] } }), {
      b: { c: 1, e: [1] },
    });
  });

  it("apply JSON operations, or say why not", () => {
    assert.deepEqual(jsonPatched({ a: [1] }, [{ op: "add", path: "/a/-", value: 2 }]), { a: [1, 2] });
    const failing = (patch: unknown): number => {
      try {
        jsonPatched({ a: 1 }, patch);
      } catch (error) {
        if (error instanceof ApiError) return error.httpStatus;
        throw error;
      }
      return 200;
    };
    assert.equal(failing([{ op: "test", path: "/a", value: 2 }]), 422);
    assert.equal(failing([{ op: "remove", path: "/b/c" }]), 422);
    assert.equal(failing([{ op: "explode", path: "/a" }]), 400);
    assert.equal(failing({}), 400);
  });
});
