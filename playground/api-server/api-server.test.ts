// The server over the wire: what our own programs rely on, status codes and words included.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { AuditRecord } from "./audit.ts";
import { arrayAt, numberAt, objectAt, textAt, valueAt } from "./json.ts";
import type { JsonObject } from "./json.ts";
import type { AccessAttributes } from "./reviews.ts";
import { nextEvent, startFixture } from "./server-fixture.ts";
import type { Fixture } from "./server-fixture.ts";

const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const tableType = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

function lease(name: string, extra: JsonObject = {}, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace: "default", ...metadata },
    spec: { holderIdentity: "a", leaseDurationSeconds: 15, ...extra },
  };
}

describe("leases", () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
  });
  after(() => fixture.close());

  it("updates by resourceVersion and refuses a stale one", async () => {
    const made = await fixture.call("POST", leases, { body: lease("cas") });
    assert.equal(made.status, 201);
    const metadata = objectAt(made.body, "metadata");
    const put = (renewed: string): Promise<{ status: number; body: JsonObject }> =>
      fixture.call("PUT", `${leases}/cas`, { body: { ...made.body, spec: { holderIdentity: renewed } } });
    assert.equal((await put("b")).status, 200);
    const stale = await put("c");
    assert.equal(stale.status, 409);
    assert.equal(
      stale.body["message"],
      'Operation cannot be fulfilled on leases.coordination.k8s.io "cas": the object has been modified; ' +
        "please apply your changes to the latest version and try again",
    );
    assert.deepEqual(stale.body["details"], { name: "cas", group: "coordination.k8s.io", kind: "leases" });
    assert.equal(stale.body["reason"], "Conflict");
    const now = await fixture.call("GET", `${leases}/cas`);
    assert.ok(Number(textAt(now.body, "metadata", "resourceVersion")) > Number(metadata["resourceVersion"]));
    assert.equal(textAt(now.body, "metadata", "uid"), metadata["uid"]);
  });

  it("creates by a PUT with a resourceVersion alone, and not with a uid", async () => {
    const made = await fixture.call("POST", leases, { body: lease("gone") });
    const { uid, resourceVersion } = objectAt(made.body, "metadata");
    assert.equal((await fixture.call("DELETE", `${leases}/gone`)).status, 200);
    const both = await fixture.call("PUT", `${leases}/gone`, {
      body: lease("gone", {}, { uid, resourceVersion }),
    });
    assert.equal(both.status, 409);
    assert.match(String(both.body["message"]), /UID in precondition: [-0-9a-f]+, UID in object meta: $/);
    const versionOnly = await fixture.call("PUT", `${leases}/gone`, {
      body: lease("gone", {}, { resourceVersion }),
    });
    assert.equal(versionOnly.status, 201);
    assert.notEqual(textAt(versionOnly.body, "metadata", "uid"), uid);
  });

  it("refuses a PUT without a resourceVersion over what is there", async () => {
    await fixture.call("POST", leases, { body: lease("bare") });
    const put = await fixture.call("PUT", `${leases}/bare`, { body: lease("bare") });
    assert.equal(put.status, 422);
    assert.match(
      String(put.body["message"]),
      /metadata\.resourceVersion: Invalid value: 0x0: must be specified/,
    );
  });

  it("takes exactly six digits in a MicroTime", async () => {
    const post = (renewTime: unknown): Promise<{ status: number; body: JsonObject }> =>
      fixture.call("POST", `${leases}?dryRun=All`, { body: lease("time", { renewTime }) });
    assert.equal((await post("2026-01-01T00:00:00.123456Z")).status, 201);
    const none = await post("2026-01-01T00:00:00Z");
    assert.equal(none.status, 400);
    assert.equal(
      none.body["message"],
      'Lease in version "v1" cannot be handled as a Lease: parsing time "2026-01-01T00:00:00Z" as ' +
        '"2006-01-02T15:04:05.000000Z07:00": cannot parse "Z" as ".000000"',
    );
    const millis = await post("2026-01-01T00:00:00.123Z");
    assert.match(String(millis.body["message"]), /cannot parse "\.123Z" as "\.000000"$/);
    assert.equal((await post(12)).status, 400);
  });

  it("judges the numbers of a spec, and drops what belongs to coordinated election", async () => {
    const zero = await fixture.call("POST", leases, { body: lease("zero", { leaseDurationSeconds: 0 }) });
    assert.equal(zero.status, 422);
    assert.equal(
      zero.body["message"],
      'Lease.coordination.k8s.io "zero" is invalid: spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
    );
    const text = await fixture.call("POST", leases, { body: lease("text", { leaseDurationSeconds: "15" }) });
    assert.equal(text.status, 400);
    assert.match(
      String(text.body["message"]),
      /json: cannot unmarshal string into Go struct field LeaseSpec\.spec\.leaseDurationSeconds of type int32$/,
    );
    const plain = { strategy: "OldestEmulationVersion", preferredHolder: "b" };
    const made = await fixture.call("POST", leases, { body: lease("plain", plain) });
    assert.deepEqual(Object.keys(objectAt(made.body, "spec")).toSorted(), [
      "holderIdentity",
      "leaseDurationSeconds",
    ]);
  });

  it("says what is missing: object, namespace, resource, path", async () => {
    const object = await fixture.call("GET", `${leases}/none`);
    assert.equal(object.status, 404);
    assert.equal(object.body["message"], 'leases.coordination.k8s.io "none" not found');
    const elsewhere = leases.replace("default", "nowhere");
    const namespace = await fixture.call("POST", elsewhere, {
      body: lease("x", {}, { namespace: "nowhere" }),
    });
    assert.equal(namespace.status, 404);
    assert.equal(namespace.body["message"], 'namespaces "nowhere" not found');
    const resource = await fixture.call("GET", "/apis/coordination.k8s.io/v1/nothing");
    assert.equal(resource.body["message"], "the server could not find the requested resource");
    assert.equal((await fixture.call("GET", "/nothing")).status, 404);
    const twice = await fixture.call("POST", leases, { body: lease("twice") });
    assert.equal(twice.status, 201);
    const again = await fixture.call("POST", leases, { body: lease("twice") });
    assert.deepEqual([again.status, again.body["reason"]], [409, "AlreadyExists"]);
  });

  it("checks preconditions of a deletion and of a patch", async () => {
    const made = await fixture.call("POST", leases, { body: lease("pre") });
    const { resourceVersion } = objectAt(made.body, "metadata");
    const wrong = { kind: "DeleteOptions", apiVersion: "v1", preconditions: { uid: "other" } };
    assert.equal((await fixture.call("DELETE", `${leases}/pre`, { body: wrong })).status, 409);
    const old = { ...wrong, preconditions: { resourceVersion: "1" } };
    assert.equal((await fixture.call("DELETE", `${leases}/pre`, { body: old })).status, 409);
    const patch = (metadata: JsonObject): Promise<{ status: number }> =>
      fixture.call("PATCH", `${leases}/pre`, {
        type: "application/merge-patch+json",
        body: { metadata, spec: { holderIdentity: "z" } },
      });
    assert.equal((await patch({ resourceVersion: "1" })).status, 409);
    assert.equal((await patch({ uid: "other" })).status, 409);
    assert.equal((await patch({ resourceVersion })).status, 200);
    const right = { ...wrong, preconditions: { uid: textAt(made.body, "metadata", "uid") } };
    const removed = await fixture.call("DELETE", `${leases}/pre`, { body: right });
    assert.deepEqual([removed.status, removed.body["status"]], [200, "Success"]);
  });

  it("writes nothing where nothing differs", async () => {
    const made = await fixture.call("POST", leases, { body: lease("same") });
    const again = await fixture.call("PUT", `${leases}/same`, { body: made.body });
    assert.equal(
      textAt(again.body, "metadata", "resourceVersion"),
      textAt(made.body, "metadata", "resourceVersion"),
    );
  });
});

describe("watching", () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture({ historyLimit: 4 });
  });
  after(() => fixture.close());

  it("gives what is there, then what happens, in order", async () => {
    await fixture.call("POST", leases, { body: lease("w1") });
    const list = await fixture.call("GET", leases);
    const version = textAt(list.body, "metadata", "resourceVersion");
    const events = await fixture.watch(`${leases}?watch=true&fieldSelector=metadata.name%3Dw1`);
    const first = await nextEvent(events);
    assert.deepEqual([first.type, textAt(first.object, "metadata", "name")], ["ADDED", "w1"]);
    await fixture.call("POST", leases, { body: lease("other") });
    await fixture.call("PUT", `${leases}/w1`, { body: { ...first.object, spec: { holderIdentity: "b" } } });
    await fixture.call("DELETE", `${leases}/w1`);
    const modified = await nextEvent(events);
    assert.deepEqual([modified.type, textAt(modified.object, "spec", "holderIdentity")], ["MODIFIED", "b"]);
    const gone = await nextEvent(events);
    assert.equal(gone.type, "DELETED");
    assert.ok(
      Number(textAt(gone.object, "metadata", "resourceVersion")) >
        Number(textAt(modified.object, "metadata", "resourceVersion")),
    );
    await events.return();
    const since = await fixture.watch(`${leases}?watch=1&resourceVersion=${version}`);
    assert.equal(textAt((await nextEvent(since)).object, "metadata", "name"), "other");
    await since.return();
  });

  it("answers 410 Expired inside the stream when the history does not reach back", async () => {
    for (let count = 0; count < 10; count += 1) {
      await fixture.call("POST", leases, { body: lease(`many-${count}`) });
    }
    const events = await fixture.watch(`${leases}?watch=1&resourceVersion=2`);
    const { type, object } = await nextEvent(events);
    assert.deepEqual([type, object["code"], object["reason"]], ["ERROR", 410, "Expired"]);
    assert.match(String(object["message"]), /^too old resource version: 2 \(\d+\)$/);
    assert.equal((await events.next()).done, true);
  });

  it("shows objects that enter and leave a selector", async () => {
    const events = await fixture.watch(`${leases}?watch=1&labelSelector=role%20in%20(leader)`);
    await fixture.call("POST", leases, { body: lease("labelled") });
    const label = (role: string): Promise<unknown> =>
      fixture.call("PATCH", `${leases}/labelled`, {
        type: "application/merge-patch+json",
        body: { metadata: { labels: { role } } },
      });
    await label("leader");
    await label("standby");
    assert.equal((await nextEvent(events)).type, "ADDED");
    assert.equal((await nextEvent(events)).type, "DELETED");
    await events.return();
  });

  it("ends by its timeout with a bookmark, and marks the end of initial events", async () => {
    const events = await fixture.watch(
      `${leases}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=1&fieldSelector=metadata.name=none`,
    );
    const mark = await nextEvent(events);
    assert.equal(mark.type, "BOOKMARK");
    assert.equal(textAt(mark.object, "metadata", "annotations", "k8s.io/initial-events-end"), "true");
    assert.equal((await nextEvent(events)).type, "BOOKMARK");
    assert.equal((await events.next()).done, true);
  });

  it("reaches a version that is not there with a 504, and refuses what is no version", async () => {
    const future = await fixture.call(
      "GET",
      `${leases}?resourceVersion=999999&resourceVersionMatch=NotOlderThan`,
    );
    assert.deepEqual([future.status, future.body["reason"]], [504, "Timeout"]);
    assert.equal((await fixture.call("GET", `${leases}?resourceVersion=x`)).status, 400);
  });

  it("prints tables, columns only in the first event of a watch", async () => {
    const made = await fixture.call("POST", leases, { body: lease("table") });
    assert.equal(made.status, 201);
    const table = await fixture.call("GET", `${leases}/table`, { accept: tableType });
    const names = arrayAt(table.body, "columnDefinitions").map((column) => textAt(column, "name"));
    assert.deepEqual(names, ["Name", "Holder", "Age"]);
    const cells = arrayAt(arrayAt(table.body, "rows")[0], "cells");
    assert.deepEqual(cells.slice(0, 2), ["table", "a"]);
    const events = await fixture.watch(`${leases}?watch=1&fieldSelector=metadata.name=table`, tableType);
    assert.equal(arrayAt((await nextEvent(events)).object, "columnDefinitions").length, 3);
    await fixture.call("DELETE", `${leases}/table`);
    assert.equal((await nextEvent(events)).object["columnDefinitions"], undefined);
    await events.return();
  });
});

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
    const same = await apply("one", "map", { a: "1", b: "1" });
    assert.equal(same.status, 200);
    const contested = await apply("two", "map", { a: "2", c: "2" });
    assert.equal(contested.status, 409);
    assert.equal(
      contested.body["message"],
      'Apply failed with 1 conflict: conflict with "one" using v1: .data.a',
    );
    assert.deepEqual(arrayAt(contested.body, "details", "causes"), [
      { reason: "FieldManagerConflict", message: 'conflict with "one" using v1', field: ".data.a" },
    ]);
    const forced = await apply("two", "map", { a: "2", c: "2" }, {}, "&force=true");
    assert.deepEqual(forced.body["data"], { a: "2", b: "1", c: "2" });
    const given = await apply("one", "map", null);
    assert.deepEqual(given.body["data"], { a: "2", c: "2" });
    const shared = await apply("three", "map", { c: "2" });
    assert.equal(shared.status, 200);
    const kept = await apply("two", "map", { a: "2" });
    assert.deepEqual(kept.body["data"], { a: "2", c: "2" });
  });

  it("takes uid and resourceVersion as preconditions", async () => {
    const made = await apply("one", "pre", { a: "1" });
    const { uid, resourceVersion } = objectAt(made.body, "metadata");
    assert.equal((await apply("one", "pre", { a: "2" }, { uid, resourceVersion: "1" })).status, 409);
    assert.equal((await apply("one", "pre", { a: "2" }, { uid: "other" })).status, 409);
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
    const causes = arrayAt(refused.body, "details", "causes").map((cause) => [
      textAt(cause, "field"),
      textAt(cause, "message"),
    ]);
    assert.deepEqual(
      causes.toSorted(),
      [
        ["spec.mode", 'Unsupported value: "odd": supported values: "fast", "slow"'],
        ["spec.size", "Invalid value: 0: spec.size in body should be greater than or equal to 1"],
        ["spec.title", "Too long: may not be more than 5 bytes"],
        ["spec.title", `Invalid value: "TooLong": spec.title in body should match '^[a-z]+$'`],
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

describe("deletion", () => {
  let fixture: Fixture;
  before(async () => {
    fixture = await startFixture();
  });
  after(() => fixture.close());

  const pods = "/api/v1/namespaces/default/pods";
  const pod = (name: string, nodeName: string, metadata: JsonObject = {}): JsonObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...metadata },
    spec: {
      containers: [{ name: "c", image: "i" }],
      terminationGracePeriodSeconds: 9,
      ...(nodeName === "" ? {} : { nodeName }),
    },
  });

  it("gives a running pod its grace period, and one that never ran none", async () => {
    await fixture.call("POST", pods, { body: pod("running", "node") });
    const marked = await fixture.call("DELETE", `${pods}/running`);
    assert.equal(numberAt(marked.body, "metadata", "deletionGracePeriodSeconds"), 9);
    assert.equal((await fixture.call("GET", `${pods}/running`)).status, 200);
    await fixture.call("DELETE", `${pods}/running`, { body: { gracePeriodSeconds: 0 } });
    assert.equal((await fixture.call("GET", `${pods}/running`)).status, 404);
    await fixture.call("POST", pods, { body: pod("pending", "") });
    await fixture.call("DELETE", `${pods}/pending`);
    assert.equal((await fixture.call("GET", `${pods}/pending`)).status, 404);
  });

  it("waits for finalizers", async () => {
    await fixture.call("POST", pods, { body: pod("held", "", { finalizers: ["example.org/hold"] }) });
    await fixture.call("DELETE", `${pods}/held`);
    const held = await fixture.call("GET", `${pods}/held`);
    assert.notEqual(textAt(held.body, "metadata", "deletionTimestamp"), "");
    const added = await fixture.call("PATCH", `${pods}/held`, {
      type: "application/merge-patch+json",
      body: { metadata: { finalizers: ["example.org/hold", "example.org/more"] } },
    });
    assert.equal(added.status, 422);
    await fixture.call("PATCH", `${pods}/held`, {
      type: "application/merge-patch+json",
      body: { metadata: { finalizers: null } },
    });
    assert.equal((await fixture.call("GET", `${pods}/held`)).status, 404);
  });

  it("collects what has no owner left, and lets orphans be", async () => {
    const own = async (name: string, query: string): Promise<string> => {
      const owner = await fixture.call("POST", leases, { body: lease(`owner-of-${name}`) });
      const uid = textAt(owner.body, "metadata", "uid");
      const reference = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        name: `owner-of-${name}`,
        uid,
      };
      await fixture.call("POST", pods, { body: pod(name, "", { ownerReferences: [reference] }) });
      const events = await fixture.watch(`${pods}?watch=1&fieldSelector=metadata.name=${name}`);
      await nextEvent(events);
      await fixture.call("DELETE", `${leases}/owner-of-${name}${query}`);
      const { type } = await nextEvent(events);
      await events.return();
      return type;
    };
    assert.equal(await own("owned", ""), "DELETED");
    assert.equal(await own("orphan", "?propagationPolicy=Orphan"), "MODIFIED");
    assert.equal((await fixture.call("GET", `${pods}/orphan`)).status, 200);
  });

  it("empties a namespace, which takes nothing new meanwhile", async () => {
    const namespaces = "/api/v1/namespaces";
    await fixture.call("POST", namespaces, {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "brief" } },
    });
    const inside = leases.replace("default", "brief");
    const held = { namespace: "brief", finalizers: ["example.org/hold"] };
    await fixture.call("POST", inside, { body: lease("plain", {}, { namespace: "brief" }) });
    await fixture.call("POST", inside, { body: lease("held", {}, held) });
    await fixture.call("DELETE", `${namespaces}/brief`);
    const ending = await fixture.call("GET", `${namespaces}/brief`);
    assert.equal(textAt(ending.body, "status", "phase"), "Terminating");
    const late = await fixture.call("POST", inside, { body: lease("late", {}, { namespace: "brief" }) });
    assert.equal(late.status, 403);
    assert.match(
      String(late.body["message"]),
      /unable to create new content in namespace brief because it is being/,
    );
    await fixture.call("PATCH", `${inside}/held`, {
      type: "application/json-patch+json",
      body: [{ op: "remove", path: "/metadata/finalizers" }],
    });
    assert.equal((await fixture.call("GET", `${namespaces}/brief`)).status, 404);
  });
});

describe("users", () => {
  const records: AuditRecord[] = [];
  const refuse = new Set<string>();
  let fixture: Fixture;
  before(async () => {
    const authorize = ({ verb, name }: AccessAttributes): { allowed: boolean; reason: string } => {
      return { allowed: !refuse.has(`${verb} ${name}`), reason: "" };
    };
    const observe = (record: AuditRecord): void => void records.push(record);
    fixture = await startFixture({ hooks: { authorize, observe } });
  });
  after(() => fixture.close());

  it("knows nobody without a good token", async () => {
    for (const token of [null, "wrong", "a.b.c"]) {
      const reply = await fixture.call("GET", leases, { token });
      assert.equal(reply.status, 401);
      assert.deepEqual([reply.body["message"], reply.body["reason"]], ["Unauthorized", "Unauthorized"]);
    }
    assert.equal((await fixture.call("GET", "/readyz", { token: null })).status, 200);
  });

  it("knows a pod by its bound token for as long as the pod is there", async () => {
    const made = fixture.server.store.create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "default" },
      spec: { containers: [{ name: "c" }] },
    });
    const token = fixture.server.issueToken({
      namespace: "default",
      serviceAccount: "bindy",
      pod: { name: "p", uid: made.metadata.uid ?? "" },
    });
    const headers = { "fencing-token": "42" };
    const body = lease("audited", {}, { annotations: { mark: "1" } });
    assert.equal((await fixture.call("POST", leases, { token, body, headers })).status, 201);
    const record = records.find((each) => each.verb === "create");
    assert.equal(record?.user, "system:serviceaccount:default:bindy");
    assert.deepEqual([record?.podName, record?.fencingToken, record?.status], ["p", "42", 201]);
    assert.deepEqual([record?.name, record?.annotations], ["audited", { mark: "1" }]);
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    assert.equal(textAt(claims, "kubernetes.io", "pod", "uid"), made.metadata.uid);
    fixture.server.store.remove({ apiVersion: "v1", kind: "Pod", namespace: "default", name: "p" });
    assert.equal((await fixture.call("GET", leases, { token })).status, 401);
  });

  it("is refused in the words of the real authorizer", async () => {
    const token = fixture.server.issueToken({ namespace: "ns", serviceAccount: "sa" });
    refuse.add("get secret").add("create ").add("watch pinned");
    const get = await fixture.call("GET", `${leases}/secret`, { token });
    assert.equal(get.status, 403);
    assert.equal(
      get.body["message"],
      'leases.coordination.k8s.io "secret" is forbidden: User "system:serviceaccount:ns:sa" cannot get resource ' +
        '"leases" in API group "coordination.k8s.io" in the namespace "default"',
    );
    const create = await fixture.call("POST", leases, { token, body: lease("x") });
    assert.match(
      String(create.body["message"]),
      /^leases\.coordination\.k8s\.io is forbidden: User "[^"]*" cannot create/,
    );
    const watch = await fixture.call("GET", `${leases}?watch=1&fieldSelector=metadata.name=pinned`, {
      token,
    });
    assert.equal(watch.status, 403);
    refuse.clear();
  });

  it("bounds a body", async () => {
    const body = lease("big", {}, { annotations: { big: "x".repeat(4 * 1024 * 1024) } });
    assert.equal((await fixture.call("POST", leases, { body })).status, 413);
  });
});
