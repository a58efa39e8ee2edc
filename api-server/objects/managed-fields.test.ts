// Server-side apply over the wire: ownership, conflicts, preconditions.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { arrayAt, objectAt, valueAt } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { startFixture } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

describe("server-side apply", () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
  });
  after(() => fixture.close());

  const maps = "/api/v1/namespaces/default/configmaps";
  const apply = (
    manager: string,
    name: string,
    data: JsonObject | null,
    metadata: JsonObject = {},
    query = "",
  ): ReturnType<Fixture["call"]> =>
    fixture.call("PATCH", `${maps}/${name}?fieldManager=${manager}${query}`, {
      type: "application/apply-patch+yaml",
      body: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, ...metadata },
        ...(data === null ? {} : { data }),
      },
    });

  it("creates, owns, refuses, forces and removes", async () => {
    assert.equal((await apply("one", "map", { a: "1", b: "1" })).status, 201);
    const first = await fixture.call("GET", `${maps}/map`);
    const same = await apply("one", "map", { a: "1", b: "1" });
    assert.equal(same.status, 200);
    assert.deepEqual(same.body, first.body, "nothing differs, so nothing is written");
    const contested = await apply("two", "map", { a: "2", c: "2" });
    assert.equal(contested.status, 409);
    assert.equal(contested.body["message"], 'Apply failed with 1 conflict: conflict with "one": .data.a');
    assert.deepEqual(arrayAt(contested.body, "details", "causes"), [
      { reason: "FieldManagerConflict", message: 'conflict with "one"', field: ".data.a" },
    ]);
    const forced = await apply("two", "map", { a: "2", c: "2" }, {}, "&force=true");
    assert.deepEqual(forced.body["data"], { a: "2", b: "1", c: "2" });
    const given = await apply("one", "map", null);
    assert.deepEqual(given.body["data"], { a: "2", c: "2" });
    const shared = await apply("three", "map", { c: "2" });
    assert.equal(shared.status, 200);
    const kept = await apply("two", "map", { a: "2" });
    assert.deepEqual(kept.body["data"], { a: "2", c: "2" });
    await apply("two", "map", null);
    const empty = await apply("three", "map", null);
    assert.equal(empty.body["data"], undefined);
  });

  it("takes uid and resourceVersion as preconditions", async () => {
    const made = await apply("one", "pre", { a: "1" });
    const { uid, resourceVersion } = objectAt(made.body, "metadata");
    assert.equal((await apply("one", "pre", { a: "2" }, { uid, resourceVersion: "1" })).status, 409);
    assert.equal((await apply("one", "pre", { a: "2" }, { uid: "other" })).status, 422);
    assert.equal((await apply("one", "pre", { a: "2" }, { uid, resourceVersion })).status, 200);
    await fixture.call("DELETE", `${maps}/pre`);
    const both = await apply("one", "pre", { a: "3" }, { uid, resourceVersion });
    assert.equal(both.status, 409);
    assert.match(String(both.body["message"]), /uid mismatch: the provided object specified uid/);
    assert.equal((await apply("one", "pre", { a: "3" }, { resourceVersion })).status, 201);
  });

  it("tracks ordinary writes, and writes nothing on dry run", async () => {
    await fixture.call("POST", `${maps}?fieldManager=maker`, {
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "plain" }, data: { a: "1" } },
    });
    const contested = await apply("one", "plain", { a: "2" }, {}, "&dryRun=All");
    assert.equal(contested.status, 409);
    assert.match(String(contested.body["message"]), /conflict with "maker" using v1 at \d{4}-/);
    const dry = await apply("one", "plain", { a: "2" }, {}, "&force=true&dryRun=All");
    assert.equal(valueAt(dry.body, "data", "a"), "2");
    const live = await fixture.call("GET", `${maps}/plain`);
    assert.equal(valueAt(live.body, "data", "a"), "1");
    const missing = await fixture.call("PATCH", `${maps}/plain`, {
      type: "application/apply-patch+yaml",
      body: "a: 1",
    });
    assert.equal(missing.status, 422);
  });
});
