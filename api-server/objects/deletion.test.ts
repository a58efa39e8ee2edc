// Deletion over the wire: grace, finalizers, owners, namespaces.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { numberAt, textAt } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { lease, leases, nextEvent, startFixture } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

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
