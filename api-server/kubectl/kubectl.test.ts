// The real kubectl against the embedded server: every command of the operator guide that an API server answers, and
// the ways in which people apply, patch and delete things.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { stringify } from "yaml";
import { programPath } from "../../test/kit/kubectl-binary.ts";
import type { JsonObject } from "../objects/json.ts";
import { startFixture } from "../server-fixture.ts";
import type { Fixture } from "../server-fixture.ts";

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

// A kubectl that hangs is killed, and its test fails by what it has not printed.
const runLimitMs = 30_000;

const found = await programPath("kubectl");
const reason = "missing" in found ? found.missing : false;
if (reason !== false && process.env["CI"] === "true") throw new Error(reason);

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "bindy", labels: { app: "bindy" } },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: "bindy" } },
    template: {
      metadata: {
        labels: { app: "bindy" },
        annotations: { "kubectl.kubernetes.io/default-container": "operator" },
      },
      spec: {
        containers: [
          { name: "operator", image: "bindy:1", env: [{ name: "LEASE_NAME", value: "bindy-leader" }] },
          { name: "leader-sidecar", image: "sidecar:1", ports: [{ containerPort: 4040 }] },
        ],
      },
    },
  },
};

const lease = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name: "bindy-leader" },
  spec: { holderIdentity: "bindy-1", leaseDurationSeconds: 15, renewTime: "2026-01-01T00:00:00.000001Z" },
};

function pod(name: string): JsonObject {
  const { metadata, spec } = deployment.spec.template;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, name },
    spec: { ...spec, nodeName: "node" },
  };
}

const zones = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "zones.example.org" },
  spec: {
    group: "example.org",
    scope: "Namespaced",
    names: { kind: "Zone", plural: "zones", singular: "zone", shortNames: ["zo"], categories: ["all"] },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: "Zone", type: "string", jsonPath: ".spec.zoneName" }],
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: {
              spec: {
                type: "object",
                required: ["zoneName"],
                properties: { zoneName: { type: "string" }, ttl: { type: "integer" } },
              },
              status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
            },
          },
        },
      },
    ],
  },
};

describe("kubectl", { skip: reason }, () => {
  let fixture: Fixture;
  let folder = "";
  let environment: NodeJS.ProcessEnv = {};

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kubectl-"));
    fixture = await startFixture({
      usesRoles: true,
      hooks: {
        podLog: ({ container, follow, tailLines, previous, signal }) => {
          if (previous)
            return { error: `previous terminated container "${container}" in pod "bindy-1" not found` };
          return (async function* lines() {
            yield* [`${container} one`, `${container} two`].slice(tailLines === null ? 0 : -tailLines);
            if (follow && !signal.aborted) yield `${container} followed`;
          })();
        },
      },
    });
    const config = join(folder, "kubeconfig");
    await writeFile(config, fixture.server.kubeconfig());
    environment = { HOME: folder, KUBECONFIG: config, PATH: process.env["PATH"] };
    await kubectl(["create", "namespace", "dns-system"]);
    await kubectl(["apply", "-f", "-"], [deployment, lease, pod("bindy-1"), zones]);
  });

  after(async () => {
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  });

  function start(args: readonly string[]): ReturnType<typeof spawn> {
    const path = "path" in found ? found.path : "";
    return spawn(path, ["-n", "dns-system", ...args], { env: environment, timeout: runLimitMs });
  }

  async function run(args: readonly string[], input: readonly JsonObject[] = []): Promise<Run> {
    const child = start(args);
    const output = { stdout: "", stderr: "" };
    child.stdout?.on("data", (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
    child.stdin?.end(input.map((object) => stringify(object)).join("---\n"));
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.on("close", resolve);
    child.on("error", reject);
    return { code: await promise, ...output };
  }

  /** Runs a command that must succeed; its standard output, trimmed. */
  async function kubectl(args: readonly string[], input: readonly JsonObject[] = []): Promise<string> {
    const { code, stdout, stderr } = await run(args, input);
    assert.equal(code, 0, `kubectl ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  }

  /** Runs a command that must fail; its standard error. */
  async function refused(args: readonly string[], input: readonly JsonObject[] = []): Promise<string> {
    const { code, stderr, stdout } = await run(args, input);
    assert.notEqual(code, 0, `kubectl ${args.join(" ")}: ${stdout}`);
    return stderr;
  }

  it("gets in every form", async () => {
    const holder = ["get", "lease", "bindy-leader", "-o", "jsonpath={.spec.holderIdentity}"];
    assert.equal(await kubectl(holder), "bindy-1");
    assert.match(
      await kubectl(["get", "lease", "bindy-leader"]),
      /^NAME +HOLDER +AGE\nbindy-leader +bindy-1 +\d+s$/,
    );
    assert.match(
      await kubectl(["get", "lease", "bindy-leader", "-o", "yaml"]),
      /renewTime: "2026-01-01T00:00:00.000001Z"/,
    );
    assert.match(await kubectl(["get", "lease", "-o", "json"]), /"kind": "List"/);
    assert.match(
      await kubectl(["get", "pods", "-l", "app=bindy", "-o", "wide"]),
      /READY +STATUS +RESTARTS +AGE +IP +NODE/,
    );
    assert.equal(await kubectl(["get", "pods", "-l", "app in (bindy,x)", "-o", "name"]), "pod/bindy-1");
    assert.equal(await kubectl(["get", "pods", "-l", "app!=bindy"]), "");
    assert.equal(
      await kubectl(["get", "pods", "--field-selector", "spec.nodeName=node", "-o", "name"]),
      "pod/bindy-1",
    );
    assert.match(
      await kubectl(["get", "deployment"]),
      /NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nbindy +0\/3/,
    );
    assert.match(await kubectl(["get", "all", "-A"]), /deployment\.apps\/bindy/);
    assert.match(await kubectl(["get", "namespaces"]), /dns-system +Active/);
    assert.match(await kubectl(["get", "crd"]), /NAME +CREATED AT\nzones\.example\.org/);
    assert.match(await refused(["get", "lease", "none"]), /leases\.coordination\.k8s\.io "none" not found/);
    assert.match(await refused(["get", "nothing"]), /the server doesn't have a resource type "nothing"/);
    assert.match(await kubectl(["api-resources"]), /zones +zo +example\.org\/v1 +true +Zone/);
    assert.match(await kubectl(["version"]), /Server Version: v1\.36\.0/);
    assert.match(await kubectl(["explain", "zone.spec"]), /zoneName\s+<string> -required-/);
  });

  it("watches", async () => {
    const child = start(["get", "lease", "bindy-leader", "-w"]);
    try {
      let output = "";
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      let isChanged = false;
      child.stdout?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes("bindy-1") && !isChanged) {
          isChanged = true;
          const patch = JSON.stringify({ spec: { holderIdentity: "bindy-2" } });
          kubectl(["patch", "lease", "bindy-leader", "--type=merge", "-p", patch]).catch(reject);
        }
        if (output.includes("bindy-2")) resolve();
      });
      child.on("close", () => reject(new Error(`the watch ended after: ${output}`)));
      await promise;
    } finally {
      child.kill("SIGTERM");
    }
  });

  it("describes", async () => {
    assert.match(await kubectl(["describe", "lease", "bindy-leader"]), /Holder Identity:/);
    assert.match(await kubectl(["describe", "pod", "bindy-1"]), /Node: +node/);
    assert.match(await kubectl(["describe", "deployment", "bindy"]), /Replicas: +3 desired/);
    assert.match(await kubectl(["describe", "crd", "zones.example.org"]), /Established/);
  });

  it("applies: unchanged, changed, pruned fields, wrong fields", async () => {
    assert.match(await kubectl(["apply", "-f", "-"], [deployment]), /deployment\.apps\/bindy unchanged/);
    const template = deployment.spec.template;
    const [operator = {}, sidecar = {}] = template.spec.containers;
    const containers = [{ ...operator, image: "bindy:2", env: [{ name: "OTHER", value: "1" }] }, sidecar];
    const changed = {
      ...deployment,
      spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } },
    };
    assert.match(await kubectl(["apply", "-f", "-"], [changed]), /deployment\.apps\/bindy configured/);
    const read =
      "jsonpath={.spec.template.spec.containers[*].image} {.spec.template.spec.containers[0].env[*].name}";
    assert.equal(await kubectl(["get", "deployment", "bindy", "-o", read]), "bindy:2 sidecar:1 OTHER");
    const wrong = { ...lease, spec: { ...lease.spec, holder: "x" } };
    assert.match(await refused(["apply", "-f", "-"], [wrong]), /unknown field "spec\.holder"/);
    const several = { apiVersion: "v1", kind: "List", items: [deployment, lease] };
    assert.match(
      await kubectl(["apply", "--dry-run=server", "-f", "-"], [several]),
      /bindy-leader \w+ \(server dry run\)/,
    );
    const unknown = { apiVersion: "example.org/v1", kind: "None", metadata: { name: "nobody" } };
    assert.match(
      await refused(["apply", "-f", "-"], [unknown]),
      /no matches for kind "None" in version "example\.org\/v1"/,
    );
    const custom = {
      apiVersion: "example.org/v1",
      kind: "Zone",
      metadata: { name: "z" },
      spec: { zoneName: "a", ttl: 1 },
    };
    assert.match(await kubectl(["apply", "-f", "-"], [custom]), /zone\.example\.org\/z created/);
    const { ttl: _ttl, ...shorter } = custom.spec;
    assert.match(
      await kubectl(["apply", "-f", "-"], [{ ...custom, spec: shorter }]),
      /zone\.example\.org\/z configured/,
    );
    assert.equal(await kubectl(["get", "zo", "z", "-o", "jsonpath={.spec}"]), '{"zoneName":"a"}');
    const invalid = { ...custom, spec: { ttl: 1 } };
    assert.match(await refused(["apply", "-f", "-"], [invalid]), /spec\.zoneName: Required value/);
    assert.match(await refused(["create", "-f", "-"], [custom]), /zones\.example\.org "z" already exists/);
  });

  it("applies on the server's side", async () => {
    const map = (data: JsonObject): JsonObject => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "ssa" },
      data,
    });
    const apply = ["apply", "--server-side", "-f", "-"];
    assert.match(
      await kubectl([...apply, "--field-manager=a"], [map({ x: "1" })]),
      /configmap\/ssa serverside-applied/,
    );
    const conflict = await refused([...apply, "--field-manager=b"], [map({ x: "2" })]);
    assert.match(conflict, /conflict with "a".*: \.data\.x/s);
    await kubectl([...apply, "--field-manager=b", "--force-conflicts"], [map({ x: "2" })]);
    assert.equal(await kubectl(["get", "cm", "ssa", "-o", "jsonpath={.data.x}"]), "2");
    // From client-side to server-side apply: kubectl rewrites managedFields for it.
    await kubectl(["apply", "-f", "-"], [{ ...map({ x: "1", y: "1" }), metadata: { name: "moved" } }]);
    await kubectl(apply, [{ ...map({ x: "1" }), metadata: { name: "moved" } }]);
    assert.equal(await kubectl(["get", "cm", "moved", "-o", "jsonpath={.data}"]), '{"x":"1"}');
  });

  it("patches, labels, annotates, scales, sets, restarts", async () => {
    const strategic = JSON.stringify({
      spec: { template: { spec: { containers: [{ name: "operator", image: "bindy:3" }] } } },
    });
    await kubectl(["patch", "deployment", "bindy", "-p", strategic]);
    const json = JSON.stringify([
      { op: "replace", path: "/spec/template/spec/containers/1/image", value: "sidecar:2" },
    ]);
    await kubectl(["patch", "deployment", "bindy", "--type=json", "-p", json]);
    const images = "jsonpath={.spec.template.spec.containers[*].image}";
    assert.equal(await kubectl(["get", "deployment", "bindy", "-o", images]), "bindy:3 sidecar:2");
    await kubectl(["label", "pod", "bindy-1", "role=leader"]);
    assert.match(await refused(["label", "pod", "bindy-1", "role=other"]), /already has a value/);
    await kubectl(["annotate", "lease", "bindy-leader", "note=1"]);
    assert.equal(await kubectl(["get", "pods", "-l", "role=leader", "-o", "name"]), "pod/bindy-1");
    assert.match(await kubectl(["scale", "deployment", "bindy", "--replicas=5"]), /scaled/);
    assert.equal(await kubectl(["get", "deployment", "bindy", "-o", "jsonpath={.spec.replicas}"]), "5");
    await kubectl(["set", "env", "deployment/bindy", "LEASE_DURATION_SECONDS=30"]);
    assert.match(await kubectl(["set", "env", "deployment/bindy", "--list"]), /LEASE_DURATION_SECONDS=30/);
    assert.match(await kubectl(["rollout", "restart", "deployment/bindy"]), /restarted/);
    assert.match(await kubectl(["set", "image", "deployment/bindy", "operator=bindy:4"]), /image updated/);
  });

  it("reads logs", async () => {
    assert.equal(await kubectl(["logs", "bindy-1"]), "operator one\noperator two");
    assert.equal(
      await kubectl(["logs", "bindy-1", "-c", "leader-sidecar", "--tail=1"]),
      "leader-sidecar two",
    );
    assert.equal(
      await kubectl(["logs", "deployment/bindy", "-f"]),
      "operator one\noperator two\noperator followed",
    );
    const all = await kubectl(["logs", "deployment/bindy", "--all-containers=true"]);
    assert.match(all, /operator two/);
    assert.match(all, /leader-sidecar two/);
    assert.match(
      await refused(["logs", "bindy-1", "--previous"]),
      /previous terminated container "operator"/,
    );
    assert.match(
      await refused(["logs", "bindy-1", "-c", "none"]),
      /container none is not valid for pod bindy-1/,
    );
  });

  it("waits", async () => {
    const reference = { apiVersion: "v1", kind: "Pod", namespace: "dns-system", name: "waited" };
    fixture.server.store.create({
      ...pod("waited"),
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "waited", namespace: "dns-system" },
    });
    const ready = kubectl(["wait", "pod/waited", "--for=condition=Ready", "--timeout=20s"]);
    const running = kubectl([
      "wait",
      "pod/waited",
      "--for=jsonpath={.status.phase}=Running",
      "--timeout=20s",
    ]);
    const conditions = [{ type: "Ready", status: "True" }];
    fixture.server.store.patchStatus(reference, { phase: "Running", conditions });
    assert.match(await ready, /condition met/);
    assert.match(await running, /condition met/);
    const gone = kubectl(["wait", "pod/waited", "--for=delete", "--timeout=20s"]);
    fixture.server.store.remove(reference, { gracePeriodSeconds: 0 });
    await gone;
    assert.match(
      await refused(["wait", "lease/bindy-leader", "--for=condition=Ready", "--timeout=1s"]),
      /timed out/,
    );
  });

  it("follows a rollout", async () => {
    const reference = { apiVersion: "apps/v1", kind: "Deployment", namespace: "dns-system", name: "bindy" };
    const status = kubectl(["rollout", "status", "deployment/bindy", "--timeout=20s"]);
    const generation = fixture.server.store.get(reference)?.metadata.generation;
    const counts = { replicas: 5, updatedReplicas: 5, readyReplicas: 5, availableReplicas: 5 };
    fixture.server.store.patchStatus(reference, { observedGeneration: generation, ...counts });
    assert.match(await status, /successfully rolled out/);
  });

  it("deletes, and waits for what takes its time", async () => {
    await kubectl(["apply", "-f", "-"], [pod("slow"), pod("forced")]);
    const stop = fixture.server.store.watch(
      { apiVersion: "v1", kind: "Pod", namespace: "dns-system" },
      ({ object }) => {
        if (object.metadata.name !== "slow" || object.metadata.deletionTimestamp === undefined) return;
        stop();
        const reference = { apiVersion: "v1", kind: "Pod", namespace: "dns-system", name: "slow" };
        fixture.server.store.remove(reference, { gracePeriodSeconds: 0 });
      },
    );
    assert.match(await kubectl(["delete", "pod", "slow"]), /pod "slow" deleted/);
    const forced = ["delete", "pod", "forced", "--grace-period=0", "--force"];
    assert.match(await kubectl(forced), /pod "forced" force deleted/);
    assert.match(await kubectl(["delete", "lease", "bindy-leader"]), /"bindy-leader" deleted/);
    assert.match(await refused(["delete", "lease", "bindy-leader"]), /not found/);
    await kubectl(["create", "namespace", "brief"]);
    assert.match(await kubectl(["delete", "namespace", "brief"]), /namespace "brief" deleted/);
    assert.match(await kubectl(["delete", "zones", "--all"]), /zone\.example\.org "z" deleted/);
  });

  it("creates by its own commands, and asks what it may", async () => {
    await kubectl(["create", "configmap", "made", "--from-literal=a=b"]);
    assert.equal(await kubectl(["get", "cm", "made", "-o", "jsonpath={.data.a}"]), "b");
    await kubectl(["create", "secret", "generic", "hidden", "--from-literal=a=b"]);
    assert.equal(await kubectl(["get", "secret", "hidden", "-o", "jsonpath={.data.a}"]), "Yg==");
    await kubectl(["create", "serviceaccount", "bindy"]);
    await kubectl(["create", "role", "bindy", "--verb=get,create", "--resource=leases.coordination.k8s.io"]);
    await kubectl(["create", "rolebinding", "bindy", "--role=bindy", "--serviceaccount=dns-system:bindy"]);
    assert.match(
      await kubectl(["get", "role", "bindy", "-o", "jsonpath={.rules[0].verbs}"]),
      /\["get","create"\]/,
    );
    assert.equal(await kubectl(["auth", "can-i", "get", "leases"]), "yes");
    assert.match(await kubectl(["auth", "whoami"]), /kubernetes-admin/);
    const as = "--as=system:serviceaccount:dns-system:bindy";
    assert.equal(await kubectl(["auth", "can-i", "get", "leases", as]), "yes");
    assert.match((await run(["auth", "can-i", "delete", "leases", as])).stdout, /^no/);
    assert.match(
      await refused(["delete", "lease", "bindy-leader", as]),
      /User "system:serviceaccount:dns-system:bindy" cannot delete resource "leases" in API group "coordination.k8s.io"/,
    );
    const token = await kubectl(["create", "token", "bindy"]);
    assert.match(
      await kubectl(["--token", token, "auth", "whoami"]),
      /system:serviceaccount:dns-system:bindy/,
    );
  });
});
