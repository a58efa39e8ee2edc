import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { InProcessStore } from "./in-process-store.ts";
import { objectAt } from "./json.ts";
import { startFixture } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d", namespace: "default", labels: { app: "x" } },
  spec: {
    selector: { matchLabels: { app: "x" } },
    template: { metadata: { labels: { app: "x" } }, spec: { containers: [{ name: "c", image: "i" }] } },
  },
};
const reference = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "d" };

describe("the store in process", () => {
  let fixture: Fixture;
  let store: InProcessStore;
  before(async () => {
    fixture = await startFixture();
    ({ store } = fixture.server);
  });
  after(() => fixture.close());

  it("does what the wire does", async () => {
    const seen: string[] = [];
    const stop = store.watch(
      { apiVersion: "apps/v1", kind: "Deployment", labelSelector: "app=x" },
      ({ type, object }) => {
        seen.push(`${type} ${object.metadata.generation}`);
      },
    );
    const made = store.create(deployment);
    assert.equal(objectAt(made, "spec")["replicas"], 1);
    store.patchStatus(reference, { readyReplicas: 1 });
    const patched = store.patch(reference, { spec: { replicas: 2 } });
    assert.deepEqual([patched.metadata.generation, patched["status"]], [2, { readyReplicas: 1 }]);
    assert.throws(() => store.update({ ...made }), { code: "Conflict" });
    store.apply(
      { ...deployment, spec: { ...deployment.spec, replicas: 3 } },
      { fieldManager: "m", isForced: true },
    );
    assert.equal(store.list({ apiVersion: "apps/v1", kind: "Deployment", namespace: "default" }).length, 1);
    const overWire = await fixture.call("GET", "/apis/apps/v1/namespaces/default/deployments/d");
    assert.deepEqual(overWire.body, store.get(reference));
    const preconditions = { uid: "other" };
    assert.throws(() => store.remove(reference, { preconditions }), { code: "Conflict" });
    assert.equal(store.remove(reference).isGone, true);
    stop();
    store.create(deployment);
    assert.deepEqual(seen, ["ADDED 1", "MODIFIED 1", "MODIFIED 2", "MODIFIED 3", "DELETED 3"]);
  });

  it("refuses what the wire refuses", () => {
    assert.throws(() => store.create({ ...deployment, metadata: { name: "Not_A_Name" } }), {
      code: "Invalid",
    });
    assert.throws(() => store.get({ apiVersion: "none/v1", kind: "None", name: "n" }), { code: "NotFound" });
    assert.throws(() => store.create({ ...deployment, metadata: { name: "e" }, extra: 1 }), {
      code: "BadRequest",
    });
    const labels = { app: "other" };
    const template = { ...deployment.spec.template, metadata: { labels } };
    const mismatched = { ...deployment, metadata: { name: "e" }, spec: { ...deployment.spec, template } };
    assert.throws(() => store.create(mismatched), /`selector` does not match template `labels`/);
  });
});
