// Watches over the wire: order, history, selectors, bookmarks, tables.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { AuditRecord } from "./audit.ts";
import { arrayAt, textAt } from "../objects/json.ts";
import { lease, leases, nextEvent, startFixture, tableType } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

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

  it("reaches a version that is not there with a 504, and refuses what is not a version", async () => {
    const future = await fixture.call(
      "GET",
      `${leases}?resourceVersion=999999&resourceVersionMatch=NotOlderThan`,
    );
    assert.deepEqual([future.status, future.body["reason"]], [504, "Timeout"]);
    assert.equal((await fixture.call("GET", `${leases}?resourceVersion=x`)).status, 400);
  });

  it("ends the watch of a client that does not read", async () => {
    const { promise, resolve } = Promise.withResolvers<AuditRecord>();
    const slow = await startFixture({
      hooks: { observe: (record) => (record.verb === "watch" ? resolve(record) : undefined) },
    });
    try {
      const events = await slow.watch("/api/v1/namespaces/default/configmaps?watch=1");
      const data = { big: "x".repeat(2 * 1024 * 1024) };
      for (let count = 0; count < 40; count += 1) {
        const metadata = { name: `map-${count}`, namespace: "default" };
        slow.server.store.create({ apiVersion: "v1", kind: "ConfigMap", metadata, data });
      }
      assert.equal((await promise).resource, "configmaps");
      await events.return();
    } finally {
      await slow.close();
    }
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
