// `npm run manifests`: writes deploy/, for people without Helm, as the chart renders it: one file an object, by what it is for; and
// deploy/monitoring/, for the sidecar beside somebody else's operator. With --check nothing is written, and the exit code is 1 if something would be.
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { documentsOf } from "../test/kit/documents.ts";
import { programPath } from "../test/kit/kubectl-binary.ts";
import { bringUpToDate } from "./written-files.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "deploy");
const namespace = "dns-system";
const head = "# Written by `npm run manifests` from charts/bindy.\n";
/** Of a release that is called as docs/add-to-your-operator.md calls somebody's operator. */
const monitoringFolder = "monitoring";
const monitoringFlags = [
  "nameOverride=my-operator",
  "leaderElection.leaseName=my-operator-leader",
  "podMonitor.enabled=true",
  "prometheusRule.enabled=true",
].flatMap((value) => ["--set", value]);
/** Written by hand, but for the form of the patch that kustomize wants. */
const sidecarFolder = "leader-sidecar";
const isCheck = process.argv.includes("--check");

interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
}

/** Where an object lies: the guide's `deploy/rbac/role.yaml` is the election's Role. */
function pathOf({ kind, metadata: { name } }: Rendered): string {
  if (kind === "CustomResourceDefinition") return `crds/${name.split(".")[0]}.yaml`;
  const room = name.endsWith("-pod-labels") ? "pod-labels/" : /Role|Account/.test(kind) ? "rbac/" : "";
  const tenants = /-(zone-viewer|zone-editor|instance-admin)$/.exec(name)?.[0] ?? "";
  return `${room}${kind.replaceAll(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase()}${tenants}.yaml`;
}

/** Without what is Helm's own: it would take the object for one of its release. */
function plain(object: Rendered): Rendered {
  const { metadata } = object;
  for (const part of ["labels", "annotations"] as const) {
    const kept = Object.entries(metadata[part] ?? {}).filter(
      ([name]) => !name.startsWith("helm.sh/") && name !== "app.kubernetes.io/managed-by",
    );
    if (kept.length === 0) delete metadata[part];
    else metadata[part] = Object.fromEntries(kept);
  }
  return object;
}

function objectsOf(helm: string, release: string, ...flags: readonly string[]): Rendered[] {
  const text = execFileSync(helm, ["template", release, join(root, "charts/bindy"), ...flags], {
    encoding: "utf8",
  });
  return (
    (documentsOf(text) as readonly Rendered[])
      // `helm test` is Helm's.
      .filter(({ metadata }) => metadata.annotations?.["helm.sh/hook"] === undefined)
      .map(plain)
  );
}

function render(helm: string): Map<string, string> {
  const files = new Map<string, string>();
  const write = (path: string, object: unknown): void => {
    if (files.has(path)) throw new Error(`two objects would be deploy/${path}`);
    files.set(path, head + stringify(object, { lineWidth: 0, aliasDuplicateObjects: false }));
  };
  write("namespace.yaml", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  for (const object of objectsOf(helm, "bindy", "--namespace", namespace)) write(pathOf(object), object);
  const resources = [...files.keys()].toSorted();
  write("kustomization.yaml", {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources,
  });
  for (const object of objectsOf(helm, "my-operator", "--namespace", "default", ...monitoringFlags)) {
    const isMonitoring = object.apiVersion.startsWith("monitoring.coreos.com/");
    if (isMonitoring) write(`${monitoringFolder}/${pathOf(object)}`, object);
  }
  const patch = parse(readFileSync(join(folder, sidecarFolder, "patch.yaml"), "utf8")) as object;
  const named = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "any" }, ...patch };
  files.set(
    `${sidecarFolder}/kustomize-patch.yaml`,
    `# Written by \`npm run manifests\` from patch.yaml: kustomize wants a kind and a name, and keeps its target's.\n${stringify(named, { lineWidth: 0 })}`,
  );
  return files;
}

const found = await programPath("helm");
if ("missing" in found) {
  process.stderr.write(`${found.missing}\n`);
  process.exit(1);
}
const wanted = render(found.path);
const ours = globSync("**/*.yaml", { cwd: folder }).filter((path) => dirname(path) !== sidecarFolder);
const stale = bringUpToDate(folder, wanted, ours, isCheck);
if (isCheck && stale.length > 0) {
  process.stderr.write(
    `deploy/ is not what the chart renders: ${stale.join(", ")}. Run \`npm run manifests\`.\n`,
  );
  process.exitCode = 1;
} else if (!isCheck) {
  process.stdout.write(`${wanted.size} files, ${stale.length} changed\n`);
}
