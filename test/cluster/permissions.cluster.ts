// Roles on a real kube-apiserver with RBAC on: the guide's Role as printed is enough, ours is better, and what is missing
// is said by its name and noticed when it is granted.
import assert from "node:assert/strict";
import { beforeEach, afterEach, test } from "node:test";
import { useControlPlane } from "./control-plane-fixture.ts";
import { ports } from "../kit/ports.ts";
import { startSidecarProcess, type SidecarProcess } from "../kit/sidecar-process.ts";

const controlPlane = useControlPlane("permissions");
const account = "bindy";
const guideVerbs = ["get", "create", "update", "patch"];
let namespace = "";
let count = 0;
const running: SidecarProcess[] = [];

async function made(path: string, body: unknown): Promise<void> {
  const answer = await controlPlane().call("POST", path, body);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
}

/** The guide's Role and its binding, in `at`, with these verbs. */
async function grant(at: string, verbs: readonly string[]): Promise<void> {
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${at}`;
  await made(`${rbac}/roles`, {
    metadata: { name: account },
    rules: [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs }],
  });
  await made(`${rbac}/rolebindings`, {
    metadata: { name: account },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: account },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  });
}

async function regrant(verbs: readonly string[]): Promise<void> {
  const path = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/roles/${account}`;
  const rules = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs }];
  const answer = await controlPlane().call("PATCH", path, { rules }, "application/merge-patch+json");
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

beforeEach(async () => {
  count += 1;
  namespace = `permissions-${count}`;
  await made("/api/v1/namespaces", { metadata: { name: namespace } });
  await made(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: account } });
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((sidecar) => sidecar.end()));
});

async function start(
  podName: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<SidecarProcess> {
  const spec = { serviceAccountName: account, containers: [{ name: "operator", image: "none" }] };
  const path = `/api/v1/namespaces/${namespace}/pods`;
  const answer = await controlPlane().call("POST", path, { metadata: { name: podName }, spec });
  const { uid } = (answer.body as { metadata: { uid: string } }).metadata;
  const token = await controlPlane().issueToken({ namespace, name: account, pod: { name: podName, uid } });
  const sidecar = await startSidecarProcess({
    podName,
    api: controlPlane(),
    token,
    namespace,
    environment: {
      LEASE_DURATION_SECONDS: "3",
      LEASE_RENEW_DEADLINE_SECONDS: "2",
      LEASE_RETRY_PERIOD_SECONDS: "0.5",
      OPERATOR_TIMEOUT_SECONDS: "0",
      ...environment,
    },
    ports,
  });
  running.push(sidecar);
  return sidecar;
}

const polling = /The verb watch on this lease is not granted: polling/;

test("with our Role it leads, watches, and the other follows at once after a gentle end", async () => {
  await grant(namespace, [...guideVerbs, "watch"]);
  const one = await start("one");
  await one.until("leading", ({ isLeader }) => isLeader);
  const other = await start("other");
  await other.until("following", ({ reason, name }) => reason === "Following" && name === "one");
  one.signal("SIGTERM");
  await other.until("leading", ({ isLeader }) => isLeader);
  await one.ended;
  assert.ok(
    one.messages().some((message) => message === "Lease acquired by other; Exiting"),
    one.messages().join("\n"),
  );
  assert.ok(!other.messages().some((message) => polling.test(message)));
});

test("the guide's Role as printed is enough: it polls, and says so once", async () => {
  await grant(namespace, guideVerbs);
  const one = await start("one");
  await one.until("leading", ({ isLeader }) => isLeader);
  const other = await start("other");
  await other.until("following", ({ reason }) => reason === "Following");
  one.signal("SIGKILL");
  await other.until("leading", ({ isLeader }) => isLeader);
  assert.equal(other.messages().filter((message) => polling.test(message)).length, 1);
});

for (const verb of ["get", "create", "update"]) {
  test(`without ${verb}: Forbidden, in the server's words, and healed without a restart`, async () => {
    await grant(
      namespace,
      guideVerbs.filter((other) => other !== verb),
    );
    if (verb === "update") {
      const annotations = { "bindy.firestoned.io/created-empty": "true" };
      const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
      await made(path, { metadata: { name: "bindy-leader", annotations } });
    }
    const one = await start("one");
    const answer = await one.until("forbidden", ({ reason }) => reason === "Forbidden");
    assert.equal(answer.isLeader, false);
    const message = await one.said("Forbidden", (text) => text.startsWith("Forbidden"));
    for (const part of [`system:serviceaccount:${namespace}:bindy`, verb, '"leases"', namespace]) {
      assert.ok(message.includes(part), `${part} is not in: ${message}`);
    }
    await regrant([...guideVerbs, "watch"]);
    await one.until("leading", ({ isLeader }) => isLeader);
  });
}

test("permission taken away in mid-term: it stops leading in time, and leads again when it is given back", async () => {
  await grant(namespace, [...guideVerbs, "watch"]);
  const one = await start("one");
  await one.until("leading", ({ isLeader }) => isLeader);
  await regrant(["get"]);
  await one.until("forbidden", ({ isLeader, reason }) => !isLeader && reason === "Forbidden");
  await regrant([...guideVerbs, "watch"]);
  await one.until("leading", ({ isLeader }) => isLeader);
});

test("a lease in another namespace, with the guide's Role and RoleBinding there", async () => {
  const elsewhere = `${namespace}-leases`;
  await made("/api/v1/namespaces", { metadata: { name: elsewhere } });
  await grant(elsewhere, guideVerbs);
  const one = await start("one", { LEASE_NAMESPACE: elsewhere });
  const answer = await one.until("leading", ({ isLeader }) => isLeader);
  assert.deepEqual(answer.lease, { namespace: elsewhere, name: "bindy-leader" });
});

test("a missing namespace is named, and healed when it is there", async () => {
  const later = `${namespace}-later`;
  await made("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
    metadata: { name: later },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  });
  const one = await start("one", { LEASE_NAMESPACE: later });
  await one.until("namespace missing", ({ reason }) => reason === "NamespaceMissing");
  await made("/api/v1/namespaces", { metadata: { name: later } });
  await one.until("leading", ({ isLeader }) => isLeader);
});

test("a token that is no longer taken: Unauthorized; a fresh one in the file is used without a restart", async () => {
  await grant(namespace, [...guideVerbs, "watch"]);
  const one = await start("one");
  await one.until("leading", ({ isLeader }) => isLeader);
  one.setToken("no-token");
  await one.until("unauthorized", ({ isLeader, reason }) => !isLeader && reason === "Unauthorized");
  one.setToken(await controlPlane().issueToken({ namespace, name: account }));
  await one.until("leading", ({ isLeader }) => isLeader);
});
