// Label selectors, evaluated here rather than by the API server: the operator selects among objects it has in memory.
import type { LabelRequirement, LabelSelector } from "./kubernetes-object.ts";

export type Labels = Readonly<Record<string, string>>;

/**
 * How many labels an object may have that is to be selected. The API server sets no bound but that of the whole object, which holds over a hundred
 * thousand; they are looked at with each change, and an index has an entry for each.
 */
export const mostLabels = 64;
/** What stands in place of too many labels, with their number: no name of a label. */
const leftOut = "(too many)";

/** What is kept of more labels than `mostLabels`: that there were too many, and those that `isKept` names. */
export function withoutLabels(labels: Labels, isKept: (name: string) => boolean): Labels {
  const names = Object.keys(labels);
  const kept = names.filter(isKept).map((name) => [name, labels[name] ?? ""]);
  return { ...Object.fromEntries(kept), [leftOut]: String(names.length) };
}

/** How many labels an object had of which too many came; null where all are there. */
export function labelsLeftOut(labels: Labels = {}): number | null {
  const count = labels[leftOut];
  return count === undefined ? null : Number(count);
}

/**
 * Whether `labels` satisfy `selector`. An empty selector selects everything, as everywhere in Kubernetes, but for what has too many labels: to
 * select by some of them could select what the others were to keep out.
 */
export function selects(selector: LabelSelector, labels: Labels = {}): boolean {
  if (labelsLeftOut(labels) !== null) return false;
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
