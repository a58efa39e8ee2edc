// Who asks, whether they may, and what is recorded of it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { AuditRecord } from "./audit.ts";
import { textAt } from "../objects/json.ts";
import type { AccessAttributes } from "../kinds/reviews.ts";
import { lease, leases, startFixture } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

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
