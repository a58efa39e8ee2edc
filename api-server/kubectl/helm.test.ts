// The real Helm (4, which applies on the server's side) against the embedded server: the life of a release.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { programPath } from "../../test/kit/kubectl-binary.ts";
import { startFixture, type Fixture } from "../server-fixture.ts";

const run = promisify(execFile);
const runLimitMs = 60_000;
const found = await programPath("helm");
const reason = "missing" in found ? found.missing : false;
if (reason !== false && process.env["CI"] === "true") throw new Error(reason);

const template = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  replicas: {{ .Values.replicas }}
  selector: { matchLabels: { app: demo } }
  template:
    metadata: { labels: { app: demo } }
    spec: { containers: [{ name: demo, image: "demo:1" }] }
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: { name: demo-leader, annotations: { helm.sh/resource-policy: keep } }
`;

/** Does what the controller of Deployments would, as soon as there is one: Helm waits for that. */
async function becomeReady(fixture: Fixture): Promise<void> {
  const replicas = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const conditions = [
    { type: "Available", status: "True" },
    { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
  ];
  const body = { status: { observedGeneration: 1, ...replicas, conditions } };
  const path = "/apis/apps/v1/namespaces/demo/deployments/demo/status";
  const type = "application/merge-patch+json";
  while ((await fixture.call("PATCH", path, { type, body })).status !== 200) await setTimeout(50);
}

test("a release is installed, upgraded, rolled back and removed", { skip: reason }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "helm-"));
  const fixture = await startFixture();
  try {
    const chart = join(folder, "chart");
    await mkdir(join(chart, "templates"), { recursive: true });
    await writeFile(join(chart, "Chart.yaml"), "apiVersion: v2\nname: demo\nversion: 0.1.0\n");
    await writeFile(join(chart, "values.yaml"), "replicas: 1\n");
    await writeFile(join(chart, "templates", "all.yaml"), template);
    await writeFile(join(folder, "kubeconfig"), fixture.server.kubeconfig());
    const env = { HOME: folder, KUBECONFIG: join(folder, "kubeconfig"), PATH: process.env["PATH"] };
    const helm = async (...args: string[]): Promise<string> => {
      const path = "path" in found ? found.path : "";
      return (await run(path, [...args, "-n", "demo"], { env, timeout: runLimitMs })).stdout;
    };
    const replicas = (): unknown =>
      fixture.server.store.get({
        apiVersion: "apps/v1",
        kind: "Deployment",
        namespace: "demo",
        name: "demo",
      })?.["spec"];
    const installed = helm("install", "demo", chart, "--create-namespace", "--wait", "--timeout=30s");
    await Promise.race([becomeReady(fixture), installed]);
    assert.match(await installed, /STATUS: deployed/);
    assert.match(await helm("upgrade", "demo", chart, "--set", "replicas=2"), /has been upgraded/);
    assert.equal((replicas() as { replicas: number }).replicas, 2);
    assert.match(await helm("rollback", "demo", "1"), /Rollback was a success/);
    assert.equal((replicas() as { replicas: number }).replicas, 1);
    assert.match(await helm("uninstall", "demo"), /uninstalled/);
    assert.equal(replicas(), undefined);
    const lease = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      namespace: "demo",
      name: "demo-leader",
    };
    assert.notEqual(fixture.server.store.get(lease), null, "what is to be kept is kept");
  } finally {
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  }
});
