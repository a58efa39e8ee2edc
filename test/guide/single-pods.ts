// Single pods of a sidecar and a small program that asks it, to see what variables do: with the chart's pods each change would be a
// rollout.
import { parse, stringify } from "yaml";
import { namespace } from "../node/installation.ts";
import { images, sumOf, type Walk } from "./walk.ts";

// It asks as an operator does, or is there and does not.
const asking = `
  setInterval(() => fetch("http://127.0.0.1:4040/leader").catch(e => console.log(e.cause?.code)), 200);
  process.on("SIGTERM", () => process.exit());`;
const idle = `setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit());`;
const securityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 65_532,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

export interface SinglePod {
  readonly name: string;
  /** The sidecar's variables, and nothing else. */
  readonly env: Readonly<Record<string, string>>;
  readonly isAsking?: boolean;
}

export async function startPod(walk: Walk, { name, env, isAsking = true }: SinglePod): Promise<void> {
  const sidecar = {
    name: "leader-sidecar",
    image: images.sidecar,
    env: Object.entries(env).map(([variable, value]) => ({ name: variable, value })),
    securityContext,
  };
  const operator = {
    name: "operator",
    image: images.operator,
    command: ["node", "-e", isAsking ? asking : idle],
    securityContext,
  };
  const spec = {
    serviceAccountName: "bindy",
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 5,
    containers: [sidecar, operator],
  };
  const metadata = { name, namespace, labels: { guide: "single" } };
  await walk.apply(stringify({ apiVersion: "v1", kind: "Pod", metadata, spec }));
}

export async function removePods(walk: Walk): Promise<void> {
  await walk.sh(`kubectl delete pods -n ${namespace} -l guide=single --timeout=60s`);
}

/** What is seen of an election whose sidecar leads. */
export interface SeenElection {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly renewalGapsMs: readonly number[];
  /** The most that was left of the validity, a moment after a renewal. */
  readonly validForMs: number;
}

/** Looks at a pod's election for some renewals. */
export async function seeElection(
  walk: Walk,
  pod: string,
  lease: { readonly namespace: string; readonly name: string },
  forMs: number,
): Promise<SeenElection> {
  await walk.bindy.until(`${pod} leads`, async () =>
    sumOf(await walk.metrics(pod), "bindy_is_leader") === 1 ? true : null,
  );
  const times = new Set<string>();
  let validForMs = 0;
  let spec = { holderIdentity: "", leaseDurationSeconds: 0, renewTime: "" };
  const startedMs = walk.nowMs();
  while (walk.nowMs() - startedMs < forMs) {
    validForMs = Math.max(validForMs, 1000 * sumOf(await walk.metrics(pod), "bindy_lease_validity_seconds"));
    const path = `kubectl get lease -n ${lease.namespace} ${lease.name}`;
    spec = (await walk.json<{ spec: typeof spec }>(path)).spec;
    times.add(spec.renewTime);
  }
  const renewals = [...times].map((time) => Date.parse(time));
  return {
    holderIdentity: spec.holderIdentity,
    leaseDurationSeconds: spec.leaseDurationSeconds,
    validForMs,
    renewalGapsMs: renewals.slice(1).map((time, index) => time - (renewals[index] ?? Number.NaN)),
  };
}

/** A variable's value in the containers of a Deployment's pods, as it is written there. */
export function envOf(yaml: string, name: string): readonly string[] {
  const manifest = parse(yaml) as {
    spec: { template: { spec: Record<string, readonly { env?: readonly Record<string, unknown>[] }[]> } };
  };
  const { containers = [], initContainers = [] } = manifest.spec.template.spec;
  return [...initContainers, ...containers]
    .flatMap(({ env = [] }) => env)
    .filter((entry) => entry["name"] === name)
    .map(({ value, valueFrom }) => (typeof value === "string" ? value : JSON.stringify(valueFrom)));
}
