// The policy that comes with labels on pods, on a real kube-apiserver: of the permission to patch pods it leaves two labels on one's
// own pod.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openContractClient, type ContractClient } from "../contract/target.ts";
import { renderChart } from "../kit/chart.ts";
import { eventually } from "../kit/eventually.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";
import { applyObjects, createPod, type Pod } from "./policies.ts";

const controlPlane = useControlPlane("pod-labels");
const namespace = "dns-system";
const account = "bindy";
const role = "bindy.firestoned.io/role";
const podName = "statefulset.kubernetes.io/pod-name";
let api: ContractClient;
let own: Pod;
let other: Pod;

describe("the policy for labels of pods", () => {
  before(async () => {
    api = openContractClient(asTarget(controlPlane)());
    await api.call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    await api.call("POST", `/api/v1/namespaces/${namespace}/serviceaccounts`, {
      metadata: { name: account },
    });
    await applyObjects(
      controlPlane(),
      await renderChart("bindy", { namespace, template: "pod-labels.yaml" }),
    );
    own = await createPod(controlPlane(), namespace, account, "own");
    other = await createPod(controlPlane(), namespace, account, "other");
    // A new policy is in force a moment later.
    // It is in force a moment later; a patch that changes nothing is never refused.
    let tries = 0;
    const isInForce = async (): Promise<boolean> =>
      /denied/.test((await patch(own, labels({ app: `try-${(tries += 1)}` }))).body.message ?? "");
    await eventually(isInForce, "the policy");
    await api.call("PATCH", `/api/v1/namespaces/${namespace}/pods/own`, labels({ app: "bindy" }), {
      contentType: "application/merge-patch+json",
    });
  });
  after(() => api.close());

  async function patch(pod: Pod, body: unknown, options: { token?: string; contentType?: string } = {}) {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.name}`;
    return await api.call("PATCH", path, body, {
      token: own.token,
      contentType: "application/merge-patch+json",
      ...options,
    });
  }

  const labels = (given: Readonly<Record<string, string | null>>): unknown => ({
    metadata: { labels: given },
  });

  it("the two labels may be set on one's own pod, changed, and taken away", async () => {
    for (const given of [
      { [role]: "leader", [podName]: "own" },
      { [role]: "standby" },
      { [role]: null, [podName]: null },
    ]) {
      const { status, body } = await patch(own, labels(given));
      assert.equal(status, 200, JSON.stringify(body));
    }
  });

  it("nothing else may be changed, on no other pod, and by no token that is not bound to it", async () => {
    const refused: readonly (readonly [
      string,
      unknown,
      { pod?: Pod; token?: string; contentType?: string }?,
    ])[] = [
      ["another pod", labels({ [role]: "leader" }), { pod: other }],
      [
        "a token without a pod",
        labels({ [role]: "leader" }),
        { token: await controlPlane().issueToken({ namespace, name: account }) },
      ],
      ["another label", labels({ [role]: "leader", more: "x" })],
      ["a label that others set", labels({ app: "else" })],
      ["a label that others set, gone", labels({ app: null })],
      ["another role", labels({ [role]: "king" })],
      ["another pod's name", labels({ [podName]: "other" })],
      ["an annotation", { metadata: { annotations: { a: "b" } } }],
      ["a finalizer", { metadata: { finalizers: ["example.org/never"] } }],
      [
        "an owner",
        { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "a", uid: "b" }] } },
      ],
      [
        "an image",
        { spec: { containers: [{ name: "operator", image: "other" }] } },
        { contentType: "application/strategic-merge-patch+json" },
      ],
      ["a deadline", { spec: { activeDeadlineSeconds: 1 } }],
    ];
    const untouched = await api.call("GET", `/api/v1/namespaces/${namespace}/pods/own`);
    for (const [what, body, { pod = own, ...options } = {}] of refused) {
      const answer = await patch(pod, body, options);
      assert.equal(answer.status, 403, `${what}: ${JSON.stringify(answer.body)}`);
      assert.match(
        answer.body.message ?? "",
        /ValidatingAdmissionPolicy 'dns-system.bindy-pod-labels'.*denied/,
        what,
      );
    }
    const then = await api.call("GET", `/api/v1/namespaces/${namespace}/pods/own`);
    assert.deepEqual(then.body, untouched.body);
  });

  it("others, and an account that may update pods anyhow, are not limited", async () => {
    const byAdmin = await api.call(
      "PATCH",
      `/api/v1/namespaces/${namespace}/pods/other`,
      labels({ more: "x" }),
      {
        contentType: "application/merge-patch+json",
      },
    );
    assert.equal(byAdmin.status, 200, JSON.stringify(byAdmin.body));
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["update", "patch"] }];
    await api.call("POST", `${rbac}/roles`, { metadata: { name: "pods" }, rules });
    await api.call("POST", `${rbac}/rolebindings`, {
      metadata: { name: "pods" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "pods" },
      subjects: [{ kind: "ServiceAccount", name: account, namespace }],
    });
    await eventually(
      async () => (await patch(other, labels({ more: "y" }))).status === 200,
      "the operator's own permission",
    );
  });
});
