// The charts under both Helms that people have, over values and versions of Kubernetes: what they render is alike, and a real
// kube-apiserver takes every object of it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { kubeconfigOf } from "../../api-server/access/certificates.ts";
import { renderChart, type RenderedObject } from "../kit/chart.ts";
import { helm3Path, programPath } from "../kit/kubectl-binary.ts";
import { useControlPlane } from "./control-plane-fixture.ts";

const controlPlane = useControlPlane("chart-matrix");
const run = promisify(execFile);
const limitMs = 120_000;
const chartOf = (name: string): string => fileURLToPath(new URL(`../../charts/${name}`, import.meta.url));
const namespace = "dns-system";
const digest = `sha256:${"a".repeat(64)}`;

/** Kinds of the Prometheus operator, which the server does not have. */
const foreign = new Set(["PodMonitor", "ServiceMonitor", "PrometheusRule"]);

const values: Readonly<Record<string, readonly string[]>> = {
  "as it comes": [],
  "all that can be on": [
    "fencing.enabled=true",
    "networkPolicy.enabled=true",
    "podMonitor.enabled=true",
    "prometheusRule.enabled=true",
    "dashboard.enabled=true",
  ],
  "all that can be off": [
    "sidecar.podLabels.enabled=false",
    "tenantRoles.enabled=false",
    "podDisruptionBudget.enabled=false",
    "crds.enabled=false",
  ],
  "a classic sidecar, one namespace": [
    "sidecar.mode=classic",
    "watchNamespace=dns-system",
    "fencing.enabled=true",
  ],
  "a lease elsewhere": ["leaderElection.leaseNamespace=kube-system"],
  "no election": ["leaderElection.enabled=false", "replicas=1"],
  "names, account and network of others": [
    "fullnameOverride=other",
    "nameOverride=part",
    "serviceAccount.create=false",
    "serviceAccount.name=given",
    "hostNetwork=true",
    "commonLabels.team=net",
  ],
  "images by digest": [`operator.image.digest=${digest}`, `sidecar.image.digest=${digest}`, "replicas=null"],
};

describe("the charts under helm 3 and helm 4", () => {
  let folder = "";
  let helms: readonly string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "bindy-matrix-"));
    const helm4 = await programPath("helm");
    assert.ok("path" in helm4, "missing" in helm4 ? helm4.missing : "");
    helms = [await helm3Path(), helm4.path];
    const { url, certificateAuthority, adminToken, call } = controlPlane();
    await writeFile(join(folder, "kubeconfig"), kubeconfigOf(url, certificateAuthority, adminToken));
    assert.equal((await call("POST", "/api/v1/namespaces", { metadata: { name: namespace } })).status, 201);
  });
  after(() => rm(folder, { recursive: true }));

  const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env["PATH"], HOME: folder });

  /** Has the server say what it would do with the objects. */
  async function dryRun(objects: readonly RenderedObject[]): Promise<void> {
    const kubectl = await programPath("kubectl");
    assert.ok("path" in kubectl);
    const items = objects.filter(({ kind }) => !foreign.has(kind));
    const path = join(folder, "objects.json");
    await writeFile(path, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    const flags = ["--kubeconfig", join(folder, "kubeconfig"), "apply", "--dry-run=server", "-f", path];
    const { stdout } = await run(kubectl.path, flags, { timeout: limitMs, env: environment() });
    assert.equal(stdout.trim().split("\n").length, items.length, stdout);
  }

  for (const [what, settings] of Object.entries(values)) {
    it(`bindy, ${what}`, async () => {
      const flags = settings.flatMap((setting) => ["--set", setting]);
      for (const helm of helms) {
        await run(helm, ["lint", "--strict", chartOf("bindy"), ...flags], {
          timeout: limitMs,
          env: environment(),
        });
      }
      for (const version of ["1.30.0", "1.33.0", "1.36.0"]) {
        const [by3, by4] = await Promise.all(
          helms.map((helm) => renderChart("bindy", { namespace, version, helm, settings })),
        );
        assert.ok(by3 && by4 && by3.length > 0);
        const sorted = (objects: readonly RenderedObject[]): string[] =>
          objects.map((object) => JSON.stringify(object)).toSorted();
        assert.deepEqual(sorted(by3), sorted(by4), version);
        if (version === "1.36.0") await dryRun(by4);
      }
    });
  }

  it("the injector, and where it cannot be", async () => {
    for (const helm of helms) {
      await run(helm, ["lint", "--strict", chartOf("leader-sidecar-injector")], {
        timeout: limitMs,
        env: environment(),
      });
      const settings = ["fencing.enabled=true"];
      await dryRun(
        await renderChart("leader-sidecar-injector", { namespace, version: "1.36.0", helm, settings }),
      );
      await assert.rejects(
        renderChart("leader-sidecar-injector", { namespace, version: "1.35.0", helm }),
        /requires kubeVersion/,
      );
      await assert.rejects(
        renderChart("bindy", { namespace, version: "1.29.0", helm }),
        /requires kubeVersion/,
      );
    }
  });

  it("both charts with fencing in one cluster: what stays is the first one's, and of both kinds", async () => {
    const releases = { injector: "leader-sidecar-injector", bindy: "bindy" };
    const path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic";
    for (const helm of helms) {
      const by = (...flags: readonly string[]) =>
        run(helm, [...flags, "-n", namespace, "--kubeconfig", join(folder, "kubeconfig")], {
          timeout: limitMs,
          env: environment(),
        });
      const release = (name: keyof typeof releases) =>
        by("upgrade", "--install", name, chartOf(releases[name]), "--set", "fencing.enabled=true");
      const owners = async (): Promise<unknown[]> => {
        const found = ["ies", "ybindings"].map((end) =>
          controlPlane().call("GET", `${path}${end}/bindy.firestoned.io-lease-watch`),
        );
        return (await Promise.all(found)).map(
          ({ body }) => (body as RenderedObject).metadata.annotations?.["meta.helm.sh/release-name"],
        );
      };
      // The second round finds what the first has left, and its owner comes back as the second.
      for (const order of [
        ["injector", "bindy", "injector"],
        ["bindy", "injector", "bindy"],
      ] as const) {
        for (const name of order) {
          await release(name);
          assert.deepEqual(await owners(), ["injector", "injector"], `${order.join()}: ${name}`);
        }
        for (const name of new Set(order)) await by("uninstall", name);
        assert.deepEqual(await owners(), ["injector", "injector"]);
      }
    }
  });
});
