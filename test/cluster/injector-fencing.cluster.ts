// Fencing by annotations of the Lease, on a real kube-apiserver: who is refused and who is not, and that nobody can fence others' accounts.
// What a Lease may say: injector-fencing-words.cluster.ts.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openContractClient, type ContractAnswer, type ContractClient } from "../contract/target.ts";
import { eventually } from "../kit/eventually.ts";
import { ports } from "../kit/ports.ts";
import { startSidecarProcess } from "../kit/sidecar-process.ts";
import { asTarget, clock, useControlPlane } from "./control-plane-fixture.ts";
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
import { applyObjects, createPod, removeObjects, type Pod } from "./policies.ts";

const controlPlane = useControlPlane("injector-fencing");
const tenant = "tenant";
const other = "other-tenant";
const collector = "generic-garbage-collector";
let api: ContractClient;
let one: Pod;
let two: Pod;
/** A pod of another account of the same namespace. */
let bystander: Pod;
let neighbour: Pod;

const configMaps = (namespace = tenant): string => `/api/v1/namespaces/${namespace}/configmaps`;
const deployments = `/apis/apps/v1/namespaces/${tenant}/deployments`;
const generated = { metadata: { generateName: "made-" } };
const wrote = async (pod: Pod, path = configMaps(), body: unknown = generated): Promise<ContractAnswer> =>
  await api.call("POST", path, body, { token: pod.token });

async function isRefused(pod: Pod, path?: string): Promise<string | false> {
  const { status, body } = await wrote(pod, path);
  return status === 403 && body.message?.includes("denied request: fenced: ") === true && body.message;
}

/** The Lease's holder changes, and the API server has heard of it. */
async function hand(lease: string, to: Pod, from: Pod): Promise<void> {
  await handTo(controlPlane(), tenant, lease, to);
  await eventually(() => isRefused(from), `${from.name} is refused`);
  await eventually(async () => (await wrote(to)).status === 201, `${to.name} is let through`);
}

async function remove(...names: readonly string[]): Promise<void> {
  for (const name of names) assert.equal((await api.call("DELETE", `${leases(tenant)}/${name}`)).status, 200);
}

/** The policy has no Lease any more that is about the account's ConfigMaps. */
const nobodyIsFenced = async (): Promise<void> =>
  void (await eventually(async () => (await wrote(two)).status === 201, "nobody is fenced"));

describe("fencing by annotations", () => {
  before(async () => {
    api = openContractClient(asTarget(controlPlane)());
    for (const name of [tenant, other]) await makeNamespace(api, name, optedIn);
    await makeNamespace(api, "not-opted-in", {});
    await makeAccount(api, tenant, "operator", [other]);
    await makeAccount(api, tenant, "bystander");
    await makeAccount(api, other, "operator", [tenant]);
    one = await createPod(controlPlane(), tenant, "operator", "one");
    two = await createPod(controlPlane(), tenant, "operator", "two");
    bystander = await createPod(controlPlane(), tenant, "bystander", "bystander");
    neighbour = await createPod(controlPlane(), other, "operator", "neighbour");
    // One from before the policy, which nothing has checked, where the control plane's accounts are.
    await makeNamespace(api, "kube-system", optedIn);
    await make(api, leases("kube-system"), fencingLease("early", collector, "configmaps"));
    await applyObjects(controlPlane(), await renderFencing());
    await eventually(async () => {
      const dryRun = fencingLease("none", "operator", "deployment.apps");
      return (await api.call("POST", `${leases(tenant)}?dryRun=All`, dryRun)).status !== 201;
    }, "the check of Leases is in force");
  });
  after(() => api.close());

  it("the holder writes, and a deposed pod does not", async () => {
    await make(api, leases(tenant), fencingLease("main", "operator", "deployments.apps, configmaps"));
    assert.match(
      await eventually(() => isRefused(one), "while nobody holds it"),
      /fenced: the pod one does not hold the lease tenant\/main, nobody does, as far as/,
    );
    await hand("main", one, two);
    await make(api, configMaps(), { metadata: { name: "effects" } });
    await hand("main", two, one);
    assert.match(String(await isRefused(one)), /the pod one does not hold the lease tenant\/main, two does/);
    const path = `${configMaps()}/effects`;
    const patch = ({ token }: Pod) =>
      api.call("PATCH", path, { data: { a: token.slice(-4) } }, { token, contentType: mergePatch });
    assert.deepEqual([(await patch(one)).status, (await patch(two)).status], [403, 200]);
    const removed = ({ token }: Pod) => api.call("DELETE", path, undefined, { token });
    assert.deepEqual([(await removed(one)).status, (await removed(two)).status], [403, 200]);
    // A token without a pod, and one of a pod that was called as the holder is.
    const unbound = await controlPlane().issueToken({ namespace: tenant, name: "operator" });
    assert.match(String(await isRefused({ ...two, token: unbound })), /a token without a pod does not hold/);
    await handTo(controlPlane(), tenant, "main", { name: "two", uid: one.uid });
    await eventually(() => isRefused(two), "another uid");
    await remove("main");
    await nobodyIsFenced();
  });

  it("covers what is named with its status, and nothing else", async () => {
    await make(api, leases(tenant), fencingLease("main", "operator", "deployments.apps,configmaps"));
    await hand("main", one, two);
    const labels = { app: "a" };
    const template = { metadata: { labels }, spec: { containers: [{ name: "a", image: "a" }] } };
    await make(api, deployments, {
      metadata: { name: "a" },
      spec: { selector: { matchLabels: labels }, template },
    });
    const status = ({ token }: Pod) =>
      api.call(
        "PATCH",
        `${deployments}/a/status`,
        { status: { replicas: 1 } },
        { token, contentType: mergePatch },
      );
    const refused = await status(two);
    assert.match(refused.body.message ?? "", /fenced: the pod two does not hold/);
    assert.equal((await status(one)).status, 200);
    const event = { ...generated, involvedObject: { kind: "ConfigMap", namespace: tenant, name: "a" } };
    for (const [path, body] of [
      [`/api/v1/namespaces/${tenant}/secrets`, generated],
      [`/api/v1/namespaces/${tenant}/events`, event],
      [leases(tenant), generated],
    ] as const) {
      assert.equal((await wrote(two, path, body)).status, 201, path);
    }
    await remove("main");
    await nobodyIsFenced();
  });

  it("judges each Lease for itself, and only for its own account", async () => {
    await make(api, leases(tenant), fencingLease("main", "operator", "configmaps"));
    await make(api, leases(tenant), fencingLease("side", "bystander", "secrets, configmaps"));
    await hand("main", one, two);
    await eventually(() => isRefused(bystander), "its own Lease is not held");
    await hand("side", bystander, { ...bystander, token: await tokenOf("bystander") });
    assert.match(String(await isRefused(two)), /tenant\/main/);
    // Only Leases that name the resource.
    assert.equal((await wrote(two, `/api/v1/namespaces/${tenant}/secrets`)).status, 201);
    await remove("side");
    assert.equal((await wrote(one)).status, 201);
    // Two about one account: both must be held.
    await make(api, leases(tenant), fencingLease("second", "operator", "configmaps"));
    assert.match(await eventually(() => isRefused(one), "the second is not held"), /tenant\/second, nobody/);
    await hand("second", one, two);
    await remove("main", "second");
    await nobodyIsFenced();
  });

  const tokenOf = (name: string): Promise<string> => controlPlane().issueToken({ namespace: tenant, name });

  it("an API server that still takes the deposed pod for the holder refuses a token that goes down", async () => {
    await make(api, leases(tenant), fencingLease("main", "operator", "configmaps"));
    await hand("main", one, two);
    const marked = (token: string | null): unknown => ({
      metadata: { name: "marked", annotations: { "bindy.firestoned.io/fencing-token": token } },
    });
    await make(api, configMaps(), marked("50"));
    const patch = (token: string | null, options: { token?: string } = { token: one.token }) =>
      api.call("PATCH", `${configMaps()}/marked`, marked(token), { contentType: mergePatch, ...options });
    assert.equal((await patch("50")).status, 200);
    assert.match((await patch("9")).body.message ?? "", /fencing-token is 50 and may not go down to 9/);
    assert.match((await patch(null)).body.message ?? "", /fencing-token is 50 and may not go down to none/);
    assert.equal((await patch("9", {})).status, 200, "others may");
    assert.equal((await patch("50")).status, 200, "up");
    const { token } = one;
    assert.equal((await api.call("DELETE", `${configMaps()}/marked`, undefined, { token })).status, 200);
    await remove("main");
    await nobodyIsFenced();
  });

  it("nobody is fenced elsewhere: other namespaces' accounts, other namespaces, the control plane", async () => {
    await makeAccount(api, tenant, collector);
    await make(api, leases(tenant), fencingLease("main", "operator", "configmaps"));
    await make(api, leases(tenant), fencingLease("harmful", collector, "configmaps"));
    await make(api, leases(tenant), fencingLease("node", "bystander", "configmaps, pods"));
    await eventually(() => isRefused(two), "the account itself");
    await eventually(() => isRefused(bystander), "the other account itself");
    assert.equal((await wrote(two, configMaps(other))).status, 201, "its writes elsewhere");
    assert.equal((await wrote(neighbour)).status, 201, "an account of the same name, of another namespace");
    const as = (user: string, namespace: string) =>
      api.call("POST", configMaps(namespace), generated, {
        headers: { "impersonate-user": user, "impersonate-group": "system:masters" },
      });
    for (const user of [
      `system:serviceaccount:kube-system:${collector}`,
      "system:serviceaccount:kube-system:namespace-controller",
      "system:node:bystander",
      "bystander",
      "admin",
    ]) {
      assert.equal((await as(user, tenant)).status, 201, user);
    }
    assert.equal((await as(`system:serviceaccount:kube-system:${collector}`, "kube-system")).status, 201);
    const inTenant = await as(`system:serviceaccount:${tenant}:${collector}`, tenant);
    assert.equal(inTenant.status, 403, "the tenant's own account of that name");
    await remove("main", "harmful", "node");
    await nobodyIsFenced();
  });

  it("a sidecar that puts back a deleted Lease puts back its fencing, whatever its account may by now", async () => {
    await make(api, leases(tenant), fencingLease("main", "operator", "configmaps, gadgets.example.com"));
    await eventually(() => isRefused(one), "while nobody holds it");
    const sidecar = await startSidecarProcess({
      podName: one.name,
      api: controlPlane(),
      token: one.token,
      namespace: tenant,
      environment: { LEASE_NAME: "main", OPERATOR_TIMEOUT_SECONDS: "0" },
      ports,
    });
    try {
      await eventually(async () => (await wrote(one)).status === 201, "the holder writes");
      const role = `/apis/rbac.authorization.k8s.io/v1/namespaces/${tenant}/roles/tenant-operator`;
      const { rules } = (await api.call("GET", role)).body as { rules?: readonly object[] };
      const fewer = { rules: rules?.filter((rule) => !JSON.stringify(rule).includes("gadgets")) };
      assert.equal((await api.call("PATCH", role, fewer, { contentType: mergePatch })).status, 200);
      const lease = fencingLease("x", "operator", "gadgets.example.com");
      await eventually(
        async () => (await api.call("POST", `${leases(tenant)}?dryRun=All`, lease)).status !== 201,
        "such a Lease would be refused, from others",
      );
      const { uid } = (await api.call("GET", `${leases(tenant)}/main`)).body.metadata ?? {};
      await remove("main");
      await eventually(async () => {
        const { metadata } = (await api.call("GET", `${leases(tenant)}/main`)).body;
        return metadata?.uid !== undefined && metadata.uid !== uid;
      }, "the Lease is back");
      await eventually(() => isRefused(two), "the other pod is refused again");
      assert.equal((await wrote(one)).status, 201);
    } finally {
      await sidecar.end();
    }
    await remove("main");
    await nobodyIsFenced();
  });

  it("sees who holds the Lease also when it was removed and made again", async () => {
    const objects = await renderFencing();
    await make(api, leases(tenant), fencingLease("main", "operator", "configmaps"));
    await hand("main", one, two);
    await removeObjects(controlPlane(), objects);
    // Long enough for an API server to end what no policy asks for any more; it looks once a second.
    await clock.sleep(3000);
    await nobodyIsFenced();
    await handTo(controlPlane(), tenant, "main", two);
    await applyObjects(controlPlane(), objects);
    await eventually(() => isRefused(one), "the former holder is refused");
    assert.equal((await wrote(two)).status, 201);
  });
});
