// Custom resources over the wire: from the definition to validation, defaults and columns.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { arrayAt, numberAt, textAt, valueAt } from "../objects/json.ts";
import type { JsonObject } from "../objects/json.ts";
import { startFixture, tableType } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

const definition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.org" },
  spec: {
    group: "example.org",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", shortNames: ["wd"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [
          { name: "Size", type: "integer", jsonPath: ".spec.size" },
          { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            required: ["spec"],
            properties: {
              spec: {
                type: "object",
                required: ["title"],
                properties: {
                  title: { type: "string", maxLength: 5, pattern: "^[a-z]+$" },
                  size: { type: "integer", minimum: 1, default: 3 },
                  mode: { type: "string", enum: ["fast", "slow"] },
                  extra: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                },
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

describe("custom resources", () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
    const made = await fixture.call("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
      body: definition,
    });
    assert.equal(made.status, 201);
    const established = arrayAt(made.body, "status", "conditions").find(
      (each) => textAt(each, "type") === "Established",
    );
    assert.equal(textAt(established, "status"), "True");
  });
  after(() => fixture.close());

  const widgets = "/apis/example.org/v1/namespaces/default/widgets";
  const widget = (name: string, spec: JsonObject): JsonObject => ({
    apiVersion: "example.org/v1",
    kind: "Widget",
    metadata: { name },
    spec,
  });

  it("fills defaults, prunes and warns, or is strict", async () => {
    const spec = { title: "abc", nonsense: 1, extra: { any: { thing: 1 } } };
    const made = await fixture.call("POST", widgets, { body: widget("one", spec) });
    assert.equal(made.status, 201);
    assert.deepEqual(made.body["spec"], { title: "abc", size: 3, extra: { any: { thing: 1 } } });
    assert.equal(made.headers["warning"], '299 - "unknown field \\"spec.nonsense\\""');
    const strict = await fixture.call("POST", `${widgets}?fieldValidation=Strict`, {
      body: widget("two", spec),
    });
    assert.equal(strict.status, 400);
    assert.match(String(strict.body["message"]), /strict decoding error: unknown field "spec\.nonsense"$/);
  });

  it("says everything that is wrong, in the server's words", async () => {
    const refused = await fixture.call("POST", widgets, {
      body: widget("bad", { size: 0, mode: "odd", title: "TooLong" }),
    });
    assert.equal(refused.status, 422);
    const causes = arrayAt(refused.body, "details", "causes").map(
      (cause) => `${textAt(cause, "field")}: ${textAt(cause, "message")}`,
    );
    assert.deepEqual(
      causes.toSorted(),
      [
        'spec.mode: Unsupported value: "odd": supported values: "fast", "slow"',
        "spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1",
        "spec.title: Too long: may not be more than 5 bytes",
        `spec.title: Invalid value: "TooLong": spec.title in body should match '^[a-z]+$'`,
      ].toSorted(),
    );
    const missing = await fixture.call("POST", widgets, { body: widget("bad", { size: "x" }) });
    assert.equal(
      missing.body["message"],
      'Widget.example.org "bad" is invalid: [spec.title: Required value, spec.size: Invalid value: "string": ' +
        'spec.size in body must be of type integer: "string"]',
    );
  });

  it("keeps status apart, counts generations, refuses strategic patches", async () => {
    const made = await fixture.call("POST", widgets, {
      body: { ...widget("apart", { title: "a" }), status: { x: 1 } },
    });
    assert.equal(made.body["status"], undefined);
    assert.equal(numberAt(made.body, "metadata", "generation"), 1);
    const patch = (path: string, body: JsonObject): ReturnType<Fixture["call"]> =>
      fixture.call("PATCH", `${widgets}/apart${path}`, { type: "application/merge-patch+json", body });
    const status = await patch("/status", { status: { x: 2 }, spec: { title: "b" } });
    assert.deepEqual([status.body["status"], valueAt(status.body, "spec", "title")], [{ x: 2 }, "a"]);
    assert.equal(numberAt(status.body, "metadata", "generation"), 1);
    const spec = await patch("", { status: { x: 3 }, spec: { title: "b" } });
    assert.deepEqual([spec.body["status"], valueAt(spec.body, "spec", "title")], [{ x: 2 }, "b"]);
    assert.equal(numberAt(spec.body, "metadata", "generation"), 2);
    const strategic = await fixture.call("PATCH", `${widgets}/apart`, {
      type: "application/strategic-merge-patch+json",
      body: {},
    });
    assert.equal(strategic.status, 415);
  });

  it("prints the definition's columns", async () => {
    await fixture.call("POST", widgets, { body: widget("printed", { title: "p", size: 7 }) });
    const conditions = [{ type: "Ready", status: "True" }];
    await fixture.call("PATCH", `${widgets}/printed/status`, {
      type: "application/merge-patch+json",
      body: { status: { conditions } },
    });
    const table = await fixture.call("GET", `${widgets}/printed`, { accept: tableType });
    assert.deepEqual(arrayAt(arrayAt(table.body, "rows")[0], "cells"), ["printed", 7, "True"]);
  });

  it("goes with its definition", async () => {
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    const spec = { ...definition.spec, group: "other.org" };
    await fixture.call("POST", path, {
      body: { ...definition, metadata: { name: "widgets.other.org" }, spec },
    });
    const others = widgets.replace("example.org", "other.org");
    const body = { ...widget("x", { title: "x" }), apiVersion: "other.org/v1" };
    assert.equal((await fixture.call("POST", others, { body })).status, 201);
    await fixture.call("DELETE", `${path}/widgets.other.org`);
    assert.equal((await fixture.call("GET", others)).status, 404);
  });
});
