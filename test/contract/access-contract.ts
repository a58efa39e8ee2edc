// What is relied on about who may do what: the words of a refusal, tokens that expire and are replaced, and a server that is
// busy.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { asListed } from "./differences.ts";
import {
  openContractClient,
  type ContractAnswer,
  type ContractClient,
  type ContractTarget,
} from "./target.ts";
import { eventually } from "../kit/eventually.ts";

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const flowControl = "/apis/flowcontrol.apiserver.k8s.io/v1";
const patienceMs = 30_000;

export function describeAccessContract(server: string, target: () => ContractTarget): void {
  describe(`${server}: access`, () => {
    const namespace = `access-${process.pid}`;
    const leases = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    let client: ContractClient;
    let accountUid = "";

    before(async () => {
      client = openContractClient(target());
      await made("/api/v1/namespaces", { metadata: { name: namespace } });
      const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
      const account = await made(accounts, { metadata: { name: "bindy" } });
      accountUid = account.metadata?.uid ?? "";
      await made(leases, { metadata: { name: "held" }, spec: { holderIdentity: "a" } });
    });
    after(async () => {
      await client.call("DELETE", `/api/v1/namespaces/${namespace}`);
      await client.close();
    });

    async function made(path: string, body: unknown) {
      const answer = await client.call("POST", path, body);
      assert.equal(answer.status, 201, `${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    }

    const tokenFor = (seconds: number): string =>
      target().tokenOf({ namespace, name: "bindy", uid: accountUid }, seconds);

    /** Calls as the account until the answer has that status: a role takes a moment to be known. */
    function untilStatus(path: string, status: number, token: string): Promise<ContractAnswer> {
      let last: ContractAnswer | null = null;
      const ask = async (): Promise<ContractAnswer | false> => {
        last = await client.call("GET", path, undefined, { token });
        return last.status === status && last;
      };
      return eventually(ask, `${status} at ${path}`, { limitMs: patienceMs, everyMs: 50, seen: () => last });
    }

    /** Asks many times at once, until one of them is refused for that. A single request is served by any flow. */
    function crowd(token: string): Promise<ContractAnswer> {
      const ask = async (): Promise<ContractAnswer | undefined> => {
        const asked = Array.from({ length: 8 }, () =>
          client.call("GET", `${leases}/held`, undefined, { token }),
        );
        return (await Promise.all(asked)).find(({ status }) => status === 429);
      };
      return eventually(ask, "one of many requests at once is refused", { limitMs: patienceMs, everyMs: 0 });
    }

    test("a 403 names verb, resource, group, namespace and account, word for word", async () => {
      const token = tokenFor(600);
      const { status, body } = await client.call("GET", `${leases}/held`, undefined, { token });
      assert.deepEqual([status, body.kind, body.reason, body.code], [403, "Status", "Forbidden", 403]);
      assert.equal(
        body.message,
        `leases.coordination.k8s.io "held" is forbidden: User "system:serviceaccount:${namespace}:bindy" cannot get ` +
          `resource "leases" in API group "coordination.k8s.io" in the namespace "${namespace}"`,
      );
      assert.deepEqual(body.details, { name: "held", group: "coordination.k8s.io", kind: "leases" });
    });

    test("a role by name allows get and a watch with a field selector of that name, and nothing else", async () => {
      const token = tokenFor(600);
      await made(`${rbac}/namespaces/${namespace}/roles`, {
        metadata: { name: "one" },
        rules: [
          {
            apiGroups: ["coordination.k8s.io"],
            resources: ["leases"],
            resourceNames: ["held"],
            verbs: ["get", "watch"],
          },
        ],
      });
      await made(`${rbac}/namespaces/${namespace}/rolebindings`, {
        metadata: { name: "one" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "one" },
        subjects: [{ kind: "ServiceAccount", name: "bindy", namespace }],
      });
      await untilStatus(`${leases}/held`, 200, token);
      const watch = `${leases}?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3D`;
      assert.equal((await client.call("GET", `${watch}held`, undefined, { token })).status, 200);
      assert.equal((await client.call("GET", `${watch}other`, undefined, { token })).status, 403);
      assert.equal((await client.call("GET", leases, undefined, { token })).status, 403);
    });

    test("a token that has expired is a 401; the one that took its place is good, and so was the old one meanwhile", async () => {
      const reviews = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectAccessReview",
        spec: { resourceAttributes: { verb: "get", resource: "leases", group: "coordination.k8s.io" } },
      };
      const statusWith = async (token: string): Promise<number> =>
        (await client.call("POST", reviews, review, { token })).status;
      const [old, fresh] = [tokenFor(3), tokenFor(600)];
      assert.deepEqual([await statusWith(old), await statusWith(fresh)], [201, 201]);
      const endMs = performance.now() + patienceMs;
      while ((await statusWith(old)) !== 401) {
        assert.ok(performance.now() < endMs, "an expired token is still taken");
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      const { body } = await client.call("POST", reviews, review, { token: old });
      assert.deepEqual([body.kind, body.reason, body.code], ["Status", "Unauthorized", 401]);
      assert.equal(await statusWith(fresh), 201);
    });

    const busy = "a flow that is crowded is answered 429, with Retry-After";
    test(
      busy,
      asListed(server, busy, async () => {
        await made(`${flowControl}/prioritylevelconfigurations`, {
          metadata: { name: namespace },
          spec: {
            type: "Limited",
            limited: {
              nominalConcurrencyShares: 0,
              lendablePercent: 0,
              borrowingLimitPercent: 0,
              limitResponse: { type: "Reject" },
            },
          },
        });
        await made(`${flowControl}/flowschemas`, {
          metadata: { name: namespace },
          spec: {
            matchingPrecedence: 10,
            priorityLevelConfiguration: { name: namespace },
            rules: [
              {
                subjects: [{ kind: "ServiceAccount", serviceAccount: { name: "bindy", namespace } }],
                resourceRules: [
                  {
                    apiGroups: ["coordination.k8s.io"],
                    resources: ["leases"],
                    verbs: ["*"],
                    namespaces: [namespace],
                  },
                ],
              },
            ],
          },
        });
        const refused = await crowd(tokenFor(600));
        assert.match(String(refused.headers["retry-after"]), /^\d+$/);
        await client.call("DELETE", `${flowControl}/flowschemas/${namespace}`);
        await client.call("DELETE", `${flowControl}/prioritylevelconfigurations/${namespace}`);
      }),
    );
  });
}
