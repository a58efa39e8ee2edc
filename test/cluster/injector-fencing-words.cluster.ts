// What a Lease may say of fencing, on a real kube-apiserver: a word that would fence nothing is refused when it is written, and named. And
// what the election does to its Lease is never asked about.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openContractClient, type ContractClient } from "../contract/target.ts";
import { eventually } from "../kit/eventually.ts";
import { programPath } from "../kit/kubectl-binary.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";
import {
  fencingLease,
  handTo,
  leases,
  make,
  makeAccount,
  makeNamespace,
  mergePatch,
  optedIn,
  renderFencing,
} from "./fenced-namespace-fixture.ts";
import { applyObjects, removeObjects } from "./policies.ts";

const controlPlane = useControlPlane("injector-fencing-words");
const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/fencing.md"), "utf8");
const tenant = "tenant";
let api: ContractClient;

/** What the API server says to such a Lease; empty where it takes it. */
async function refusalOf(lease: unknown, namespace = tenant, options = {}): Promise<string> {
  const { status, body } = await api.call("POST", `${leases(namespace)}?dryRun=All`, lease, options);
  assert.ok(status === 201 || body.message !== undefined, JSON.stringify(body));
  return body.message ?? "";
}

describe("what a Lease says of fencing", () => {
  before(async () => {
    api = openContractClient(asTarget(controlPlane)());
    await makeNamespace(api, tenant, { ...optedIn, team: "dns" });
    await makeNamespace(api, "kube-system", optedIn);
    await makeNamespace(api, "not-opted-in", {});
    await makeAccount(api, tenant, "operator");
    await applyObjects(controlPlane(), await renderFencing());
    const isInForce = async (): Promise<boolean> =>
      (await refusalOf(fencingLease("x", "operator", "deployment.apps"))) !== "";
    await eventually(isInForce, "the check is in force");
  });
  after(() => api.close());

  it("what cannot be read, or would fence nothing, is refused with a word", async () => {
    const core = /Without a group these can: configmaps, .*Others are written RESOURCE\.GROUP/;
    for (const [resources, word] of [
      ["deployment.apps", /deployment\.apps cannot be fenced\. In the group apps these can: .*deployments/],
      ["configmaps, deployments", core],
      ["nodes", core],
      ["events", core],
      ["leases.coordination.k8s.io", /leases\.coordination\.k8s\.io cannot be fenced.*these can: none/],
      ["", /fencing\.resources is missing/],
      ["configmaps,", /has "".*RESOURCE\.GROUP/],
      ["Deployment.apps", /has "Deployment\.apps"/],
      ["deployments.apps/status", /has "deployments\.apps\/status".*status and other subresources are/],
      ["configmaps deployments.apps", /has "configmaps deployments\.apps"/],
      ["*", /has "\*"/],
      ["gadget.example.com", /account operator has no permission for gadget\.example\.com in tenant: one of/],
      [
        "pods,widgets.example.com,gadgets.example.com,secret.example.com,x.example.com",
        /for secret\.example/,
      ],
      [Array.from({ length: 11 }, () => "configmaps").join(), /more than 10 resources/],
    ] as const) {
      assert.match(await refusalOf(fencingLease("x", "operator", resources)), word, resources);
    }
    for (const [account, word] of [
      ["", /fencing\.account is missing/],
      ["default", /is default, the account of every pod/],
      ["other-tenant:operator", /is not the name of a ServiceAccount: other-tenant:operator/],
      ["operater", /the account operater has no permission for configmaps/],
    ] as const) {
      const resources = Array.from({ length: 10 }, () => "configmaps").join();
      assert.match(await refusalOf(fencingLease("x", account, resources)), word, account);
    }
    const good = fencingLease("x", "operator", "configmaps") as { metadata: Record<string, object> };
    const changed = (field: string, value: object): unknown => ({
      metadata: { ...good.metadata, [field]: value },
    });
    assert.match(await refusalOf(changed("labels", {})), /fencing is missing, and must be enabled/);
    const misspelt = { ...good.metadata["annotations"], "bindy.firestoned.io/fencing.resource": "secrets" };
    assert.match(await refusalOf(changed("annotations", misspelt)), /fencing\.resource is not known/);
    assert.match(await refusalOf(good, "not-opted-in"), /the namespace not-opted-in has not opted in/);
    assert.match(await refusalOf(good, "kube-system"), /not in kube-system/);
  });

  it("takes what is right, asks again only about a change, and lets the label be taken away", async () => {
    const many =
      " configmaps,secrets ,pods,deployments.apps,\nwidgets.example.com, gadgets.example.com,secrets,secrets,widgets.example.com,widgets.example.com";
    await make(api, leases(tenant), fencingLease("main", "operator", many));
    const patch = (body: unknown, options = {}) =>
      api.call("PATCH", `${leases(tenant)}/main`, body, { contentType: mergePatch, ...options });
    const annotated = (annotations: object): unknown => ({ metadata: { annotations } });
    const renamed = await patch(annotated({ "bindy.firestoned.io/fencing.resources": "deployment.apps" }));
    assert.match(renamed.body.message ?? "", /deployment\.apps cannot be fenced/);
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${tenant}/rolebindings/tenant-operator`;
    const binding = await api.call("GET", rbac);
    assert.equal((await api.call("DELETE", rbac)).status, 200);
    // The account has no permission any more; a renewal, by somebody who may, is not asked about that.
    assert.equal((await patch({ spec: { holderIdentity: "one" } })).status, 200);
    await make(api, rbac.replace(/\/[^/]*$/, ""), {
      ...binding.body,
      metadata: { name: "tenant-operator" },
    });
    assert.equal(
      (await patch({ metadata: { labels: { "bindy.firestoned.io/fencing": null } } })).status,
      200,
    );
    const on = await patch({ metadata: { labels: { "bindy.firestoned.io/fencing": "true" } } });
    assert.match(on.body.message ?? "", /fencing is true, and must be enabled/);
    assert.equal((await api.call("DELETE", `${leases(tenant)}/main`)).status, 200);
  });

  it("an account is fenced by itself, and by those who may act as it", async () => {
    await makeAccount(api, tenant, "bystander");
    const token = await controlPlane().issueToken({ namespace: tenant, name: "bystander" });
    const own = fencingLease("own", "bystander", "configmaps");
    const others = fencingLease("others", "operator", "configmaps");
    const refusal = await refusalOf(others, tenant, { token });
    assert.match(refusal, /tenant:bystander may not fence the account operator: that takes the permission/);
    // Nor may it turn a Lease of its own into one.
    assert.equal((await api.call("POST", leases(tenant), own, { token })).status, 201);
    const patch = (annotations: object) =>
      api.call(
        "PATCH",
        `${leases(tenant)}/own`,
        { metadata: { annotations } },
        { token, contentType: mergePatch },
      );
    const resources = await patch({ "bindy.firestoned.io/fencing.resources": "secrets" });
    assert.equal(resources.status, 200, "its own words");
    const turned = await patch({ "bindy.firestoned.io/fencing.account": "operator" });
    assert.match(turned.body.message ?? "", /may not fence the account operator/);
    // What a controller, which does not run here, makes the role `edit` of.
    const aggregated = "system:aggregate-to-edit";
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${tenant}/rolebindings`;
    await make(api, rbac, {
      metadata: { name: "edits" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: aggregated },
      subjects: [{ kind: "ServiceAccount", name: "bystander", namespace: tenant }],
    });
    await eventually(async () => (await refusalOf(others, tenant, { token })) === "", "by the role edit");
    assert.equal((await api.call("DELETE", `${leases(tenant)}/own`)).status, 200);
  });

  it("the page's Lease is taken over one that is held, and the page's command switches fencing off", async () => {
    const kubectl = await programPath("kubectl");
    assert.ok("path" in kubectl);
    const folder = mkdtempSync(join(tmpdir(), "bindy-fencing-"));
    const by = (...flags: readonly string[]) =>
      run(kubectl.path, [...flags, "-n", tenant, "--kubeconfig", join(folder, "kubeconfig")]);
    const name = "my-operator-leader";
    try {
      writeFileSync(join(folder, "kubeconfig"), controlPlane().kubeconfig());
      writeFileSync(join(folder, "lease.yaml"), /```yaml\n(apiVersion.*?)```/s.exec(page)?.[1] ?? "");
      await makeAccount(api, tenant, "my-operator");
      await by("apply", "-f", join(root, "deploy/leader-sidecar/election.yaml"));
      await handTo(controlPlane(), tenant, name, { name: "one", uid: "1" });
      await by("apply", "-f", join(folder, "lease.yaml"));
      const { spec, metadata } = (await api.call("GET", `${leases(tenant)}/${name}`)).body;
      assert.equal(spec?.["holderIdentity"], "one");
      assert.deepEqual(metadata?.["labels"], { "bindy.firestoned.io/fencing": "enabled" });
      const command = /`kubectl (label leases .*)`/.exec(page)?.[1]?.split(" ") ?? [];
      const { stdout } = await by(...command);
      assert.match(stdout, /my-operator-leader unlabeled/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("knows the resources of the groups without a dot as this server has them", async () => {
    for (const [path, typo] of [
      ["/api/v1", "x"],
      ["/apis/apps/v1", "x.apps"],
      ["/apis/batch/v1", "x.batch"],
    ] as const) {
      const { resources } = (await api.call("GET", path)).body as unknown as {
        readonly resources: readonly { name: string; namespaced: boolean; verbs: readonly string[] }[];
      };
      const written = resources.filter(
        ({ name, namespaced, verbs }) => namespaced && verbs.includes("update") && !name.includes("/"),
      );
      const names = written.map(({ name }) => name).filter((name) => name !== "events");
      const [, known = ""] =
        / these can: (.*)\. Others/.exec(await refusalOf(fencingLease("x", "operator", typo))) ?? [];
      assert.deepEqual(known.split(", "), names.toSorted(), path);
    }
  });

  it("knows by the release's selector, whatever it is, which namespaces have opted in", async () => {
    await removeObjects(controlPlane(), await renderFencing());
    const wrong = fencingLease("x", "operator", "*");
    const all = [
      ["team", "In", "dns"],
      ["team", "NotIn", "web"],
      ["colour", "NotIn", "web"],
      ["team", "Exists", ""],
      ["colour", "DoesNotExist", ""],
    ] as const;
    for (const [isTaken, selector] of [
      [true, all],
      [false, [["team", "In", "web"]]],
      [false, [["colour", "In", "web"]]],
      [false, [["team", "NotIn", "dns"]]],
      [false, [["colour", "Exists", ""]]],
      [false, [["team", "DoesNotExist", ""]]],
    ] as const) {
      const settings = selector.flatMap(([key, operator, value], at) => {
        const one = `namespaceSelector.matchExpressions[${at}]`;
        const values = value === "" ? [] : [`${one}.values[0]=${value}`];
        return [`${one}.key=${key}`, `${one}.operator=${operator}`, ...values];
      });
      const objects = await renderFencing("namespaceSelector.matchLabels=null", ...settings);
      await applyObjects(controlPlane(), objects);
      await eventually(async () => /fencing-lease/.test(await refusalOf(wrong)), "in force");
      const refusal = await refusalOf(fencingLease("x", "operator", "configmaps"));
      assert.equal(refusal === "", isTaken, settings.join(" "));
      if (!isTaken) assert.match(refusal, /the namespace tenant has not opted in/);
      await removeObjects(controlPlane(), objects);
      await eventually(async () => (await refusalOf(wrong)) === "", "gone");
    }
  });
});
