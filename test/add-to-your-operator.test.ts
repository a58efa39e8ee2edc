// The ways in which people add the sidecar to their own operator (docs/add-to-your-operator.md), by the real kubectl and helm, on
// workloads of somebody else's shape.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse, parseAllDocuments, stringify } from "yaml";
import { startFixture } from "../api-server/server-fixture.ts";
import { readConfig } from "../sidecar/config.ts";
import { programPath } from "./kit/kubectl-binary.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = readFileSync(join(root, "docs/add-to-your-operator.md"), "utf8");
const readme = readFileSync(join(root, "README.md"), "utf8");
const [kubectl, helm] = await Promise.all([programPath("kubectl"), programPath("helm")]);
const missing = [kubectl, helm].map((found) => ("missing" in found ? found.missing : "")).find(Boolean);
const skip = missing ?? false;
if (skip !== false && process.env["CI"] === "true") throw new Error(skip);
const run = promisify(execFile);
const limitMs = 60_000;
const folder = mkdtempSync(join(tmpdir(), "bindy-add-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly [field: string]: unknown;
}

interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly [field: string]: unknown;
}

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

function workload(kind: string, pod: PodSpec, more: Readonly<Record<string, unknown>> = {}): Workload {
  const labels = { app: "my-operator" };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "my-operator", namespace: "default" },
    spec: { selector: { matchLabels: labels }, ...more, template: { metadata: { labels }, spec: pod } },
  } as unknown as Workload;
}

const operator = { name: "manager", image: "my-operator:1", env: [{ name: "MINE", value: "1" }] };
const account = { serviceAccountName: "my-operator" };

/** Workloads as others have them. */
const shapes: Readonly<Record<string, Workload>> = {
  "a Deployment": workload("Deployment", { ...account, containers: [operator] }, { replicas: 2 }),
  "a StatefulSet with init containers and probes on 8081": workload(
    "StatefulSet",
    {
      ...account,
      initContainers: [{ name: "migrate", image: "migrate:1" }],
      containers: [
        {
          ...operator,
          ports: [{ name: "probes", containerPort: 8081 }],
          livenessProbe: { httpGet: { path: "/healthz", port: 8081 } },
        },
        { name: "proxy", image: "proxy:1" },
      ],
    },
    { serviceName: "my-operator" },
  ),
  "a DaemonSet on the host's network, restricted": workload("DaemonSet", {
    ...account,
    hostNetwork: true,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [{ ...operator, securityContext: { allowPrivilegeEscalation: false } }],
  }),
};

const pathOf = (found: Awaited<ReturnType<typeof programPath>>): string =>
  "path" in found ? found.path : "";
const environment = { HOME: folder, PATH: `${dirname(pathOf(kubectl))}:${process.env["PATH"]}` };

async function output(program: string, ...args: string[]): Promise<string> {
  return (await run(program, args, { cwd: root, env: environment, timeout: limitMs })).stdout;
}

let made = 0;

/** A folder of its own with that file in it. */
function folderWith(name: string, text: string): string {
  const path = join(folder, String((made += 1)));
  mkdirSync(join(path, dirname(name)), { recursive: true });
  writeFileSync(join(path, name), text);
  return path;
}

function workloadIn(text: string): Workload {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as Workload | null);
  const found = objects.filter((object) => object !== null && "template" in (object.spec ?? {}));
  assert.equal(found.length, 1, text);
  return found[0] as Workload;
}

async function patched(object: Workload, patch: string): Promise<Workload> {
  const path = folderWith("object.yaml", stringify(object));
  writeFileSync(join(path, "patch.yaml"), patch);
  const files = ["-f", join(path, "object.yaml"), "--patch-file", join(path, "patch.yaml")];
  return workloadIn(await output("kubectl", "patch", "--local", ...files, "-o", "yaml"));
}

/** The templates of somebody's own chart: their workload, with what the page says put in. */
function chartOf(object: Workload): string {
  const { initContainers = [], containers, ...pod } = object.spec.template.spec;
  const [first, ...others] = containers;
  const template = {
    ...object,
    spec: { ...object.spec, template: { ...object.spec.template, spec: { ...pod, AT: 1 } } },
  };
  const indented = (value: unknown): string => stringify(value).trimEnd().replaceAll(/^/gm, "        ");
  const { env, ...rest } = first as Container;
  const lines = [
    "      initContainers:",
    '        {{- include "leader-sidecar.container" . | nindent 8 }}',
    ...(initContainers.length === 0 ? [] : [indented(initContainers)]),
    "      containers:",
    indented([rest]),
    "          env:",
    '            {{- include "leader-sidecar.operatorEnv" . | nindent 12 }}',
    stringify(env).trimEnd().replaceAll(/^/gm, "            "),
    ...(others.length === 0 ? [] : [indented(others)]),
  ];
  return stringify(template).replace(/^ *AT: 1$/m, lines.join("\n"));
}

const ways: Readonly<Record<string, (object: Workload) => Promise<Workload>>> = {
  patch: async (object) =>
    await patched(object, readFileSync(join(root, "deploy/leader-sidecar/patch.yaml"), "utf8")),
  "twelve lines": async (object) => {
    const lines = /```yaml\n(spec:\n {2}serviceAccountName.*?)```/s.exec(readme)?.[1] ?? "";
    const { spec } = parse(lines) as { spec: PodSpec };
    return await patched(object, stringify({ spec: { template: { spec } } }));
  },
  component: async (object) => {
    const text = blockOf(/kind: Kustomization/);
    const path = folderWith("kustomization.yaml", text);
    cpSync(join(root, "deploy/leader-sidecar"), join(path, "deploy/leader-sidecar"), { recursive: true });
    writeFileSync(join(path, "operator.yaml"), stringify(object));
    return workloadIn(await output("kubectl", "kustomize", path));
  },
  "library chart": async (object) => {
    const path = folderWith("templates/operator.yaml", chartOf(object));
    const chart = {
      apiVersion: "v2",
      name: "mine",
      version: "1.0.0",
      ...(parse(blockOf(/^dependencies:/)) as object),
    };
    writeFileSync(join(path, "Chart.yaml"), stringify(chart));
    writeFileSync(join(path, "values.yaml"), blockOf(/^leader-sidecar:/));
    writeFileSync(join(path, "templates/election.yaml"), blockOf(/^\{\{ include "leader-sidecar.role"/));
    cpSync(join(root, "charts/leader-sidecar"), join(path, "charts/leader-sidecar"), {
      recursive: true,
      dereference: true,
    });
    await output(pathOf(helm), "lint", "--strict", path);
    return workloadIn(await output(pathOf(helm), "template", "my-operator", path));
  },
};

/** The page's YAML that begins so. */
function blockOf(pattern: RegExp): string {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);
  const [found, ...more] = blocks.filter((text) => pattern.test(text));
  assert.ok(found !== undefined && more.length === 0, `one block with ${pattern}`);
  return found;
}

const withoutEnv = (container: Container): Container => ({ ...container, env: [] });

for (const [way, add] of Object.entries(ways)) {
  describe(`by ${way}`, { skip }, () => {
    for (const [shape, object] of Object.entries(shapes)) {
      it(`${shape} gets the sidecar, and keeps what it has`, async () => {
        const before = object.spec.template.spec;
        const { initContainers = [], containers, ...pod } = (await add(object)).spec.template.spec;
        const sidecars = initContainers.filter(({ name }) => name === "leader-sidecar");
        assert.equal(sidecars.length, 1);
        const [sidecar] = sidecars;
        assert.equal(sidecar?.restartPolicy, "Always");
        const settings = Object.fromEntries(
          (sidecar.env ?? []).map(({ name, value = "from-the-pod" }) => [name, value]),
        );
        const config = readConfig([], { ...settings, LEASE_NAMESPACE: "default" });
        assert.equal(config.leaseName, "my-operator-leader");
        const own = initContainers.filter(({ name }) => name !== "leader-sidecar");
        assert.deepEqual(own, before.initContainers ?? []);
        assert.deepEqual(containers.map(withoutEnv), before.containers.map(withoutEnv));
        assert.ok(containers[0]?.env?.some(({ name }) => name === "MINE"));
        const kept = { ...before, ...pod, initContainers, containers };
        assert.deepEqual({ ...pod, initContainers, containers }, kept, "nothing of the pod is lost");
      });
    }
  });
}

it("the page's commands run as printed", { skip }, async () => {
  const fixture = await startFixture();
  try {
    const path = folderWith("kubeconfig", fixture.server.kubeconfig());
    const commands = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, text = ""]) =>
      text.trim().split("\n"),
    );
    assert.ok(commands.length >= 2);
    writeFileSync(join(path, "operator.yaml"), stringify(shapes["a Deployment"]));
    const env = { ...environment, KUBECONFIG: join(path, "kubeconfig") };
    const sh = (command: string): Promise<unknown> =>
      run("sh", ["-c", command], { cwd: root, env, timeout: limitMs });
    await sh(`kubectl apply -f ${join(path, "operator.yaml")}`);
    for (const command of commands) await sh(command);
    const { body } = await fixture.call("GET", "/apis/apps/v1/namespaces/default/deployments/my-operator");
    const { initContainers = [] } = (body as unknown as Workload).spec.template.spec;
    assert.deepEqual(
      initContainers.map(({ name }) => name),
      ["leader-sidecar"],
    );
    const lease = "/apis/coordination.k8s.io/v1/namespaces/default/leases/my-operator-leader";
    assert.equal((await fixture.call("GET", lease)).status, 200);
  } finally {
    await fixture.close();
  }
});
