// Each way to add the sidecar to somebody else's operator gives the same pod, and takes nothing from it. That it elects is shown on
// a real node (adding.e2e.ts).
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { startFixture } from "../../api-server/server-fixture.ts";
import { readConfig } from "../../sidecar/config.ts";
import { documentsOf } from "../kit/documents.ts";
import { programPath } from "../kit/kubectl-binary.ts";
import { monitoringKinds } from "../monitoring/monitoring-kinds.ts";
import { page, shapesOf, ways, type Container, type Tools, type Workload } from "./ways.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const programs = { kubectl: await programPath("kubectl"), helm: await programPath("helm") };
const missing = Object.values(programs).map((found) => ("missing" in found ? found.missing : ""));
const skip = missing.find(Boolean) ?? false;
if (skip !== false && process.env["CI"] === "true") throw new Error(skip);
const run = promisify(execFile);
const limitMs = 60_000;

interface Document {
  readonly kind: string;
  readonly spec: unknown;
}
const folder = mkdtempSync(join(tmpdir(), "bindy-adding-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const tools: Tools = {
  folder,
  namespace: "default",
  async output(program, ...args) {
    const found = programs[program];
    assert.ok("path" in found);
    const env = { HOME: folder, PATH: process.env["PATH"] };
    return (await run(found.path, args, { cwd: root, env, timeout: limitMs })).stdout;
  },
};

const shapes = shapesOf(
  {
    name: "manager",
    image: "my-operator:1",
    env: [{ name: "MINE", value: "1" }],
    ports: [{ name: "probes", containerPort: 8081 }],
    livenessProbe: { httpGet: { path: "/healthz", port: 8081 } },
  },
  { name: "migrate", image: "migrate:1" },
  { name: "companion", image: "companion:1" },
);
const withoutEnv = (container: Container): Container => ({ ...container, env: [] });

for (const [way, add] of Object.entries(ways)) {
  describe(`by ${way}`, { skip }, () => {
    for (const [shape, object] of Object.entries(shapes)) {
      it(`${shape} gets the sidecar, its Role and its Lease, and keeps what it has`, async () => {
        const before = object.spec.template.spec;
        const { workload, others } = await add(object, tools);
        const { initContainers = [], containers, ...pod } = workload.spec.template.spec;
        const sidecars = initContainers.filter(({ name }) => name === "leader-sidecar");
        assert.equal(sidecars.length, 1);
        assert.equal(sidecars[0]?.restartPolicy, "Always");
        const env = sidecars[0].env ?? [];
        const settings = Object.fromEntries(env.map(({ name, value = "from-the-pod" }) => [name, value]));
        const config = readConfig([], { ...settings, LEASE_NAMESPACE: "default" });
        assert.equal(config.leaseName, "my-operator-leader");
        const own = initContainers.filter(({ name }) => name !== "leader-sidecar");
        assert.deepEqual(own, before.initContainers ?? []);
        assert.deepEqual(containers.map(withoutEnv), before.containers.map(withoutEnv));
        assert.ok(containers[0]?.env?.some(({ name }) => name === "MINE"));
        const kept = { ...before, ...pod, initContainers, containers };
        assert.deepEqual({ ...pod, initContainers, containers }, kept, "nothing of the pod is lost");
        const kinds = others.map((other) => (other as Workload).kind);
        assert.deepEqual(kinds.toSorted(), ["Lease", "Role", "RoleBinding"]);
      });
    }
  });
}

it("the page's helm command writes the rules of deploy/monitoring", { skip }, async () => {
  assert.ok("path" in programs.helm);
  const command = /`(helm template [^`]+)`/.exec(page)?.[1] ?? "";
  const env = { HOME: folder, PATH: `${dirname(programs.helm.path)}:${process.env["PATH"]}` };
  const { stdout } = await run("sh", ["-c", command], { cwd: root, env, timeout: limitMs });
  for (const name of ["pod-monitor", "prometheus-rule"]) {
    const wanted = parse(readFileSync(join(root, `deploy/monitoring/${name}.yaml`), "utf8")) as Document;
    const written = documentsOf(stdout) as readonly Document[];
    assert.deepEqual(written.find(({ kind }) => kind === wanted.kind)?.spec, wanted.spec, name);
  }
});

it("the page's commands run as printed", { skip }, async () => {
  assert.ok("path" in programs.kubectl);
  const fixture = await startFixture();
  try {
    const kubeconfig = join(folder, "kubeconfig");
    writeFileSync(kubeconfig, fixture.server.kubeconfig());
    for (const body of monitoringKinds) {
      const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
      assert.equal((await fixture.call("POST", path, { body })).status, 201);
    }
    writeFileSync(join(folder, "operator.yaml"), stringify(shapes["a Deployment"]));
    const PATH = `${dirname(programs.kubectl.path)}:${process.env["PATH"]}`;
    const env = { HOME: folder, PATH, KUBECONFIG: kubeconfig };
    // What the page says about the label wants admission policies: a real node has them (adding.e2e.ts).
    const text = page.replace(/^## One label$.*?^(?=## )/ms, "");
    const blocks = [...text.matchAll(/^```sh\n(.*?)^```/gms)].map(([, lines = ""]) => lines.trim());
    const commands = blocks.flatMap((block) => block.split("\n"));
    assert.ok(commands.length >= 2);
    for (const command of [`kubectl apply -f ${join(folder, "operator.yaml")}`, ...commands]) {
      await run("sh", ["-c", command], { cwd: root, env, timeout: limitMs });
    }
    const { body } = await fixture.call("GET", "/apis/apps/v1/namespaces/default/deployments/my-operator");
    const { initContainers = [] } = (body as unknown as Workload).spec.template.spec;
    assert.deepEqual(
      initContainers.map(({ name }) => name),
      ["leader-sidecar"],
    );
    const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/my-operator-leader";
    assert.equal((await fixture.call("GET", lease)).status, 200);
    for (const plural of ["podmonitors", "prometheusrules"]) {
      const path = `/apis/monitoring.coreos.com/v1/namespaces/default/${plural}/my-operator`;
      assert.equal((await fixture.call("GET", path)).status, 200, plural);
    }
  } finally {
    await fixture.close();
  }
});
