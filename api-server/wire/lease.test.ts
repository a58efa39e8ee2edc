// Leases over the wire: the answers that an election stands on, status codes and words included.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { objectAt, textAt } from "../objects/json.ts";
import type { JsonObject } from "../objects/json.ts";
import { lease, leases, startFixture } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

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
    assert.equal((await patch({ uid: "other" })).status, 422);
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
