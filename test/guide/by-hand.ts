// The guide's manifests in the cluster without our chart, as a reader has them: the guide's own YAML, our sidecar in it by the patch of
// docs/add-to-your-operator.md, and what the guide presumes and does not print (the kinds, the account, its bindings).
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { namespace, root } from "../node/installation.ts";
import * as examples from "./examples.ts";
import { lacking } from "./finding.ts";
import { images, type Walk } from "./walk.ts";

const presumed = [
  "deploy/crds",
  "deploy/rbac/service-account.yaml",
  "deploy/rbac/role-binding.yaml",
  "deploy/rbac/cluster-role.yaml",
  "deploy/rbac/cluster-role-binding.yaml",
  // So that the first leader need not wait for one lease duration (docs/add-to-your-operator.md).
  "deploy/lease.yaml",
];
const presumedFlags = presumed.map((path) => `-f ${path}`).join(" ");

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly env?: readonly { readonly name: string }[];
}

interface PodSpec {
  readonly containers: readonly Container[];
}

interface Manifest {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
}

/** The patch of docs/add-to-your-operator.md, for the guide's Lease. */
function sidecarPatch(): string {
  return readFileSync(join(root, "deploy/leader-sidecar/patch.yaml"), "utf8").replaceAll(
    "my-operator-leader",
    "bindy-leader",
  );
}

/** What the guide presumes. Its Deployment names no security context, which a restricted namespace would not admit. */
export async function beginManifests(walk: Walk): Promise<void> {
  await enforce(walk, "baseline");
  await walk.sh(`kubectl apply ${presumedFlags}`);
}

async function enforce(walk: Walk, standard: "baseline" | "restricted"): Promise<void> {
  await walk.sh(
    `kubectl label namespace ${namespace} --overwrite pod-security.kubernetes.io/enforce=${standard}`,
  );
}

/** Applies a Deployment of the guide, its operator's image being ours, with our sidecar in it. */
export async function applyDeployment(walk: Walk, printed: string): Promise<string> {
  const script = `
cat > "$FOLDER/patch.yaml" <<'EOF'
${sidecarPatch()}
EOF
cat > "$FOLDER/deployment.yaml" <<'EOF'
${withOurImage(printed)}
EOF
kubectl patch --local -f "$FOLDER/deployment.yaml" --patch-file "$FOLDER/patch.yaml" -o yaml | kubectl apply -f -`;
  return await walk.sh(`FOLDER=$(mktemp -d)\n${script}\nrm -r "$FOLDER"`);
}

/**
 * A fragment of the guide as a patch of a Deployment: `replicas` where it belongs, the rest in the pod. The variables of the operator's
 * container go to the sidecar's as well, which is the one that elects.
 */
export function patchOf(printed: string): object {
  const { spec } = parse(printed) as { spec: { replicas: number } & Partial<PodSpec> };
  const { replicas, ...pod } = spec;
  const env = pod.containers?.flatMap((container) => container.env ?? []) ?? [];
  const sidecar = env.length === 0 ? {} : { initContainers: [{ name: "leader-sidecar", env }] };
  return { spec: { replicas, template: { spec: { ...pod, ...sidecar } } } };
}

/** Puts such a fragment into the Deployment. */
export async function applyFragment(walk: Walk, printed: string): Promise<void> {
  const patch = JSON.stringify(patchOf(printed));
  await walk.sh(`kubectl patch deployment -n ${namespace} bindy --type strategic --patch '${patch}'`);
}

/** The guide's Deployment with our image in the place of its own. */
export function withOurImage(printed: string): string {
  return printed.replace(/^( +image: ).*$/m, `$1${images.operator}`);
}

/** The pod template that a Deployment has. */
export async function podSpec(walk: Walk): Promise<Manifest["spec"]["template"]["spec"]> {
  return (await walk.json<Manifest>(`kubectl get deployment -n ${namespace} bindy`)).spec.template.spec;
}

/** Takes all of it away again, so that the chart finds nothing of it. */
export async function endManifests(walk: Walk): Promise<void> {
  await walk.sh(
    `kubectl delete deployment -n ${namespace} bindy --ignore-not-found --cascade=foreground --timeout=90s`,
    120_000,
  );
  for (const printed of [examples.role, examples.leaseNamespaceRole]) {
    await walk.sh(`kubectl delete --ignore-not-found --timeout=60s -f - <<'EOF'\n${printed}\nEOF`);
  }
  await walk.sh(`kubectl delete --ignore-not-found --timeout=90s ${presumedFlags}`, 120_000);
  await walk.sh("kubectl delete lease -n kube-system bindy-leader --ignore-not-found");
  await enforce(walk, "restricted");
}

/** The affinity, the resources and the variables of an example, as the Deployment has them. */
export async function lackingInPods(walk: Walk, pod: object): Promise<readonly string[]> {
  return lacking(pod, await podSpec(walk), (path) => !path.endsWith(".image"));
}

/** Of an example for three replicas: that one leads, and that nothing of it is lacking in the pods. */
export function threeAsPrinted(
  { leader, standbys }: Pick<Awaited<ReturnType<Walk["rolledOut"]>>, "leader" | "standbys">,
  lacks: readonly string[],
): { readonly cameOut: string; readonly checks: Readonly<Record<string, boolean>> } {
  const said = [`${leader.metadata.name} leads, ${standbys.length} stand by`, ...lacks];
  return {
    cameOut: said.join("; "),
    checks: { "one of three leads": standbys.length === 2, "the pods are as printed": lacks.length === 0 },
  };
}
