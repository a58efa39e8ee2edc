// The scale subresource: an object's replicas as an autoscaling/v1 Scale, and a changed Scale back into the object.
import { isObject, numberAt, objectAt, textAt, valueAt } from "./json.ts";
import type { JsonObject, KubernetesObject } from "./json.ts";
import type { ScalePaths } from "../kinds/kinds.ts";

/** The Scale of an object. */
export function scaleOf(paths: ScalePaths, object: KubernetesObject): KubernetesObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorText(valueAt(object, ...paths.selector));
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: { replicas: numberAt(object, ...paths.specReplicas) },
    status: {
      replicas: numberAt(object, ...paths.statusReplicas),
      ...(selector === "" || paths.selector.length === 0 ? {} : { selector }),
    },
  };
}

function selectorText(selector: unknown): string {
  if (typeof selector === "string") return selector;
  return Object.entries(objectAt(selector, "matchLabels"))
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(",");
}

/** Puts the replicas (and the preconditions) of a Scale into a copy of its object, in place. */
export function scaled(paths: ScalePaths, object: KubernetesObject, scale: unknown): KubernetesObject {
  const [last = "", ...parents] = paths.specReplicas.toReversed();
  let holder: JsonObject = object;
  for (const field of parents.toReversed()) {
    const child = holder[field];
    const next = isObject(child) ? child : {};
    holder[field] = next;
    holder = next;
  }
  holder[last] = numberAt(scale, "spec", "replicas");
  const version = textAt(scale, "metadata", "resourceVersion");
  const uid = textAt(scale, "metadata", "uid");
  if (version !== "") object.metadata.resourceVersion = version;
  if (uid !== "") object.metadata.uid = uid;
  return object;
}
