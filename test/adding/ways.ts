// The ways in which people add the sidecar to their own operator (docs/add-to-your-operator.md), by the real kubectl and helm, on
// workloads of somebody else's shape.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { documentsOf } from "../kit/documents.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
/** docs/add-to-your-operator.md. */
export const page = read("docs/add-to-your-operator.md");

export interface Container {
  readonly name: string;
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly [field: string]: unknown;
}

export interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly [field: string]: unknown;
}

/** A Deployment, StatefulSet or DaemonSet. */
export interface Workload {
  readonly kind: string;
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

/** A workload with the sidecar, and everything else that the way brings. */
export interface Added {
  readonly workload: Workload;
  readonly others: readonly object[];
}

export interface Tools {
  /** Runs a program in the project's root; what it prints. */
  output(program: "kubectl" | "helm", ...args: readonly string[]): Promise<string>;
  /** For files; removed by the caller. */
  readonly folder: string;
  /** Where the operator lives. */
  readonly namespace: string;
}

/** Adds the sidecar to a workload called my-operator. */
export type Way = (object: Workload, tools: Tools) => Promise<Added>;

export const ways: Readonly<Record<string, Way>> = {
  patch: async (object, tools) => ({
    workload: await patched(object, read("deploy/leader-sidecar/patch.yaml"), tools),
    others: documentsOf(read("deploy/leader-sidecar/election.yaml")),
  }),
  "twelve lines": async (object, tools) => {
    const lines = /```yaml\n(spec:\n {2}serviceAccountName.*?)```/s.exec(read("README.md"))?.[1] ?? "";
    // The README's image has no registry and no version yet.
    const named = lines.replace("image: bindy/leader-sidecar", "image: localhost/bindy/leader-sidecar:0.1.0");
    const { spec } = parse(named) as { spec: PodSpec };
    return {
      workload: await patched(object, stringify({ spec: { template: { spec } } }), tools),
      others: documentsOf(read("deploy/leader-sidecar/election.yaml")),
    };
  },
  component: async (object, tools) => {
    const path = folderWith("kustomization.yaml", blockOf(/kind: Kustomization/), tools);
    cpSync(join(root, "deploy/leader-sidecar"), join(path, "deploy/leader-sidecar"), { recursive: true });
    writeFileSync(join(path, "operator.yaml"), stringify(object));
    return sorted(documentsOf(await tools.output("kubectl", "kustomize", path)));
  },
  "library chart": async (object, tools) => {
    const path = folderWith("templates/operator.yaml", templateOf(object), tools);
    const dependencies = parse(blockOf(/^dependencies:/)) as object;
    const chart = { apiVersion: "v2", name: "mine", version: "1.0.0", ...dependencies };
    writeFileSync(join(path, "Chart.yaml"), stringify(chart));
    writeFileSync(join(path, "values.yaml"), blockOf(/^leader-sidecar:/));
    writeFileSync(join(path, "templates/election.yaml"), blockOf(/^\{\{ include "leader-sidecar.role"/));
    cpSync(join(root, "charts/leader-sidecar"), join(path, "charts/leader-sidecar"), {
      recursive: true,
      dereference: true,
    });
    await tools.output("helm", "lint", "--strict", path);
    return sorted(
      documentsOf(await tools.output("helm", "template", "my-operator", path, "-n", tools.namespace)),
    );
  },
};

/** As the page says it of the label: the API server gives the sidecar to the pods. */
export const byLabel: Way = async (object, tools) => {
  const patch = /^kubectl patch deployment my-operator --patch '(\{.*\})'$/m.exec(page)?.[1] ?? "";
  return {
    workload: await patched(object, patch, tools),
    others: documentsOf(read("deploy/leader-sidecar/election.yaml")),
  };
};

/** Workloads as others have them, around containers of theirs; nothing in them knows of a sidecar. */
export function shapesOf(
  operator: Container,
  migration: Container,
  companion: Container,
): Readonly<Record<string, Workload>> {
  const account = { serviceAccountName: "my-operator" };
  const restricted = { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } };
  return {
    "a Deployment": workload("Deployment", { ...account, containers: [operator] }, { replicas: 2 }),
    "a StatefulSet with an init container, restricted": workload(
      "StatefulSet",
      { ...account, securityContext: restricted, initContainers: [migration], containers: [operator] },
      { serviceName: "my-operator", replicas: 2, podManagementPolicy: "Parallel" },
    ),
    "a DaemonSet on the host's network with two containers": workload("DaemonSet", {
      ...account,
      hostNetwork: true,
      containers: [operator, companion],
    }),
  };
}

function workload(kind: string, pod: PodSpec, more: Readonly<Record<string, unknown>> = {}): Workload {
  const labels = { app: "my-operator" };
  const template = { metadata: { labels }, spec: pod };
  const spec = { selector: { matchLabels: labels }, ...more, template };
  return { apiVersion: "apps/v1", kind, metadata: { name: "my-operator" }, spec } as Workload;
}

async function patched(object: Workload, patch: string, tools: Tools): Promise<Workload> {
  const path = folderWith("object.yaml", stringify(object), tools);
  writeFileSync(join(path, "patch.yaml"), patch);
  const files = ["-f", join(path, "object.yaml"), "--patch-file", join(path, "patch.yaml")];
  return parse(await tools.output("kubectl", "patch", "--local", ...files, "-o", "yaml")) as Workload;
}

/** The template of somebody's own chart: their workload, with what the page says put in. */
function templateOf(object: Workload): string {
  const { initContainers = [], containers, ...pod } = object.spec.template.spec;
  const [{ env, ...first }, ...others] = containers as readonly [Container, ...Container[]];
  const marked = { ...object.spec.template, spec: { ...pod, AT: 1 } };
  const lines = [
    "      initContainers:",
    '        {{- include "leader-sidecar.container" . | nindent 8 }}',
    ...indented(8, initContainers),
    "      containers:",
    ...indented(8, [first]),
    "          env:",
    '            {{- include "leader-sidecar.operatorEnv" . | nindent 12 }}',
    ...indented(12, env ?? []),
    ...indented(8, others),
  ];
  const text = stringify({ ...object, spec: { ...object.spec, template: marked } });
  return text.replace(/^ *AT: 1$/m, lines.join("\n"));
}

function indented(columns: number, list: readonly unknown[]): readonly string[] {
  return list.length === 0 ? [] : [stringify(list).trimEnd().replaceAll(/^/gm, " ".repeat(columns))];
}

let made = 0;

/** A folder of its own with that file in it. */
function folderWith(name: string, text: string, { folder }: Tools): string {
  const path = join(folder, String((made += 1)));
  mkdirSync(join(path, dirname(name)), { recursive: true });
  writeFileSync(join(path, name), text);
  return path;
}

function sorted(objects: readonly object[]): Added {
  const isWorkload = (object: object): boolean => /Deployment|Set$/.test((object as Workload).kind);
  const [found, ...more] = objects.filter(isWorkload);
  assert.ok(found !== undefined && more.length === 0, "one workload comes out");
  return { workload: found as Workload, others: objects.filter((object) => !isWorkload(object)) };
}

/** The page's YAML that begins so. */
function blockOf(pattern: RegExp): string {
  const blocks = [...page.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = ""]) => text);
  const [found, ...more] = blocks.filter((text) => pattern.test(text));
  assert.ok(found !== undefined && more.length === 0, `one block with ${pattern}`);
  return found;
}
