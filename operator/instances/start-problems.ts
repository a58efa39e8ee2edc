// Why pods of an instance are not made, or do not start, as far as it is told: by its Deployment, by its pods, and by the ConfigMaps that
// somebody has promised it.
import type { KubernetesClient } from "../kubernetes/client.ts";
import { isRefusal } from "../kubernetes/kubernetes-error.ts";
import { configMapType, type Deployment } from "../resources/cluster-objects.ts";
import { isLeaving, isNamed, type KubernetesObject } from "../resources/kubernetes-object.ts";
import type { Pod } from "../resources/pod.ts";
import { broughtFiles } from "./pod-configuration.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

/** What its Deployment and its pods say; without names of pods, so that it stays the same while they come and go. */
export function startProblems(deployment: Deployment | null, pods: readonly Pod[]): string[] {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const { waits } = pod.status ?? {};
    if (waits !== undefined && !isLeaving(pod)) counts.set(waits, (counts.get(waits) ?? 0) + 1);
  }
  const ofPods = [...counts]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([waits, count]) => `${count === 1 ? "a pod does" : `${count} pods do`} not start: ${waits}`);
  return [...(deployment?.status?.conditions ?? []).flatMap(refusalsIn), ...ofPods];
}

type DeploymentCondition = NonNullable<NonNullable<Deployment["status"]>["conditions"]>[number];

function refusalsIn({ type, status, reason, message = "" }: DeploymentCondition): string[] {
  if (type === "ReplicaFailure" && status === "True") return [`a pod cannot be made: ${message}`];
  const isTooLate = type === "Progressing" && status === "False" && reason === "ProgressDeadlineExceeded";
  return isTooLate ? [`the pods of the last change do not become ready: ${message}`] : [];
}

/** A ConfigMap that pods wait for, with the keys that it must have, and where it is named. */
interface Awaited {
  readonly at: string;
  readonly name: string;
  readonly keys: readonly string[];
  /** What may be done where a key is missing. */
  readonly remedy: string;
}

/** Of the ConfigMaps that an instance names, those that there are not: pods wait for them, and say nothing of what they wait for. */
export async function missingFiles(
  client: KubernetesClient,
  instance: ResolvedInstance,
  signal: AbortSignal,
): Promise<string[]> {
  const missing: string[] = [];
  const found = new Map<string, ConfigMap | "missing" | "unknown">();
  for (const { at, name, keys, remedy } of [...awaitedByRefs(instance), ...awaitedByVolumes(instance)]) {
    const known =
      found.get(name) ?? (await configMapAt(client, instance.metadata.namespace ?? "", name, signal));
    found.set(name, known);
    if (known === "missing")
      missing.push(
        `${at}: there is no ConfigMap ${name} in this namespace, and the pods wait for it: make it`,
      );
    else if (known !== "unknown") {
      const { data = {}, binaryData = {} } = known;
      const lost = keys.filter((key) => !Object.hasOwn(data, key) && !Object.hasOwn(binaryData, key));
      missing.push(
        ...lost.map(
          (key) => `${at}: the ConfigMap ${name} has no key ${key}, and the pods wait for it: ${remedy}`,
        ),
      );
    }
  }
  return missing;
}

function awaitedByRefs({ spec: { configMapRefs = {} } }: ResolvedInstance): Awaited[] {
  return broughtFiles.flatMap(({ field, key }) => {
    const name = configMapRefs[field];
    return isNamed(name) ? [{ at: `configMapRefs.${field}`, name, keys: [key], remedy: "call it so" }] : [];
  });
}

interface ConfigMapSource {
  readonly name?: string;
  readonly optional?: boolean;
  readonly items?: readonly { readonly key: string }[];
}

/** Of volumes that are mounted: for another one the kubelet does not look. */
function awaitedByVolumes({ spec: { volumes = [], volumeMounts = [] } }: ResolvedInstance): Awaited[] {
  const mounted = new Set(volumeMounts.map(({ name }) => name));
  return volumes.flatMap((volume) => {
    const { name = "", optional = false, items = [] } = (volume["configMap"] ?? {}) as ConfigMapSource;
    if (name === "" || optional || !mounted.has(volume.name)) return [];
    const keys = items.map(({ key }) => key);
    return [{ at: `volumes: ${volume.name}`, name, keys, remedy: "add it, or take it out of items" }];
  });
}

/** "unknown" where the API server does not let it be read. */
async function configMapAt(
  client: KubernetesClient,
  namespace: string,
  name: string,
  signal: AbortSignal,
): Promise<ConfigMap | "missing" | "unknown"> {
  try {
    const found = await client.get<ConfigMap>(configMapType, namespace, name, signal);
    return found.kind === "missing" ? "missing" : found.object;
  } catch (error) {
    if (isRefusal(error)) return "unknown";
    throw error;
  }
}
