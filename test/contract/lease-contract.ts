// What the election relies on from a Kubernetes API, put to a server. The same cases run against the embedded server and
// a real kube-apiserver; where the two differ, differences.ts says how, and why that is no harm.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  openContractClient,
  type ContractClient,
  type ContractObject,
  type ContractTarget,
} from "./target.ts";

const group = "/apis/coordination.k8s.io/v1";
const micro = "2026-01-02T03:04:05.678901Z";

export function describeLeaseContract(name: string, target: () => ContractTarget): void {
  describe(`${name}: leases`, () => {
    const namespace = `contract-${process.pid}-${Math.floor(performance.now())}`;
    const leases = `${group}/namespaces/${namespace}/leases`;
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

    function lease(at: string, spec?: Record<string, unknown>, metadata: Record<string, unknown> = {}) {
      return {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: at, namespace, ...metadata },
        ...(spec ? { spec } : {}),
      };
    }
    async function create(
      at: string,
      spec: Record<string, unknown> = { holderIdentity: "a" },
    ): Promise<ContractObject> {
      const { status, body } = await client.call("POST", leases, lease(at, spec));
      assert.equal(status, 201, JSON.stringify(body));
      return body;
    }
    function put(
      object: ContractObject,
      spec: Record<string, unknown>,
      metadata: Record<string, unknown> = {},
    ) {
      const changed = {
        ...object,
        spec: { ...object.spec, ...spec },
        metadata: { ...object.metadata, ...metadata },
      };
      return client.call("PUT", `${leases}/${object.metadata?.name ?? ""}`, changed);
    }

    test("a missing lease is a 404 with the reason NotFound and its name", async () => {
      const { status, body } = await client.call("GET", `${leases}/nobody`);
      assert.equal(status, 404);
      assert.equal(body.kind, "Status");
      assert.equal(body.reason, "NotFound");
      assert.equal(body.message, 'leases.coordination.k8s.io "nobody" not found');
    });

    test("creating one that exists is a 409 with the reason AlreadyExists", async () => {
      await create("twice");
      const { status, body } = await client.call("POST", leases, lease("twice"));
      assert.deepEqual([status, body.reason], [409, "AlreadyExists"]);
    });

    test("creating one in a missing namespace is a 404 that names the namespace", async () => {
      const path = `${group}/namespaces/no-such-namespace/leases`;
      const { status, body } = await client.call(
        "POST",
        path,
        lease("x", {}, { namespace: "no-such-namespace" }),
      );
      assert.equal(status, 404);
      assert.equal(body.message, 'namespaces "no-such-namespace" not found');
    });

    test("numbers of a spec beyond 32 bits are a 400 that names the field, and the largest within are taken", async () => {
      for (const field of ["leaseTransitions", "leaseDurationSeconds"]) {
        const { status, body } = await client.call("POST", leases, lease("large", { [field]: 2 ** 31 }));
        assert.equal(status, 400);
        assert.match(
          body.message ?? "",
          new RegExp(`number 2147483648 into Go struct field .*${field} of type int32`),
        );
      }
      const most = { leaseTransitions: 2 ** 31 - 1, leaseDurationSeconds: 2 ** 31 - 1 };
      const { status, body } = await client.call("POST", leases, lease("largest", most));
      assert.equal(status, 201, body.message);
    });

    test("an update with the resourceVersion read is taken, and gives a larger one", async () => {
      const made = await create("swap");
      const { status, body } = await put(made, { holderIdentity: "b" });
      assert.equal(status, 200);
      assert.ok(BigInt(body.metadata?.resourceVersion ?? 0) > BigInt(made.metadata?.resourceVersion ?? 0));
      assert.equal(body.metadata?.uid, made.metadata?.uid);
    });

    test("an update with an older resourceVersion is a 409 Conflict and changes nothing", async () => {
      const made = await create("stale");
      await put(made, { holderIdentity: "b" });
      const { status, body } = await put(made, { holderIdentity: "c" });
      assert.deepEqual([status, body.reason], [409, "Conflict"]);
      const now = await client.call("GET", `${leases}/stale`);
      assert.equal(now.body.spec?.["holderIdentity"], "b");
    });

    test("an update of a deleted lease with resourceVersion alone creates it; with the uid too it is a 409", async () => {
      const made = await create("gone");
      await client.call("DELETE", `${leases}/gone`);
      const withUid = await put(made, { holderIdentity: "b" });
      assert.equal(withUid.status, 409, JSON.stringify(withUid.body));
      const { uid: _uid, ...metadata } = made.metadata ?? {};
      const without = await client.call("PUT", `${leases}/gone`, { ...made, metadata });
      assert.equal(without.status, 201, JSON.stringify(without.body));
    });

    test("an update with the uid of an earlier life is a 409", async () => {
      const first = await create("reborn");
      await client.call("DELETE", `${leases}/reborn`);
      const second = await create("reborn");
      const { status } = await put(second, { holderIdentity: "b" }, { uid: first.metadata?.uid });
      assert.equal(status, 409);
    });

    test("deletion respects the preconditions uid and resourceVersion", async () => {
      const made = await create("guarded");
      const wrong = { preconditions: { uid: "00000000-0000-0000-0000-000000000000" } };
      assert.equal((await client.call("DELETE", `${leases}/guarded`, wrong)).status, 409);
      const right = {
        preconditions: { uid: made.metadata?.uid, resourceVersion: made.metadata?.resourceVersion },
      };
      assert.equal((await client.call("DELETE", `${leases}/guarded`, right)).status, 200);
    });

    test("resourceVersions grow across deletion and re-creation", async () => {
      const first = await create("growing");
      await client.call("DELETE", `${leases}/growing`);
      const second = await create("growing");
      assert.ok(BigInt(second.metadata?.resourceVersion ?? 0) > BigInt(first.metadata?.resourceVersion ?? 0));
    });

    test("times keep their six digits, and any other number of digits is refused", async () => {
      const made = await create("times", { acquireTime: micro, renewTime: micro, leaseDurationSeconds: 15 });
      assert.deepEqual([made.spec?.["acquireTime"], made.spec?.["renewTime"]], [micro, micro]);
      for (const wrong of ["2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678901234Z", "yesterday"]) {
        const { status } = await client.call("POST", leases, lease("wrong-time", { renewTime: wrong }));
        assert.equal(status, 400, wrong);
      }
    });

    test("a lease duration that is not positive is a 422", async () => {
      const { status, body } = await client.call("POST", leases, lease("short", { leaseDurationSeconds: 0 }));
      assert.deepEqual([status, body.reason], [422, "Invalid"]);
    });

    test("an empty and an absent holderIdentity are two things that both can be written", async () => {
      const made = await create("holders", { holderIdentity: "" });
      assert.equal(made.spec?.["holderIdentity"] ?? "", "");
      const bare = await client.call("POST", leases, lease("bare"));
      assert.equal(bare.status, 201);
      assert.equal(bare.body.spec?.["holderIdentity"], undefined);
    });

    test("foreign annotations, labels and finalizers survive a write that carries them", async () => {
      const metadata = { annotations: { "example.com/a": "1" }, labels: { b: "2" } };
      const { body } = await client.call("POST", leases, lease("foreign", { holderIdentity: "a" }, metadata));
      const written = await put(body, { holderIdentity: "b" });
      assert.deepEqual(written.body.metadata?.annotations, metadata.annotations);
      assert.deepEqual(written.body.metadata?.["labels"], metadata.labels);
    });

    test("a merge patch changes what it names, and its resourceVersion is a precondition", async () => {
      const made = await create("patched");
      const contentType = "application/merge-patch+json";
      const annotations = { x: "y" };
      const fine = await client.call(
        "PATCH",
        `${leases}/patched`,
        { metadata: { annotations } },
        { contentType },
      );
      assert.deepEqual([fine.status, fine.body.spec?.["holderIdentity"]], [200, "a"]);
      const stale = {
        metadata: { resourceVersion: made.metadata?.resourceVersion, annotations: { x: "z" } },
      };
      assert.equal((await client.call("PATCH", `${leases}/patched`, stale, { contentType })).status, 409);
      const other = { metadata: { uid: "00000000-0000-0000-0000-000000000000" } };
      assert.equal((await client.call("PATCH", `${leases}/patched`, other, { contentType })).status, 422);
    });

    test("strategy and preferredHolder are dropped where coordinated election is off", async () => {
      const made = await create("coordinated", { strategy: "OldestEmulationVersion", preferredHolder: "x" });
      assert.equal(made.spec?.["strategy"], undefined);
    });

    test("no token and a wrong token are a 401", async () => {
      for (const token of ["wrong"]) {
        const { status, body } = await client.call("GET", `${leases}/x`, undefined, { token });
        assert.deepEqual([status, body.reason], [401, "Unauthorized"]);
      }
    });

    test("a watch of one lease brings what comes after the resourceVersion of a read, in order", async () => {
      const made = await create("watched");
      const version = made.metadata?.resourceVersion ?? "";
      const query = `watch=1&fieldSelector=metadata.name%3Dwatched&resourceVersion=${version}&timeoutSeconds=20`;
      const events = client.watch(`${leases}?${query}`);
      const first = events.next();
      const updated = await put(made, { holderIdentity: "b" });
      await create("unwatched");
      const one = (await first).value;
      assert.deepEqual(
        [one?.type, one?.object.metadata?.resourceVersion],
        ["MODIFIED", updated.body.metadata?.resourceVersion],
      );
      await client.call("DELETE", `${leases}/watched`);
      const two = (await events.next()).value;
      assert.equal(two?.type, "DELETED");
      assert.ok(
        BigInt(two?.object.metadata?.resourceVersion ?? 0) >
          BigInt(one?.object.metadata?.resourceVersion ?? 0),
      );
      await events.return();
    });

    test("a watch ends by itself after timeoutSeconds", async () => {
      const made = await create("brief");
      const query = `watch=1&fieldSelector=metadata.name%3Dbrief&resourceVersion=${made.metadata?.resourceVersion}`;
      const seen: string[] = [];
      for await (const event of client.watch(`${leases}?${query}&timeoutSeconds=1`)) seen.push(event.type);
      assert.deepEqual(
        seen.filter((type) => type !== "BOOKMARK"),
        [],
      );
    });

    test("Events about a lease can be created", async () => {
      const event = {
        apiVersion: "v1",
        kind: "Event",
        metadata: { name: "contract.1", namespace },
        involvedObject: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", namespace, name: "watched" },
        reason: "LeaderElection",
        message: "a became leader",
        type: "Normal",
        source: { component: "a" },
      };
      assert.equal((await client.call("POST", `/api/v1/namespaces/${namespace}/events`, event)).status, 201);
    });

    test("an apply with a resourceVersion that cannot be creates what is absent and conflicts with what is there", async () => {
      const contentType = "application/apply-patch+yaml";
      const path = `${leases}/applied?fieldManager=contract&force=true`;
      const object = lease("applied", { holderIdentity: "a" }, { resourceVersion: "1" });
      assert.equal((await client.call("PATCH", path, object, { contentType })).status, 201);
      assert.equal((await client.call("PATCH", path, object, { contentType })).status, 409);
    });
  });
}
