// What is relied on from a watch: of one lease by its name, from a version that was read, with bookmarks, an end, and an
// error inside a 200 where the history does not reach back.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  openContractClient,
  type ContractClient,
  type ContractEvent,
  type ContractObject,
  type ContractTarget,
} from "./target.ts";

export function describeWatchContract(server: string, target: () => ContractTarget): void {
  describe(`${server}: watches`, () => {
    const namespace = `watches-${process.pid}`;
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    let client: ContractClient;

    before(async () => {
      client = openContractClient(target());
      const made = await client.call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
      assert.equal(made.status, 201);
    });
    after(async () => {
      await client.call("DELETE", `/api/v1/namespaces/${namespace}`);
      await client.close();
    });

    async function create(
      name: string,
      labels: Readonly<Record<string, string>> = {},
    ): Promise<ContractObject> {
      const lease = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace, labels },
        spec: { holderIdentity: "a" },
      };
      const { status, body } = await client.call("POST", leases, lease);
      assert.equal(status, 201, JSON.stringify(body));
      return body;
    }

    async function hold(lease: ContractObject, holderIdentity: string): Promise<ContractObject> {
      const path = `${leases}/${lease.metadata?.name ?? ""}`;
      const { status, body } = await client.call("PUT", path, { ...lease, spec: { holderIdentity } });
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    }

    function watchOf(
      name: string,
      version: string | undefined,
      more = "",
    ): AsyncGenerator<ContractEvent, void> {
      const query = `watch=1&fieldSelector=metadata.name%3D${name}&resourceVersion=${version ?? ""}${more}`;
      return client.watch(`${leases}?${query}`);
    }

    /** All events until the watch ends by itself. */
    async function all(events: AsyncGenerator<ContractEvent, void>): Promise<ContractEvent[]> {
      const seen: ContractEvent[] = [];
      for await (const event of events) seen.push(event);
      return seen;
    }

    const versionOf = (object: ContractObject): bigint => BigInt(object.metadata?.resourceVersion ?? 0);

    test("a watch that is taken up again from the last version seen misses nothing and repeats nothing", async () => {
      const first = await create("resumed");
      const second = await hold(first, "b");
      const third = await hold(second, "c");
      const events = await all(watchOf("resumed", second.metadata?.resourceVersion, "&timeoutSeconds=1"));
      assert.deepEqual(
        events.map(({ type, object }) => [type, object.metadata?.resourceVersion]),
        [["MODIFIED", third.metadata?.resourceVersion]],
      );
    });

    test("bookmarks bring a version, and no object, before a watch is ended by its timeoutSeconds", async () => {
      const lease = await create("marked");
      const more = "&allowWatchBookmarks=true&timeoutSeconds=8";
      const running = all(watchOf("marked", lease.metadata?.resourceVersion, more));
      // There is something to mark only once something has happened, to another object.
      await create("unmarked");
      const events = await running;
      assert.ok(events.length >= 1, "no bookmark");
      for (const { type, object } of events) {
        assert.equal(type, "BOOKMARK");
        assert.equal(object.kind, "Lease");
        assert.equal(object.spec?.["holderIdentity"], undefined);
        assert.ok(versionOf(object) >= versionOf(lease));
      }
    });

    test("from before the history it is a 410 with the reason Expired, as an ERROR event inside a 200", async () => {
      const lease = await create("old");
      await target().forgetHistory();
      const [event] = await all(watchOf("old", lease.metadata?.resourceVersion, "&timeoutSeconds=5"));
      assert.equal(event?.type, "ERROR");
      assert.deepEqual([event.object.code, event.object.reason], [410, "Expired"]);
    });

    test("a deletion is an event of its own, with a version larger than all before", async () => {
      const lease = await create("deleted");
      const events = watchOf("deleted", lease.metadata?.resourceVersion, "&timeoutSeconds=20");
      const next = events.next();
      await client.call("DELETE", `${leases}/deleted`);
      const event = (await next).value;
      assert.equal(event?.type, "DELETED");
      assert.ok(versionOf(event?.object ?? {}) > versionOf(lease));
      await events.return();
    });

    test("a label selector brings objects as they come to match, and takes them as they cease to", async () => {
      const lease = await create("labelled");
      const query = `watch=1&labelSelector=led%3Dyes&resourceVersion=${lease.metadata?.resourceVersion}`;
      const events = client.watch(`${leases}?${query}&timeoutSeconds=20`);
      const contentType = "application/merge-patch+json";
      const label = (led: string | null) =>
        client.call("PATCH", `${leases}/labelled`, { metadata: { labels: { led } } }, { contentType });
      const first = events.next();
      await label("yes");
      assert.equal((await first).value?.type, "ADDED");
      await label(null);
      assert.equal((await events.next()).value?.type, "DELETED");
      await events.return();
    });

    test("timeout in the query of any call is a duration, and anything else a 400", async () => {
      await create("timed");
      assert.equal((await client.call("GET", `${leases}/timed?timeout=5s`)).status, 200);
      assert.equal((await client.call("GET", `${leases}/timed?timeout=soon`)).status, 400);
    });
  });
}
