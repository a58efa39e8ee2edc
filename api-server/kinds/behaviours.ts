// The few built-in kinds that differ from all others, each difference a function named by the kind table: what is set
// when an object is written, and what is wrong with it beyond its schema. What follows from a write (a definition that
// is served, a namespace that empties) is in reactions.ts.
import type { Random } from "../../platform/random.ts";
import { definitionFaults, servedStatus } from "./custom-resources.ts";
import { arrayAt, isObject, numberAt, objectAt, sameJson, textAt, valueAt } from "../objects/json.ts";
import type { KubernetesObject } from "../objects/json.ts";
import type { BehaviourName } from "./kinds.ts";
import { invalidValue } from "../schema/causes.ts";
import type { Cause } from "../schema/causes.ts";

export interface WriteContext {
  /** The moment of the write, RFC 3339 in seconds. */
  readonly time: string;
  readonly random: Random;
}

export interface Behaviour {
  /** Completes, in place, an object that is to be written; `before` is null when it is created. */
  prepare?(object: KubernetesObject, before: KubernetesObject | null, context: WriteContext): void;
  /** What is wrong with the completed object. */
  faults?(object: KubernetesObject, before: KubernetesObject | null): Cause[];
}

const namespaceBehaviour: Behaviour = {
  prepare: (namespace, before) => {
    const { metadata } = namespace;
    metadata.labels = { ...metadata.labels, "kubernetes.io/metadata.name": metadata.name };
    namespace["spec"] = before?.["spec"] ?? { finalizers: ["kubernetes"] };
    if (before === null) namespace["status"] = { phase: "Active" };
  },
};

const podBehaviour: Behaviour = {
  prepare: (pod, before) => {
    if (before !== null) return;
    const spec = objectAt(pod, "spec");
    if (spec["serviceAccountName"] === undefined)
      spec["serviceAccountName"] = spec["serviceAccount"] ?? "default";
    spec["serviceAccount"] = spec["serviceAccountName"];
    pod["status"] = { phase: "Pending", qosClass: qualityOfService(pod) };
  },
};

function isFilled(part: unknown): boolean {
  return isObject(part) && Object.keys(part).length > 0;
}

function qualityOfService(pod: KubernetesObject): string {
  const containers = [...arrayAt(pod, "spec", "containers"), ...arrayAt(pod, "spec", "initContainers")];
  const resources = containers.map((container) => objectAt(container, "resources"));
  if (!resources.some((resource) => isFilled(resource["limits"]) || isFilled(resource["requests"])))
    return "BestEffort";
  const guaranteed = resources.every(({ limits, requests }) => {
    const complete = isObject(limits) && limits["cpu"] !== undefined && limits["memory"] !== undefined;
    return complete && (requests === undefined || sameJson(limits, requests));
  });
  return guaranteed ? "Guaranteed" : "Burstable";
}

const serviceBehaviour: Behaviour = {
  prepare: (service, before, { random }) => {
    const spec = objectAt(service, "spec");
    for (const port of arrayAt(spec, "ports")) {
      if (isObject(port) && port["targetPort"] === undefined) port["targetPort"] = port["port"];
    }
    if (spec["type"] === "ExternalName") return;
    const kept = valueAt(before, "spec", "clusterIP");
    spec["clusterIP"] ??= kept ?? `10.96.${random.below(256)}.${1 + random.below(254)}`;
    spec["clusterIPs"] ??= [spec["clusterIP"]];
    spec["ipFamilies"] ??= ["IPv4"];
    spec["ipFamilyPolicy"] ??= "SingleStack";
    spec["internalTrafficPolicy"] ??= "Cluster";
    if (before === null) service["status"] = { loadBalancer: {} };
  },
  faults: (service, before) => {
    const [old, now] = [textAt(before, "spec", "clusterIP"), textAt(service, "spec", "clusterIP")];
    if (old === "" || old === now) return [];
    return [invalidValue("spec.clusterIPs[0]", now, "field is immutable")];
  },
};

const secretBehaviour: Behaviour = {
  prepare: (secret) => {
    const plain = objectAt(secret, "stringData");
    const encoded = Object.entries(plain).map(([key, text]) => [
      key,
      Buffer.from(String(text)).toString("base64"),
    ]);
    if (encoded.length > 0) secret["data"] = { ...objectAt(secret, "data"), ...Object.fromEntries(encoded) };
    delete secret["stringData"];
  },
};

const leaseBehaviour: Behaviour = {
  // What a server does on which the feature CoordinatedLeaderElection is off.
  prepare: (lease, before) => {
    const spec = objectAt(lease, "spec");
    for (const field of ["strategy", "preferredHolder"]) {
      if (valueAt(before, "spec", field) === undefined) delete spec[field];
    }
  },
  faults: (lease) => {
    const causes: Cause[] = [];
    const seconds = valueAt(lease, "spec", "leaseDurationSeconds");
    const transitions = valueAt(lease, "spec", "leaseTransitions");
    if (typeof seconds === "number" && seconds <= 0) {
      causes.push(invalidValue("spec.leaseDurationSeconds", seconds, "must be greater than 0"));
    }
    if (typeof transitions === "number" && transitions < 0) {
      causes.push(invalidValue("spec.leaseTransitions", transitions, "must be greater than or equal to 0"));
    }
    return causes;
  },
};

const workloadBehaviour: Behaviour = {
  prepare: (workload, before) => {
    if (before === null) workload["status"] = {};
  },
  faults: (workload, before) => {
    const selector = valueAt(workload, "spec", "selector");
    const wanted = objectAt(selector, "matchLabels");
    const labels = objectAt(workload, "spec", "template", "metadata", "labels");
    const causes: Cause[] = [];
    const selects = Object.entries(wanted).every(([key, value]) => labels[key] === value);
    if (!selects) {
      const why = "`selector` does not match template `labels`";
      causes.push(invalidValue("spec.template.metadata.labels", labels, why));
    }
    if (before !== null && !sameJson(selector, valueAt(before, "spec", "selector"))) {
      causes.push(invalidValue("spec.selector", selector, "field is immutable"));
    }
    if (numberAt(workload, "spec", "replicas") < 0) {
      const count = numberAt(workload, "spec", "replicas");
      causes.push(invalidValue("spec.replicas", count, "must be greater than or equal to 0"));
    }
    return causes;
  },
};

const definitionBehaviour: Behaviour = {
  prepare: (definition, before, { time }) => {
    const names = objectAt(definition, "spec", "names");
    const kind = textAt(names, "kind");
    names["singular"] ??= kind.toLowerCase();
    names["listKind"] ??= `${kind}List`;
    if (before !== null) definition["status"] = before["status"];
    definition["status"] = servedStatus(definition, time);
  },
  faults: definitionFaults,
};

/** Reviews are answered, never stored: reviews.ts. */
const reviewBehaviour: Behaviour = {};

export const behaviours: Readonly<Record<BehaviourName, Behaviour>> = {
  namespace: namespaceBehaviour,
  pod: podBehaviour,
  service: serviceBehaviour,
  secret: secretBehaviour,
  lease: leaseBehaviour,
  workload: workloadBehaviour,
  customResourceDefinition: definitionBehaviour,
  review: reviewBehaviour,
};
