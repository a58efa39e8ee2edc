// Label selectors, evaluated here rather than by the API server: the operator selects among objects it has in memory.
import type { LabelRequirement, LabelSelector } from "./kubernetes-object.ts";

type Labels = Readonly<Record<string, string>>;

/** Whether `labels` satisfy `selector`. An empty selector selects everything, as everywhere in Kubernetes. */
export function selects(selector: LabelSelector, labels: Labels = {}): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((requirement) => meets(requirement, labels));
}

function meets(requirement: LabelRequirement, labels: Labels): boolean {
  const value = labels[requirement.key];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false; // the schema admits no other operator; one that we do not know selects nothing
  }
}
