// What is relied on from acting as somebody else, as `kubectl auth can-i --as=…` does: who may, and with whose rights.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  openContractClient,
  type ContractClient,
  type ContractObject,
  type ContractTarget,
} from "./target.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const reviews = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
const questions = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const patienceMs = 30_000;

export function describeImpersonationContract(server: string, target: () => ContractTarget): void {
  describe(`${server}: impersonation`, () => {
    const namespace = `impersonation-${process.pid}`;
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    const account = `system:serviceaccount:${namespace}:bindy`;
    let client: ContractClient;
    let token = "";

    before(async () => {
      client = openContractClient(target());
      await made("/api/v1/namespaces", { metadata: { name: namespace } });
      const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
      const { metadata } = await made(accounts, { metadata: { name: "bindy" } });
      token = target().tokenOf({ namespace, name: "bindy", uid: metadata?.uid ?? "" }, 600);
    });
    after(async () => {
      for (const kind of ["clusterroles", "clusterrolebindings"]) {
        await client.call("DELETE", `${rbac}/${kind}/${namespace}`);
      }
      await client.call("DELETE", `/api/v1/namespaces/${namespace}`);
      await client.close();
    });

    async function made(path: string, body: unknown): Promise<ContractObject> {
      const answer = await client.call("POST", path, body);
      assert.equal(answer.status, 201, `${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    }

    type Impersonation = Readonly<Record<string, string | readonly string[]>>;

    /** Asks who one is, in somebody's name. */
    const whoAmI = (headers: Impersonation, as: { token?: string } = {}) =>
      client.call(
        "POST",
        reviews,
        { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
        {
          headers,
          ...as,
        },
      );

    async function identity(headers: Impersonation, as: { token?: string } = {}) {
      const { status, body } = await whoAmI(headers, as);
      assert.equal(status, 201, JSON.stringify(body));
      const { userInfo } = body.status as { userInfo: { username: string; groups?: string[] } };
      return [userInfo.username, (userInfo.groups ?? []).toSorted()];
    }

    async function mayGetLeases(): Promise<boolean> {
      const resourceAttributes = { verb: "get", group: "coordination.k8s.io", resource: "leases", namespace };
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes },
      };
      const { status, body } = await client.call("POST", questions, review, {
        headers: { "impersonate-user": account },
      });
      assert.equal(status, 201, JSON.stringify(body));
      return (body.status as { allowed: boolean }).allowed;
    }

    test("an administrator acts as a user, with the groups that are named", async () => {
      assert.deepEqual(await identity({ "impersonate-user": "alice" }), ["alice", ["system:authenticated"]]);
      const headers = { "impersonate-user": "alice", "impersonate-group": ["one", "two, three"] };
      assert.deepEqual(await identity(headers), ["alice", ["one", "system:authenticated", "two, three"]]);
    });

    test("a service account has the groups of its namespace, unless others are named", async () => {
      const own = ["system:authenticated", "system:serviceaccounts", `system:serviceaccounts:${namespace}`];
      assert.deepEqual(await identity({ "impersonate-user": account }), [account, own]);
      const headers = { "impersonate-user": account, "impersonate-group": "one" };
      assert.deepEqual(await identity(headers), [account, ["one", "system:authenticated"]]);
    });

    test("groups without a user are a 400", async () => {
      const { status, body } = await whoAmI({ "impersonate-group": "one" });
      assert.deepEqual([status, body.reason], [400, "BadRequest"]);
      assert.match(body.message ?? "", /without impersonating a user/);
    });

    test("what is done counts as done by whom one acts as: can-i, and the thing itself", async () => {
      const asAccount = { headers: { "impersonate-user": account } };
      const refused = await client.call("GET", `${leases}/none`, undefined, asAccount);
      assert.equal(refused.status, 403);
      assert.match(refused.body.message ?? "", new RegExp(`User "${account}" cannot get resource "leases"`));
      assert.equal(await mayGetLeases(), false);
      await made(`${rbac}/namespaces/${namespace}/roles`, {
        metadata: { name: "get" },
        rules: [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get"] }],
      });
      await made(`${rbac}/namespaces/${namespace}/rolebindings`, {
        metadata: { name: "get" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "get" },
        subjects: [{ kind: "ServiceAccount", name: "bindy", namespace }],
      });
      const endMs = performance.now() + patienceMs;
      while (!(await mayGetLeases())) {
        assert.ok(performance.now() < endMs, "the role does not count");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal((await client.call("GET", `${leases}/none`, undefined, asAccount)).status, 404);
    });

    test("without the verb impersonate it is a 403 that names who asked", async () => {
      for (const headers of [{ "impersonate-user": "alice" }, { "impersonate-user": account }]) {
        const { status, body } = await whoAmI(headers, { token });
        assert.deepEqual([status, body.reason], [403, "Forbidden"]);
        // Which resource it names differs from version to version.
        assert.match(body.message ?? "", new RegExp(`User "${account}" cannot impersonate`));
      }
    });

    test("a role allows to act as the users and groups that it names, and as no others", async () => {
      const impersonate = (resources: string[], resourceNames: string[]) => ({
        apiGroups: [""],
        resources,
        verbs: ["impersonate"],
        resourceNames,
      });
      await made(`${rbac}/clusterroles`, {
        metadata: { name: namespace },
        rules: [impersonate(["users"], ["alice"]), impersonate(["groups"], ["one"])],
      });
      await made(`${rbac}/clusterrolebindings`, {
        metadata: { name: namespace },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: namespace },
        subjects: [{ kind: "ServiceAccount", name: "bindy", namespace }],
      });
      const alice = { "impersonate-user": "alice" };
      const endMs = performance.now() + patienceMs;
      while ((await whoAmI(alice, { token })).status !== 201) {
        assert.ok(performance.now() < endMs, "the role does not count");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.deepEqual(await identity({ ...alice, "impersonate-group": "one" }, { token }), [
        "alice",
        ["one", "system:authenticated"],
      ]);
      assert.equal((await whoAmI({ "impersonate-user": "bob" }, { token })).status, 403);
      const { status, body } = await whoAmI({ ...alice, "impersonate-group": ["one", "two"] }, { token });
      assert.deepEqual([status, body.reason], [403, "Forbidden"]);
      assert.match(body.message ?? "", new RegExp(`User "${account}" cannot impersonate`));
    });
  });
}
