// The chart, by the real Helm: what it renders, what it refuses, and the life of a release on the embedded server. A real
// node runs its pods (test/node/).
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse } from "yaml";
import { customResourceDefinitions } from "../operator/resources/definitions.ts";
import { readOperatorConfig } from "../operator/config.ts";
import { readConfig } from "../sidecar/config.ts";
import { programPath } from "./kit/kubectl-binary.ts";
import {
  bindyChart as chart,
  helmPath,
  noHelm,
  one,
  renderBindy,
  renderChart,
  withHelm,
  type Rendered,
} from "./kit/chart.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);
const runLimitMs = 60_000;
const skip = noHelm;
const render = (...settings: readonly string[]): Promise<readonly Rendered[]> => renderBindy(settings);

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports: readonly { readonly name: string }[];
  readonly restartPolicy?: string;
  readonly args?: readonly string[];
  readonly volumeMounts?: readonly unknown[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly securityContext: Readonly<Record<string, unknown>>;
}

interface DeploymentSpec {
  readonly replicas?: number;
  readonly strategy?: { readonly type: string; readonly rollingUpdate?: unknown };
  readonly selector: unknown;
  readonly template: {
    readonly metadata: {
      readonly annotations: Record<string, string>;
      readonly labels: Record<string, string>;
    };
    readonly spec: {
      readonly initContainers: readonly Container[];
      readonly containers: readonly Container[];
    };
  };
}

function containersOf(objects: readonly Rendered[]): readonly [sidecar: Container, operator: Container] {
  const { template } = one(objects, "Deployment", "bindy").spec as DeploymentSpec;
  const [sidecar] = template.spec.initContainers;
  const [operator] = template.spec.containers;
  assert.ok(sidecar && operator);
  return [sidecar, operator];
}

const environmentOf = ({ env }: Container): Record<string, string> =>
  Object.fromEntries(env.map(({ name, value = "from-the-pod" }) => [name, value]));

test("helm lint finds nothing", { skip }, async () => {
  const { stdout } = await run(helmPath, ["lint", "--strict", chart], { timeout: runLimitMs });
  assert.match(stdout, /0 chart\(s\) failed/);
});

test("the chart's kinds are those that the operator describes", () => {
  const check = spawnSync(process.execPath, [join(root, "scripts/crds.ts"), "--check"], { encoding: "utf8" });
  assert.equal(check.status, 0, check.stderr);
});

test("deploy/ is what the chart renders", { skip }, () => {
  const check = spawnSync(process.execPath, [join(root, "scripts/manifests.ts"), "--check"], {
    encoding: "utf8",
  });
  assert.equal(check.status, 0, check.stderr);
});

test(
  "deploy/ is applied as a whole, and its Role over that of a release, as the guide does",
  { skip },
  async () => {
    const kubectl = await programPath("kubectl");
    assert.ok("path" in kubectl);
    await withHelm(async (_helm, fixture, env) => {
      const options = { cwd: root, env, timeout: runLimitMs };
      const { stdout: whole } = await run(kubectl.path, ["kustomize", "deploy"], options);
      // The embedded server has no admission policies; a real one takes all of it (test/adding/).
      const known = whole.split("---\n").filter((document) => !/^kind: ValidatingAdmission/m.test(document));
      const folder = await mkdtemp(join(tmpdir(), "bindy-deploy-"));
      await writeFile(join(folder, "known.yaml"), known.join("---\n"));
      const { stdout } = await run(kubectl.path, ["apply", "-f", folder], options);
      await rm(folder, { recursive: true });
      assert.match(stdout, /deployment.apps\/bindy created/);
      const { status } = await fixture.call("GET", "/apis/apps/v1/namespaces/dns-system/deployments/bindy");
      assert.equal(status, 200);
    });
    await withHelm(async (helm, fixture, env) => {
      await helm("install", "bindy", chart, "--create-namespace");
      const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/dns-system/roles/bindy";
      await fixture.call("PATCH", path, { body: { rules: [] }, type: "application/merge-patch+json" });
      const flags = ["apply", "-f", "deploy/rbac/role.yaml"];
      await run(kubectl.path, flags, { cwd: root, env, timeout: runLimitMs });
      const { body } = await fixture.call("GET", path);
      assert.equal((body["rules"] as unknown[]).length, 3);
      assert.match(await helm("upgrade", "bindy", chart, "--force-conflicts"), /has been upgraded/);
    });
  },
);

test("a sidecar beside the operator is an ordinary container", { skip }, async () => {
  const { template } = one(await render("sidecar.mode=classic"), "Deployment", "bindy")
    .spec as DeploymentSpec;
  assert.equal(template.spec.initContainers, undefined);
  const names = template.spec.containers.map(({ name, restartPolicy }) => [name, restartPolicy]);
  assert.deepEqual(names, [
    ["operator", undefined],
    ["leader-sidecar", undefined],
  ]);
});

test("the library's version is the one that its templates name", () => {
  const library = join(root, "charts/leader-sidecar");
  const { version, appVersion } = parse(readFileSync(join(library, "Chart.yaml"), "utf8")) as Record<
    string,
    string
  >;
  const templates = readFileSync(join(library, "templates/_leader-sidecar.tpl"), "utf8");
  assert.ok(templates.includes(`default "${appVersion}"`));
  assert.equal(version, appVersion);
});

test("everything has the guide's names", { skip }, async () => {
  const objects = await render();
  one(objects, "ServiceAccount", "bindy");
  const lease = one(objects, "Lease", "bindy-leader");
  assert.equal(lease.spec, undefined, "nobody holds it");
  assert.equal(lease.metadata.annotations?.["bindy.firestoned.io/created-empty"], "true");
  assert.equal(lease.metadata.annotations?.["helm.sh/resource-policy"], "keep");
  const spec = one(objects, "Deployment", "bindy").spec as DeploymentSpec;
  assert.equal(spec.replicas, 3);
  assert.deepEqual(spec.selector, { matchLabels: { app: "bindy" } });
  assert.equal(spec.template.metadata.annotations["kubectl.kubernetes.io/default-container"], "operator");
  const [sidecar, operator] = containersOf(objects);
  assert.deepEqual(
    [sidecar.name, sidecar.restartPolicy, operator.name],
    ["leader-sidecar", "Always", "operator"],
  );
  for (const { name, securityContext } of [sidecar, operator]) {
    assert.equal(securityContext["readOnlyRootFilesystem"], true, name);
    assert.equal(securityContext["allowPrivilegeEscalation"], false, name);
  }
  const kept = objects.filter(({ kind }) => kind === "CustomResourceDefinition");
  assert.ok(kept.length > 0);
  for (const { metadata } of kept) assert.equal(metadata.annotations?.["helm.sh/resource-policy"], "keep");
});

test("the variables are ones that the programs take, and the guide's are on both", { skip }, async () => {
  const [sidecar, operator] = containersOf(await render());
  readConfig([], environmentOf(sidecar));
  const read = readOperatorConfig(environmentOf(operator), []);
  assert.equal(read.kind, "values");
  const guide = [
    "ENABLE_LEADER_ELECTION",
    "LEASE_NAME",
    "LEASE_NAMESPACE",
    "LEASE_DURATION_SECONDS",
    "LEASE_RENEW_DEADLINE_SECONDS",
    "LEASE_RETRY_PERIOD_SECONDS",
    "POD_NAME",
  ];
  for (const container of [sidecar, operator]) {
    const names = container.env.map(({ name }) => name);
    assert.deepEqual(names.slice(0, guide.length), guide, container.name);
    assert.equal(new Set(names).size, names.length, "each once");
    assert.ok(!names.includes("LOG_LEVEL"), "RUST_LOG would not count beside it");
  }
});

test("the sidecar may change and watch its own lease alone", { skip }, async () => {
  const role = one(await render(), "Role", "bindy");
  assert.deepEqual(role.rules, [
    { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get", "create"] },
    {
      apiGroups: ["coordination.k8s.io"],
      resources: ["leases"],
      resourceNames: ["bindy-leader"],
      verbs: ["update", "patch", "watch"],
    },
    { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
  ]);
});

test(
  "pods are labelled by default, with what their account needs for it, and only then",
  { skip },
  async () => {
    const setting = (objects: readonly Rendered[]): string | undefined =>
      containersOf(objects)[0].env.find(({ name }) => name === "POD_LABELS")?.value;
    const names = (objects: readonly Rendered[]): string[] =>
      objects.filter(({ metadata }) => metadata.name.endsWith("-pod-labels")).map(({ kind }) => kind);
    const byDefault = await render();
    assert.equal(setting(byDefault), "true");
    assert.deepEqual(names(byDefault).toSorted(), [
      "Role",
      "RoleBinding",
      "ValidatingAdmissionPolicy",
      "ValidatingAdmissionPolicyBinding",
    ]);
    for (const off of [
      ["sidecar.podLabels.enabled=false"],
      ["leaderElection.enabled=false", "replicas=1"],
      ["watchNamespace=dns-system"],
    ]) {
      const objects = await render(...off);
      assert.equal(setting(objects), "false", off.join());
      assert.deepEqual(names(objects), [], off.join());
    }
  },
);

test("fencing covers what the operator's Role lets it change, and wants an election", { skip }, async () => {
  interface Rules {
    readonly resourceRules: readonly { readonly apiGroups: unknown; readonly resources: unknown }[];
    readonly namespaceSelector?: unknown;
  }
  const matchedBy = (objects: readonly Rendered[], name: string): Rules =>
    (one(objects, "ValidatingAdmissionPolicy", name).spec as { matchConstraints: Rules }).matchConstraints;
  const objects = await render("fencing.enabled=true");
  const { rules = [] } = one(objects, "ClusterRole", "bindy-operator");
  const changed = rules.filter(({ verbs }) => verbs.some((verb) => !["get", "list", "watch"].includes(verb)));
  assert.ok(changed.length > 0 && changed.length < rules.length);
  for (const name of ["dns-system.bindy-fencing", "dns-system.bindy-fencing-token"]) {
    const { resourceRules, namespaceSelector } = matchedBy(objects, name);
    assert.deepEqual(
      resourceRules.map(({ apiGroups, resources }) => ({ apiGroups, resources })),
      changed.map(({ apiGroups, resources }) => ({ apiGroups, resources })),
    );
    assert.equal(namespaceSelector, undefined);
    const narrow = matchedBy(await render("fencing.enabled=true", "watchNamespace=tenant"), name);
    assert.deepEqual(narrow.namespaceSelector, { matchLabels: { "kubernetes.io/metadata.name": "tenant" } });
  }
  assert.ok((await render()).every(({ metadata }) => !metadata.name.includes("fencing")));
  const without = render("fencing.enabled=true", "leaderElection.enabled=false", "replicas=1");
  await assert.rejects(without, /nobody would hold the Lease/);
  const shared = render("fencing.enabled=true", "serviceAccount.create=false");
  await assert.rejects(shared, /the account "default", which every pod of the namespace has/);
});

test(
  "tenants' roles are taken up by the cluster's, and name every kind that tenants write",
  { skip },
  async () => {
    const objects = await render();
    const written = customResourceDefinitions.map(({ metadata }) => metadata.name.split(".")[0]);
    const role = (name: string): { to: string[]; resources: readonly string[]; verbs: readonly string[] } => {
      const { metadata, rules } = one(objects, "ClusterRole", `bindy-${name}`);
      const prefix = "rbac.authorization.k8s.io/aggregate-to-";
      const labels = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(prefix));
      const { resources = [], verbs = [] } = rules?.[0] ?? {};
      return { to: labels.map((label) => label.slice(prefix.length)).toSorted(), resources, verbs };
    };
    const [editor, admin, viewer] = [role("zone-editor"), role("instance-admin"), role("zone-viewer")];
    assert.deepEqual([editor.to, admin.to, viewer.to], [["admin", "edit"], ["admin"], ["view"]]);
    const ofCluster = ["zonefiles", "clusterbind9providers"];
    const changed = new Set([...editor.resources, ...admin.resources, ...ofCluster]);
    assert.deepEqual(changed, new Set(written));
    assert.deepEqual(
      admin.resources,
      ["bind9instances", "bind9clusters"],
      "what runs pods takes an administrator",
    );
    assert.deepEqual(viewer.verbs, ["get", "list", "watch"]);
    for (const off of ["tenantRoles.enabled=false", "watchNamespace=dns-system"]) {
      assert.ok(
        (await render(off)).every(
          ({ metadata }) => !/-(zone-editor|zone-viewer|instance-admin)$/.test(metadata.name),
        ),
        off,
      );
    }
  },
);

test("a release and a namespace may be called by a number", { skip }, async () => {
  const settings = ["fencing.enabled=true", "podMonitor.enabled=true", "prometheusRule.enabled=true"];
  for (const each of ["bindy", "leader-sidecar-injector"] as const) {
    const release = {
      name: "123",
      namespace: "456",
      settings: each === "bindy" ? settings : ["fencing.enabled=true"],
    };
    const text = JSON.stringify(await renderChart(each, release));
    assert.ok(text.includes("456"));
    assert.deepEqual(text.match(/"[A-Za-z]*(name|Name|namespace|app)":\d+/g), null);
  }
});

test("a lease in another namespace gets its Role and RoleBinding there", { skip }, async () => {
  const objects = await render("leaderElection.leaseNamespace=kube-system");
  for (const kind of ["Role", "RoleBinding"]) {
    assert.equal(one(objects, kind, "bindy-lease").metadata.namespace, "kube-system");
  }
  assert.equal(one(objects, "Lease", "bindy-leader").metadata.namespace, "kube-system");
  assert.equal(environmentOf(containersOf(objects)[0])["LEASE_NAMESPACE"], "kube-system");
});

test("an operator of one namespace has a Role there and no ClusterRole", { skip }, async () => {
  const objects = await render("watchNamespace=dns");
  assert.equal(one(objects, "Role", "bindy-operator").metadata.namespace, "dns");
  assert.ok(!objects.some(({ kind }) => kind.startsWith("ClusterRole")));
  assert.equal(environmentOf(containersOf(objects)[1])["WATCH_NAMESPACE"], "dns");
});

test("without election there is one replica, and a rollout never has two", { skip }, async () => {
  const spec = one(await render("leaderElection.enabled=false", "replicas=1"), "Deployment", "bindy")
    .spec as DeploymentSpec;
  assert.equal(spec.strategy?.type, "Recreate");
});

for (const [settings, message] of [
  [["leaderElection.enabled=false"], /Either enable leader election .*, or scale to a single replica/],
  [["leaderElection.leaseDuration=15"], /leaseDuration/],
  [["replicas=-1"], /replicas/],
  [["sidecar.leaderPort=70000"], /leaderPort/],
  [["sidecar.mode=beside"], /mode/],
  [["networkPolicy.enabled=true", "hostNetwork=true"], /Leave one of them out/],
  [["podMonitor=null"], /podMonitor/],
  [["fullnameOverride=1x"], /fullnameOverride/],
] as const) {
  test(`${settings.join(" ")} is refused, and named`, { skip }, async () => {
    await assert.rejects(render(...settings), ({ stderr }: { stderr: string }) => message.test(stderr));
  });
}

test("replicas=null leaves the number alone, and a chart above it may set globals", { skip }, async () => {
  const objects = await render("replicas=null", "global.anything=1");
  assert.equal((one(objects, "Deployment", "bindy").spec as DeploymentSpec).replicas, undefined);
});

const digest = `sha256:${"0".repeat(64)}`;
const customary = [
  "fullnameOverride=dns",
  "nameOverride=names",
  "commonLabels.team=net",
  "commonLabels.app=other",
  "podLabels.tier=control",
  "podLabels.team=net",
  "deploymentAnnotations.note=x",
  "serviceAccount.create=false",
  "serviceAccount.name=given",
  `operator.image.digest=${digest}`,
  `sidecar.image.digest=${digest}`,
  "operator.extraArgs={--log-level,debug}",
  "operator.volumeMounts[0].name=tmp",
  "operator.volumeMounts[0].mountPath=/tmp",
  "volumes[0].name=tmp",
  "hostNetwork=true",
  "affinity.nodeAffinity.x=y",
  "topologySpreadConstraints[0].maxSkew=2",
  "containerSecurityContext.runAsUser=7",
  "extraObjects[0].kind=ConfigMap",
  "extraObjects[0].metadata.name=more-{{ .Release.Name }}",
];

test("the values that other charts have do here what they do there", { skip }, async () => {
  const objects = await render(...customary);
  assert.ok(!objects.some(({ kind }) => kind === "ServiceAccount"));
  one(objects, "ConfigMap", "more-bindy");
  one(objects, "ClusterRole", "dns-operator");
  const made = objects.filter(({ kind }) => !["ConfigMap", "CustomResourceDefinition"].includes(kind));
  for (const { kind, metadata } of made) assert.equal(metadata.labels?.["team"], "net", kind);
  for (const name of ["dns-operator", "dns"]) {
    const binding = objects.find(({ kind, metadata }) => kind.endsWith("Binding") && metadata.name === name);
    assert.deepEqual(binding?.subjects, [{ kind: "ServiceAccount", name: "given", namespace: "dns-system" }]);
  }
  const deployment = one(objects, "Deployment", "dns");
  assert.equal(deployment.metadata.annotations?.["note"], "x");
  const { template, selector, strategy } = deployment.spec as DeploymentSpec;
  assert.deepEqual(selector, { matchLabels: { app: "dns" } });
  assert.deepEqual(strategy, { type: "RollingUpdate", rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
  assert.deepEqual(template.metadata.labels, {
    app: "dns",
    "app.kubernetes.io/name": "names",
    "app.kubernetes.io/instance": "bindy",
    team: "net",
    tier: "control",
  });
  const { initContainers, containers, ...pod } = template.spec;
  assert.deepEqual(
    [...initContainers, ...containers].map(({ image, securityContext }) => [
      image,
      securityContext["runAsUser"],
    ]),
    [
      [`localhost/bindy/leader-sidecar@${digest}`, 7],
      [`localhost/bindy/operator@${digest}`, 7],
    ],
  );
  assert.deepEqual(containers[0]?.args, ["--log-level", "debug"]);
  assert.deepEqual(containers[0]?.volumeMounts, [{ name: "tmp", mountPath: "/tmp" }]);
  assert.deepEqual(pod, {
    serviceAccountName: "given",
    terminationGracePeriodSeconds: 30,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      seccompProfile: { type: "RuntimeDefault" },
    },
    hostNetwork: true,
    dnsPolicy: "ClusterFirstWithHostNet",
    affinity: { nodeAffinity: { x: "y" } },
    topologySpreadConstraints: [{ maxSkew: 2 }],
    volumes: [{ name: "tmp" }],
  });
});

test("a budget for drains where there is more than one replica", { skip }, async () => {
  const spec = { maxUnavailable: 1, selector: { matchLabels: { app: "bindy" } } };
  for (const setting of ["replicas=2", "replicas=null"]) {
    assert.deepEqual(one(await render(setting), "PodDisruptionBudget", "bindy").spec, spec);
  }
  for (const setting of ["replicas=1", "podDisruptionBudget.enabled=false"]) {
    assert.ok(!(await render(setting)).some(({ kind }) => kind === "PodDisruptionBudget"), setting);
  }
});

test(
  "health and metrics for the kubelet and Prometheus alone, and nothing else for anybody",
  { skip },
  async () => {
    assert.ok(!(await render()).some(({ kind }) => ["NetworkPolicy", "PodMonitor"].includes(kind)));
    const closed = one(await render("networkPolicy.enabled=true"), "NetworkPolicy", "bindy").spec;
    const common = { podSelector: { matchLabels: { app: "bindy" } }, policyTypes: ["Ingress"] };
    assert.deepEqual(closed, { ...common, ingress: [] });
    const objects = await render(
      "networkPolicy.enabled=true",
      "networkPolicy.from[0].namespaceSelector.matchLabels.name=monitoring",
      "podMonitor.enabled=true",
      "podMonitor.labels.release=prometheus",
    );
    const [operator, sidecar] = [8080, 4041].map((port) => ({ protocol: "TCP", port }));
    assert.deepEqual(one(objects, "NetworkPolicy", "bindy").spec, {
      ...common,
      ingress: [
        {
          from: [{ namespaceSelector: { matchLabels: { name: "monitoring" } } }],
          ports: [operator, sidecar],
        },
      ],
    });
    const monitor = one(objects, "PodMonitor", "bindy");
    assert.equal(monitor.metadata.labels?.["release"], "prometheus");
    const named = containersOf(objects).flatMap(({ ports }) => ports.map(({ name }) => name));
    const { podMetricsEndpoints: ends } = monitor.spec as {
      podMetricsEndpoints: readonly { port: string }[];
    };
    assert.deepEqual(
      ends.map(({ port }) => port).toSorted(),
      named.toSorted(),
      "ports that the containers have",
    );
  },
);

const leaseReference = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  namespace: "dns-system",
  name: "bindy-leader",
};

test("a held lease outlives upgrades, a removal and the next installation", { skip }, async () => {
  await withHelm(async (helm, fixture) => {
    const { store } = fixture.server;
    assert.match(await helm("install", "bindy", chart, "--create-namespace"), /STATUS: deployed/);
    const made = store.get(leaseReference);
    assert.ok(made);
    assert.equal(made["spec"], undefined);
    const path = "/apis/coordination.k8s.io/v1/namespaces/dns-system/leases/bindy-leader";
    const type = "application/merge-patch+json";
    const spec = { holderIdentity: "bindy-1", leaseTransitions: 1 };
    assert.equal((await fixture.call("PATCH", path, { body: { spec }, type })).status, 200);
    assert.match(await helm("upgrade", "bindy", chart, "--set", "replicas=2"), /has been upgraded/);
    assert.match(await helm("uninstall", "bindy"), /uninstalled/);
    assert.equal(
      store.get({ ...leaseReference, apiVersion: "apps/v1", kind: "Deployment", name: "bindy" }),
      null,
    );
    assert.match(await helm("install", "bindy", chart), /STATUS: deployed/);
    const after = store.get(leaseReference);
    assert.deepEqual(after?.["spec"], spec);
    assert.equal(after?.metadata.uid, made.metadata.uid);
  });
});

test(
  "an upgrade that would put two elections side by side is refused, and says the way",
  { skip },
  async () => {
    await withHelm(async (helm, fixture) => {
      await helm("install", "bindy", chart, "--create-namespace");
      const path = "/apis/apps/v1/namespaces/dns-system/deployments/bindy";
      const type = "application/merge-patch+json";
      const setReplicas = async (replicas: number): Promise<void> => {
        const { status } = await fixture.call("PATCH", `${path}/status`, {
          body: { status: { replicas } },
          type,
        });
        assert.equal(status, 200);
      };
      await setReplicas(3);
      const upgrade = async (...settings: string[]): Promise<string> =>
        await helm("upgrade", "bindy", chart, ...settings.flatMap((setting) => ["--set", setting]));
      const another = "leaderElection.leaseName=another";
      const isRefused = ({ stderr }: { stderr: string }): boolean =>
        /running with LEASE_NAME=bindy-leader, and this upgrade sets another.*replicas=0/.test(stderr);
      await assert.rejects(upgrade(another), isRefused);
      await upgrade("leaderElection.leaseDurationSeconds=30");
      await assert.rejects(upgrade(another, "fullnameOverride=dns"), isRefused, "by another name, too");
      await assert.rejects(
        upgrade("fullnameOverride=dns", "leaderElection.enabled=false", "replicas=1"),
        ({ stderr }: { stderr: string }) =>
          /Deployment bindy are running.* calls it dns, without/.test(stderr),
      );
      await upgrade("replicas=0");
      await setReplicas(0);
      await upgrade(another);
      await setReplicas(3);
      await upgrade(another, "leaderElection.enabled=false", "replicas=1");
      await setReplicas(1);
      await assert.rejects(upgrade(another), ({ stderr }: { stderr: string }) =>
        /running with ENABLE_LEADER_ELECTION=false/.test(stderr),
      );
    });
  },
);
